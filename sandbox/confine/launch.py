"""Start a process that the operating system holds, and load nothing into it before it shows so.

What shows it: its own report of the doors that it tried, and what the kernel says of it to us.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import stat
import sys
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Self

import msgspec

from sandbox.channel import Channel
from sandbox.confine import bubblewrap, paths
from sandbox.confine.held import SHOWN, Held, Report, spawn
from sandbox.errors import AgentError, InputError

SHIM = Path(__file__).with_name("shim.py")

HOST = "agents.host"
"""What a held process becomes; bare, it is started as a module."""

_WORDS = 4096
"""Most bytes that are read of what a failed start had to say."""

_numbers = count()


def errand(files: Sequence[str], uid: int, *, namespaces: bool, host: str = HOST) -> bytes:
    """Return what a process is told before it is held.

    `files` are what it may read beside our packages: an agent of one's own, or a folder. `host` is
    the module that it becomes.
    """
    told = {
        "path": paths.search_path(),
        "before": ["sandbox.confine.landlock", "sandbox.confine.seccomp"],
        "readable": [*paths.readable(), *files],
        "host": host,
        "uid": uid,
        "alone": bool(uid) or namespaces,
    }
    return msgspec.json.encode(told)


def start_bare() -> Held:
    """Start a process that nothing holds but its own process boundary."""
    with _Pipes() as pipes:
        command = [sys.executable, "-I", "-m", HOST, *map(str, pipes.theirs)]
        child = spawn(command, pipes.theirs, environment={"PATH": os.environ.get("PATH", "")})
        return Held(child.pid, os.pidfd_open(child.pid), child, pipes.channel())


def start_held(files: Sequence[str] = (), *, namespaces: bool, host: str = HOST) -> Held:
    """Start a process that holds itself, within namespaces of its own if asked.

    It becomes `host`: an agent's, unless another module is named.

    Raises:
        InputError: naming what could not be closed on this machine. Nothing is left behind.
    """
    errors = os.memfd_create("errors", os.MFD_CLOEXEC)
    try:
        with _Pipes() as pipes:
            process = _contained(pipes, files, errors) if namespaces else _plain(pipes, errors)
        return _attested(process, files, namespaces=namespaces, host=host)
    except (AgentError, OSError, msgspec.DecodeError) as error:
        said = " ".join(os.pread(errors, _WORDS, 0).decode(errors="replace").split()[-40:])
        raise InputError(f"the agent's process did not start: {said or error}") from error
    finally:
        os.close(errors)


def _shim(pipes: _Pipes) -> list[str]:
    return [paths.interpreter(), "-I", "-S", str(SHIM), *map(str, pipes.theirs)]


def _plain(pipes: _Pipes, errors: int) -> Held:
    child = spawn(_shim(pipes), pipes.theirs, errors)
    return Held(child.pid, os.pidfd_open(child.pid), child, pipes.channel())


def _contained(pipes: _Pipes, files: Sequence[str], errors: int) -> Held:
    """Start bubblewrap, and take hold of the first process of its namespace while it is gated."""
    bwrap = bubblewrap.find()
    if bwrap is None:
        raise InputError(f"bubblewrap is not installed: {bubblewrap.INSTALL}")
    told, tell = os.pipe()
    try:
        within = [*paths.readable(), paths.interpreter()]
        command = [*bubblewrap.command(bwrap, paths.outermost(within), files, tell)]
        child = spawn([*command, *_shim(pipes)], (*pipes.theirs, tell), errors)
        os.close(tell)
        tell = -1
        pid = _told_pid(told)
    finally:
        os.close(told)
        if tell >= 0:
            os.close(tell)
    if pid and _field(pid, "PPid") == str(child.pid):
        with contextlib.suppress(OSError):
            return Held(pid, os.pidfd_open(pid), child, pipes.channel())
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    raise AgentError("bubblewrap did not start it")


def _told_pid(told: int) -> int:
    """Read the id of the process from bubblewrap's own words; 0 when it says none in time."""
    until, said = time.monotonic() + SHOWN, b""
    while b"}" not in said:
        ready, _, _ = select.select([told], [], [], max(0.0, until - time.monotonic()))
        chunk = os.read(told, _WORDS) if ready else b""
        if not chunk:
            return 0
        said += chunk
    return int(json.loads(said)["child-pid"])


def _attested(process: Held, files: Sequence[str], *, namespaces: bool, host: str) -> Held:
    """Have a process hold itself, and return it only if nothing stayed open."""
    try:
        uid = _uid(files, namespaces=namespaces)
        told = errand(files, uid, namespaces=namespaces, host=host)
        line = process.channel.exchange(told, SHOWN)
        report = msgspec.json.decode(line, type=Report)
        seen = seen_faults(process, namespaces=namespaces) if report.sound else []
        _refuse([report.problem, *seen])
    except BaseException:
        process.close()
        raise
    process.report = report
    return process


def _refuse(problems: Sequence[str]) -> None:
    found = "; ".join(filter(None, problems))
    if found:
        raise InputError(f"this machine cannot hold an agent so: {found}")


def _uid(files: Sequence[str], *, namespaces: bool) -> int:
    """Return the user that a process is to become: never root, where that can be.

    Raises:
        InputError: when that user could not read the agent's file.
    """
    if os.getuid():
        return 0
    closed = [one for one in files if not Path(one).stat().st_mode & stat.S_IROTH]
    if namespaces and closed:
        raise InputError(
            f"{closed[0]}: only its owner may read it, and an agent never runs as root: "
            f"chmod o+r {closed[0]}"
        )
    apart = namespaces or paths.open_to_others((*paths.readable(), paths.interpreter(), *files))
    return paths.unprivileged(next(_numbers)) if apart else 0


def seen_faults(process: Held, *, namespaces: bool) -> list[str]:
    """Return what the kernel says of a process that should be held, and is not so."""
    return faults_of(_first_child(process.pid) if namespaces else process.pid, namespaces)


def _first_child(pid: int) -> int:
    """Return the process that the first one of a namespace runs; 0 when there is none."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return 0
    return int(found[0]) if found else 0


def faults_of(pid: int, namespaces: bool) -> list[str]:  # noqa: FBT001 (one of two kinds)
    """Return the same of any process, by its id."""
    wanted = {"Seccomp": "2", "NoNewPrivs": "1"} | dict.fromkeys(
        ("CapEff", "CapPrm", "CapInh", "CapBnd" if os.getuid() == 0 else "CapAmb"), "0" * 16
    )
    found = [f"{key} is {_field(pid, key)}" for key in wanted if _field(pid, key) != wanted[key]]
    depth = len(_field(os.getpid(), "NSpid").split())
    if namespaces and len(_field(pid, "NSpid").split()) <= depth:
        found.append("it has no process namespace of its own")
    if namespaces and _field(pid, "Uid").split()[:1] in (["0"], []):
        found.append("it is still root")
    return found


def _field(pid: int, key: str) -> str:
    """Return one field of a process's status, or an empty text when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{key}:")), "")


class _Pipes:
    """Make two pipes; the far ends are closed here once a child has them, all on a fault."""

    def __enter__(self) -> Self:
        to_child, from_child = os.pipe(), os.pipe()
        self.theirs = (to_child[0], from_child[1])
        self._ours: tuple[int, ...] = (from_child[0], to_child[1])
        return self

    def channel(self) -> Channel:
        reading, writing = self._ours
        self._ours = ()
        return Channel(reading, writing)

    def __exit__(self, *_: object) -> None:
        for descriptor in (*self.theirs, *self._ours):
            os.close(descriptor)
