"""Say what holds an agent on this machine, what does not, and what would help."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path

from oversight.commands import DONE, print_rows
from sandbox.confine import bubblewrap, landlock
from sandbox.confine.held import DOORS
from sandbox.confine.levels import GAPS, HELD, Level, Probe, probe, remedy
from sandbox.confine.syscalls import this_machine
from sandbox.log import Store


def doctor(options: argparse.Namespace) -> int:
    """Try every level and print each probe's verdict in words."""
    probes = [probe(level) for level in HELD]
    best = next((one for one in probes if not one.problem), Probe(Level.NONE, ""))
    rows = [
        {"id": "containment", "sentence": _starts(best)},
        *({"id": f"level {one.level.name.lower()}", "sentence": _verdict(one)} for one in probes),
        *({"id": f"door: {door}", "sentence": _door(best)} for door in DOORS),
        {"id": "bubblewrap", "sentence": bubblewrap.find() or "not installed"},
        {"id": "landlock", "sentence": f"version {landlock.abi()}" if landlock.abi() else "none"},
        {"id": "seccomp", "sentence": _table()},
        {"id": "not protected", "sentence": best.gaps},
        {"id": "to do", "sentence": remedy() or "nothing: this is the best level there is"},
        {"id": "terminal", "sentence": _terminal()},
        {"id": "store", "sentence": _storing(options.logs / "offswitch.db")},
    ]
    if options.json:
        print(json.dumps({"level": best.level, "probes": rows}, indent=2))
        return DONE
    print(f"level: {best.level}")
    return print_rows(rows, options, ("id", "sentence"))


def _starts(best: Probe) -> str:
    if best.level is Level.NONE:
        return f"nothing holds an agent here; only --confine none starts one: {GAPS[Level.NONE]}"
    return f"every agent starts as: {best.level}; all {len(DOORS)} doors that it tried stayed shut"


def _verdict(one: Probe) -> str:
    return f"not here: {one.problem}" if one.problem else f"works (as user {one.uid})"


def _door(best: Probe) -> str:
    return "not shut: no level is to be had" if best.level is Level.NONE else "shut"


def _table() -> str:
    machine = platform.machine()
    if this_machine() is None:
        return f"{machine} has no table of system calls: only level none is left"
    return f"{machine} has a table of system calls"


def _terminal() -> str:
    if not sys.stdout.isatty():
        return "none: the console needs one"
    return "there is one: the console can open"


def _storing(path: Path) -> str:
    if not path.exists():
        return f"{path} is not there yet; the first run writes it"
    return f"{path}: {Store(path, readonly=True).count():,} episodes"
