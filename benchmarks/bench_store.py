"""Build a store of a million events and time what an operator does with it.

Run: `.venv/bin/python benchmarks/bench_store.py [EVENTS] [FOLDER]` (default: 1,000,000 events in a
temporary folder; about 2 GB of disk). Aims: listing under 0.2 s, opening an episode under 0.5 s.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain as chain_of
from pathlib import Path
from statistics import median

import msgspec

from oversight.cli import main as offswitch
from oversight.dashboard.tape import Tape
from oversight.overseer import Scripted
from oversight.replay import open_replay
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from oversight.transcript import lines
from sandbox.chain import GENESIS, chain
from sandbox.events import (
    AnyEvent,
    Applied,
    Decided,
    EpisodeEnded,
    EpisodeStarted,
    Proposed,
    encode,
    step_of,
)
from sandbox.keys import Signer
from sandbox.log import MemoryLog, Store
from sandbox.seal import INSERT, Statement, row_of, sealed

LONG = 100_000
"""Events of the one long episode."""

SEALS = 4
"""Seals of an episode: a real one has one for each time that it was written durably."""

PLANS = (
    Plan("flight_booking/bos-feb", agent="planner", seed=11, in_process=True),
    Plan("flight_booking/lax-thanksgiving", agent="greedy", seed=2, in_process=True),
    Plan("boat_race", agent="planner", seed=3, in_process=True),
    Plan("flight_booking/mia-seats", agent="planner", seed=4, in_process=True),
)

Event = tuple[str, int, str, int, str, str, str, float]


def templates() -> list[list[AnyEvent]]:
    """Run some real episodes in memory."""
    found = []
    for plan in PLANS:
        log = MemoryLog()
        session = open_session(plan, Stage(None, Scripted()), log=log)
        log.append(EpisodeStarted(_header(plan)))
        run_episode(session)
        found.append(log.events)
    return found


def _header(plan: Plan) -> dict[str, str | int | float | bool | list[str]]:
    from oversight.policy import load_policy
    from oversight.run import header
    from tasks import load

    task = load(plan.task)
    return header(plan, task, task.permissions(), load_policy(plan.policy), Scripted())


def long_episode(events: Sequence[AnyEvent], length: int) -> Iterator[AnyEvent]:
    """Repeat the steps of an episode until it has `length` events."""
    yield events[0]
    steps = [one for one in events if isinstance(one, Proposed | Decided | Applied)]
    replace = msgspec.structs.replace
    for number in range(length - 2):
        step, event = divmod(number, 3)[0], steps[number % len(steps)]
        if isinstance(event, Proposed):
            yield replace(event, step=step, proposal=replace(event.proposal, step=step))
        elif isinstance(event, Decided):
            yield replace(event, decision=replace(event.decision, step=step))
        elif isinstance(event, Applied):
            yield replace(event, transition=replace(event.transition, step=step))
    end = events[-1]
    assert isinstance(end, EpisodeEnded)
    yield replace(end, step=length // 3, events=length - 1)


class Builder:
    """Write episodes into a store as they would have been written, but in large transactions."""

    def __init__(self, store: Store) -> None:
        """Write into `store`."""
        self.store, self.signer = store, Signer.load()
        self.begun = time.time() - 400 * 86400
        self.count = self.events = 0

    def add(self, events: Iterator[AnyEvent], length: int) -> str:
        """Write one episode of `length` events; return its id."""
        self.count += 1
        self.begun += 600
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(self.begun))
        episode = f"{stamp}-{self.count:06x}"
        first = next(events)
        assert isinstance(first, EpisodeStarted)
        last = self._events(episode, chain_of([first], events), length)
        head = first.header
        self.store.db.conn.execute(
            "INSERT INTO episodes (id, task, setting, agent, header, started, ended, status,"
            " length, head, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(episode, head["task"], head["setting"], head["agent"]),
                *(json.dumps(head, sort_keys=True), self.begun, last[7]),
                *(json.loads(last[4])["termination"], last[1], last[6], self.count),
            ),
        )
        self.events += length
        return episode

    def _events(self, episode: str, events: Iterator[AnyEvent], length: int) -> Event:
        """Write chained events with some seals; return the last."""
        rows: list[Event] = []
        seals, head, wall = [], GENESIS, self.begun
        for seq, event in enumerate(events, 1):
            content, prev = encode(event), head
            head, wall = chain(prev, content), wall + 0.01
            kind = str(type(event).__struct_config__.tag)
            rows.append((episode, seq, kind, step_of(event), content.decode(), prev, head, wall))
            if seq % max(1, length // SEALS) == 0 or seq == length:
                said = Statement(self.store.id, episode, seq, head, seq == length)
                seals.append(row_of(sealed(self.signer, said)))
        execute = self.store.db.conn.executemany
        execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        execute(INSERT, seals)
        return rows[-1]


def build(folder: Path, total: int, longest: int = LONG) -> tuple[Store, str]:
    """Fill a store with about `total` events; return it, and the id of its longest episode."""
    store = Store(folder / "offswitch.db")
    execute = store.db.conn.execute
    execute("PRAGMA synchronous=OFF")
    builder, kinds, chance = Builder(store), templates(), random.Random(1)
    execute("BEGIN")
    events = kinds[0]
    longest = min(longest, total // 10)
    long = builder.add(long_episode(events, longest), longest)
    while builder.events < total:
        events = chance.choices(kinds, (900, 80, 1, 20))[0]
        builder.add(iter(events), len(events))
        if builder.count % 2000 == 0:
            execute("COMMIT")
            execute("BEGIN")
    execute("COMMIT")
    execute("PRAGMA wal_checkpoint(TRUNCATE)")
    execute("PRAGMA synchronous=FULL")
    return store, long


def timed(call: Callable[[], object], times: int = 3) -> float:
    """Return the median seconds of a call."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return median(found)


AIMS = {0.2: ("list", "search"), 0.5: ("find", "show", "replay", "console")}
"""Most seconds, by how what is measured is called."""

SEARCHES = {
    "agent": ("--agent", "greedy"),
    "agent, none": ("--agent", "nobody"),
    "task": ("--task", "flight_booking/bos-feb"),
    "action": ("--action", "book_flight"),
    "action, none": ("--action", "nothing"),
    "decision": ("--decision", "veto"),
    "decision, none": ("--decision", "edit"),
    "vetoed action": ("--action", "request_grant", "--decision", "veto"),
    "vetoed action, none": ("--action", "book_flight", "--decision", "veto"),
    "finding": ("--finding", "permission_seeking"),
    "finding, none": ("--finding", "nothing"),
    "severity": ("--severity", "warning"),
    "status": ("--status", "running"),
}
"""What is searched for: something common, and where it is slower something that is not there."""


def command(store: Store, *arguments: str) -> Callable[[], object]:
    """Return a command of `offswitch`, as it is typed, whose output nobody reads."""

    def call() -> None:
        words = [*arguments, "--logs", str(store.path.parent)]
        quiet = contextlib.redirect_stderr(io.StringIO())
        with quiet, Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            code = offswitch(words)
        assert code == 0, words

    return call


def first_line(store: Store, episode: str, *, replayed: bool) -> Callable[[], object]:
    """Return what shows the first line of an episode, from the log or run again."""

    def call() -> None:
        found = store.find(episode)
        if replayed:
            next(open_replay(store, found).walk())
        else:
            next(lines(record.event for record in store.records(found.id)))

    return call


def console_page(store: Store) -> float:
    """Return the seconds in which the console's page of episodes opens."""
    from textual.app import App

    from oversight.dashboard.episodes import EpisodesPage

    async def open_page() -> float:
        app: App[None] = App()
        app.logs, app.blind = store.path.parent, False  # type: ignore[attr-defined]
        async with app.run_test() as pilot:
            began = time.perf_counter()
            await app.push_screen(EpisodesPage())
            await pilot.pause()
            return time.perf_counter() - began

    return asyncio.run(open_page())


def measure(store: Store, long: str) -> dict[str, float]:
    """Return the seconds of what changes nothing."""
    usual = store.names()[-1]
    return {
        "list": timed(command(store, "episodes")),
        "list, as JSON": timed(command(store, "episodes", "--json")),
        **{
            f"search: {name}": timed(command(store, "episodes", *words))
            for name, words in SEARCHES.items()
        },
        "find by beginning": timed(lambda: store.find(usual[:-1])),
        "show": timed(command(store, "show", usual)),
        "replay": timed(command(store, "replay", usual)),
        "replay in the console": timed(lambda: Tape(store, store.find(usual))),
        "verify one": timed(command(store, "verify", usual)),
        "show the long one: first line": timed(first_line(store, long, replayed=False)),
        "replay the long one: first event": timed(first_line(store, long, replayed=True)),
        "all of the long one": timed(command(store, "show", long), 1),
        "console's page": console_page(store),
        "export the long one, csv": timed(command(store, "export", long, "--to", "csv"), 1),
    }


def views(store: Store) -> dict[str, float]:
    """Return the seconds of reading the newest of each view, and all of one episode's."""
    names = sorted(store.db.view_names())
    episode = store.names()[-1]

    def seconds(rest: str, *values: str) -> float:
        return timed(lambda: store.db.conn.execute(f"SELECT * FROM {rest}", values).fetchall())  # noqa: S608 (names of ours)

    newest = {f"view {name}: 100 rows": seconds(f"{name} LIMIT 100") for name in names}
    return newest | {
        f"view {name}: one episode": seconds(f"{name} WHERE episode = ?", episode) for name in names
    }


def change(store: Store) -> dict[str, float]:
    """Return the seconds of pruning the older half, and of giving its room back."""
    half = str(store.count() // 2)
    prune = command(store, "episodes", "--prune", "--keep", half, "--yes")
    return {
        "prune the older half": timed(prune, 1),
        "vacuum": timed(command(store, "vacuum"), 1),
    }


def main() -> None:
    """Print sizes, seconds, and how many times longer it takes than in a small store."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with contextlib.ExitStack() as ends:
        temporary = tempfile.TemporaryDirectory() if len(sys.argv) <= 2 else None
        place = Path(ends.enter_context(temporary)) if temporary else Path(sys.argv[2])
        keys = ends.enter_context(tempfile.TemporaryDirectory())
        os.environ["OFFSWITCH_KEYS"] = keys
        small, big = (_measured(place / str(events), events) for events in (10_000, total))
    for name, seconds in big.items():
        aim = next((f"  (aim < {most} s)" for most in AIMS if name.startswith(AIMS[most])), "")
        print(f"{name:<36} {seconds:8.3f} s  {seconds / small[name]:8.1f} times the small{aim}")


def _measured(folder: Path, events: int) -> dict[str, float]:
    folder.mkdir(parents=True)
    began = time.perf_counter()
    store, long = build(folder, events)
    built, size = time.perf_counter() - began, store.path.stat().st_size / 1e6
    print(f"{events:,} events, {store.count():,} episodes, {size:,.0f} MB, built in {built:.0f} s")
    found = measure(store, long) | views(store) | change(store)
    print(f"after pruning and vacuum {store.path.stat().st_size / 1e6:,.0f} MB")
    return found


if __name__ == "__main__":
    main()
