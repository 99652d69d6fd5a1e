"""Remove old episodes from the log, once a person has agreed."""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from oversight.commands import DONE, FAILED, print_rows, store_of
from sandbox.errors import InputError
from sandbox.prune import Choice, Wish, choose, prune
from sandbox.search import ALL, Search

DAY = 86400.0

SHOWN = 10
"""Episodes that are named with why they stay; a dry run lists all."""


def prune_episodes(search: Search, options: argparse.Namespace) -> int:
    """Say what a wish comes to, ask, and remove it; nothing is changed before."""
    store = store_of(options)
    wish = Wish(_older(search, options, store.clock.now()), options.keep or 0)
    choice = choose(store, wish)
    store.close()
    _say(choice)
    if options.dry_run or not choice.pruned:
        return _print_choice(choice, options)
    if not options.yes and not _agreed(choice):
        print("nothing was pruned", file=sys.stderr)
        return FAILED
    ids = {one.id for one in choice.pruned}
    why = options.reason or _asked(search, options)
    done = prune(store_of(options, readonly=False), wish, ids, options.operator or "unknown", why)
    print(
        f"pruned {_many(len(done.pruned))}, {done.events:,} events; `offswitch vacuum` gives their "
        "room back",
        file=sys.stderr,
    )
    return _print_choice(done, options)


def _older(search: Search, options: argparse.Namespace, now: float) -> Search:
    """Add the age that episodes must have; something must say which are meant."""
    days: float | None = options.older_than
    if options.limit is not None:
        raise InputError("--limit cuts what is listed; --keep N says how many stay")
    if search == ALL and days is None and options.keep is None:
        raise InputError("say which: --older-than DAYS, --keep N, --status S, or what to search by")
    if days is None:
        return search
    if not (math.isfinite(days) and days >= 0):
        raise InputError(f"--older-than takes days, 0 or more, not {days}")
    return replace(search, before=now - days * DAY)


def _asked(search: Search, options: argparse.Namespace) -> str:
    """Say in words what was asked for."""
    said = {one.name: getattr(search, one.name) for one in fields(Search)}
    said |= {"older-than": options.older_than, "keep": options.keep, "since": options.since}
    return " ".join(f"--{name} {word}" for name, word in said.items() if word is not None)


def _say(choice: Choice) -> None:
    """Tell how many go, from when to when, and what stays for which reason."""
    if choice.pruned:
        first, last = (_day(choice.pruned[at].started) for at in (0, -1))
        print(
            f"{_many(len(choice.pruned))} to prune, {choice.events:,} events, begun from "
            f"{first} to {last}",
            file=sys.stderr,
        )
    else:
        print("no episode is to be pruned", file=sys.stderr)
    for one, why in list(choice.kept.items())[:SHOWN]:
        print(f"kept: {one}: {why}", file=sys.stderr)
    if len(choice.kept) > SHOWN:
        print(f"kept: {len(choice.kept) - SHOWN:,} more; --dry-run lists all", file=sys.stderr)


def _many(number: int) -> str:
    return "1 episode" if number == 1 else f"{number:,} episodes"


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def _agreed(choice: Choice) -> bool:
    """Ask a person.

    Raises:
        InputError: when there is no terminal to ask at.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError("pruning asks first, and there is no terminal: --yes agrees to it")
    words = f"remove {_many(len(choice.pruned))} for good? type yes: "
    print(words, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() == "yes"


def _print_choice(choice: Choice, options: argparse.Namespace) -> int:
    verb = "would be pruned" if options.dry_run else "pruned"
    rows: list[dict[str, Any]] = [
        {
            **{name: getattr(one, name) for name in ("id", "number", "task", "setting", "agent")},
            "started": _day(one.started),
            "status": one.status,
            "events": one.length,
            "pruned": True,
            "sentence": verb,
        }
        for one in choice.pruned
    ]
    rows += [
        {"id": one, "pruned": False, "sentence": f"kept: {why}"} for one, why in choice.kept.items()
    ]
    if rows or options.json:
        columns = ("id", "started", "task", "setting", "agent", "events", "sentence")
        return print_rows(rows, options, columns)
    return DONE
