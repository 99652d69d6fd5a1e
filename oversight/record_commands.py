"""Carry out the commands over the log as a whole: list it, prune it, compare, write it out."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

from oversight.branches import Leaf, leaf, tree
from oversight.columns import terminal_room
from oversight.commands import DONE, print_rows, store_of
from oversight.event_files import WRITERS, Chosen
from oversight.files import whole
from sandbox.errors import InputError, StoreError
from sandbox.search import ALL, Search

LISTED = 100
"""Episodes that are listed unless more are asked for."""


def episodes(options: argparse.Namespace) -> int:
    """List the episodes that are meant, or prune them."""
    search = _search(options)
    if options.prune:
        from oversight.pruning import prune_episodes

        return prune_episodes(search, options)
    for name in ("older_than", "keep", "dry_run", "yes", "reason"):
        if getattr(options, name):
            raise InputError(f"--{name.replace('_', '-')} goes with --prune")
    limit = LISTED if options.limit is None else options.limit
    store = store_of(options)
    found = store.episodes(search, limit + 1 if limit else None)
    if limit and len(found) > limit:
        of = f"of {store.count():,} episodes" if search == ALL else "that match"
        print(f"the newest {limit:,} {of}; --limit N lists more, 0 all", file=sys.stderr)
    listed = [one._replace(status=store.state(one)) for one in found[: limit or None]]
    leaves = tree(listed) if options.tree else list(map(leaf, listed))
    first = ("branch", "fork") if options.tree else ("id",)
    columns = (*first, "started", "task", "setting", "agent", "status", "length")
    return print_rows(list(map(_listed, leaves)), options, columns)


def _search(options: argparse.Namespace) -> Search:
    """Return which episodes the options mean."""
    return Search(
        agent=options.agent,
        task=options.task,
        action=options.action,
        decision=options.decision,
        finding=options.finding,
        severity=options.severity,
        status=options.status,
        since=None if options.since is None else _moment(options.since),
    )


def _moment(text: str) -> float:
    """Return the seconds since the epoch of a date, or of a date and a time; UTC unless it says."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"--since takes a date like 2026-11-26 or 2026-11-26T14:30 (UTC), not {text!r}"
        ) from error


def _listed(one: Leaf) -> dict[str, Any]:
    episode = one.episode
    row = episode._asdict()
    row["header"] = json.loads(episode.header)
    row["started"] = datetime.fromtimestamp(episode.started, UTC).isoformat(timespec="seconds")
    task = f"{episode.task}/{episode.setting}"
    row["sentence"] = f"{episode.agent} on {task}: {episode.status}"
    row |= {"parent": one.parent or None, "fork_step": one.step if one.parent else None}
    row |= {"fork_decision": one.decision or None, "fork": one.place}
    return row | {"branch": one.name, "depth": one.depth}


def vacuum(options: argparse.Namespace) -> int:
    """Give back the room of what was pruned."""
    from sandbox.prune import vacuum

    store = store_of(options, readonly=False)
    room = vacuum(store)
    freed = room.before - room.after
    later = "" if room.settled else ", once those who read the file have closed it"
    words = (
        f"{store.path}: {room.before / 1e6:,.1f} MB before, {room.after / 1e6:,.1f} MB after; "
        f"{freed / 1e6:,.1f} MB given back{later}"
    )
    row = {"id": str(store.path), "before": room.before, "after": room.after, "freed": freed}
    return print_rows([row | {"sentence": words}], options, ("sentence",))


def export(options: argparse.Namespace) -> int:
    """Write the events of one episode, or of all, as JSON lines, CSV or Parquet."""
    if bool(options.episode) == options.all:
        raise InputError("name one episode, or --all; `offswitch episodes` lists them")
    if options.to == "parquet" and options.out is None:
        raise InputError("Parquet is no text: name a file with --out FILE")
    store = store_of(options)
    ids = store.names() if options.all else [store.find(options.episode).id]
    chosen = Chosen(store, ids)
    if options.out is None:
        _write_out(chosen, options.to)
        return DONE
    try:
        with whole(options.out) as partial:
            count = WRITERS[options.to](chosen, partial)
    except OSError as error:
        why = error.strerror or error
        raise StoreError(
            f"{options.out}: cannot be written: {why}; nothing is left of it"
        ) from error
    print(f"{options.out}: {count:,} events", file=sys.stderr)
    return DONE


def _write_out(chosen: Chosen, form: str) -> None:
    """Write events to standard output.

    Raises:
        StoreError: when it is full; who closed it early is no error.
    """
    try:
        WRITERS[form](chosen, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or it fails again at exit
        raise StoreError(f"standard output: cannot be written: {error.strerror}") from error


def compare(options: argparse.Namespace) -> int:
    """Print where two episodes part, and what came of each."""
    from oversight import compared
    from oversight.compare import compare as beside

    store = store_of(options)
    found = beside(store, store.find(options.episode), store.find(options.other))
    if options.json:
        print(json.dumps(compared.record(found), indent=2))
    else:
        print("\n".join(compared.lines(found, terminal_room())))
    return DONE
