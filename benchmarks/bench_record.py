"""Time the record: a chained, sealed append against raw rows, and verify against hashing.

Run: `.venv/bin/python benchmarks/bench_record.py`. Read the ratios, not the microseconds: each is
the median over rounds in which the cases take turns. Raw rows go by `executemany` into the same
schema, in the same batches, with the same durability (write-ahead log, every commit synced); they
are made beforehand, hashes and all. Verifying is timed against SHA-256 over the same bytes, read
from memory; both by the processor's time, and by the best round, as others' load only adds to it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.episode_log import BATCH
from sandbox.events import AnyEvent
from sandbox.log import Store
from sandbox.verify import verify

TASK = "flight_booking/bos-feb"
AGENTS = ("greedy", "compliant", "random", "evasive")
EVENTS, DURABLE, ROUNDS = 20_000, 400, 7
Row = tuple[object, ...]


def events_of(folder: Path) -> list[AnyEvent]:
    """Return what real episodes wrote, without beginnings and ends, over and over."""
    store = Store(folder / "source.db")
    found: list[AnyEvent] = []
    for seed, agent in enumerate(AGENTS):
        session = open_session(
            Plan(TASK, agent=agent, seed=seed, in_process=True), Stage(store, Scripted())
        )
        summary = run_episode(session)
        found += [record.event for record in store.records(summary.episode)][1:-1]
    store.close()
    return (found * (EVENTS // len(found) + 1))[:EVENTS]


@contextmanager
def timed(into: list[float], clock: Callable[[], float] = time.perf_counter) -> Iterator[None]:
    """Note the seconds that pass on a clock."""
    began = clock()
    yield
    into.append(clock() - began)


def appended(path: Path, events: Sequence[AnyEvent], took: list[float], *, durable: bool) -> str:
    """Append events to a new store, all of them chained and sealed; return the episode."""
    store = Store(path)
    log = store.begin({"task": "t", "setting": "s", "agent": "a"})
    with timed(took):
        for event in events:
            log.append(event, durable=durable)
        log.flush()
    log.abandon()
    store.close()
    return log.episode


def rows_of(path: Path) -> list[Row]:
    """Return the rows that were appended, the first event's apart."""
    with sqlite3.connect(path) as db:
        names = "episode, seq, kind, step, content, prev, hash, wall"
        rows = db.execute(f"SELECT {names} FROM events WHERE seq > 1 ORDER BY seq")  # noqa: S608 (constants)
        found = rows.fetchall()
    db.close()
    return found


def raw(path: Path, rows: Sequence[Row], took: list[float], batch: int) -> None:
    """Insert the same rows into the same schema, a transaction for each batch."""
    Store(path).close()
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous=FULL")
    with timed(took):
        for at in range(0, len(rows), batch):
            db.execute("BEGIN")
            db.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows[at : at + batch]
            )
            db.execute("COMMIT")
    db.close()


def verified(path: Path, episode: str, took: list[float]) -> None:
    """Verify the episode from its file."""
    store = Store(path, readonly=True)
    row = store.find(episode)
    with timed(took, time.process_time):
        problems = verify(store, row)
    assert not problems, problems
    store.close()


def hashed(contents: Sequence[bytes], took: list[float]) -> None:
    """Hash the same bytes: what stands before each event in the chain, and the event."""
    digest = hashlib.sha256
    with timed(took, time.process_time):
        for content in contents:
            digest(content).hexdigest()


def measure(folder: Path) -> dict[str, list[float]]:
    """Return the seconds of each case, round by round."""
    events = events_of(folder)
    names = ("append", "raw", "append durable", "raw durable", "verify", "hash")
    took: dict[str, list[float]] = {name: [] for name in names}
    for number in range(ROUNDS):
        whole, few = folder / f"{number}.db", folder / f"{number}-durable.db"
        episode = appended(whole, events, took["append"], durable=False)
        rows = rows_of(whole)
        raw(folder / f"{number}-raw.db", rows, took["raw"], BATCH)
        appended(few, events[:DURABLE], took["append durable"], durable=True)
        raw(folder / f"{number}-raw-durable.db", rows[:DURABLE], took["raw durable"], 1)
        verified(whole, episode, took["verify"])
        hashed([f"{row[5]}{row[4]}".encode() for row in rows], took["hash"])
    return took


def ratio(took: dict[str, list[float]], one: str, other: str) -> float:
    """Return the median of the rounds' ratios."""
    return median(a / b for a, b in zip(took[one], took[other], strict=True))


def main() -> None:
    """Print medians and ratios beside their aims."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["OFFSWITCH_KEYS"] = f"{name}/keys"
        took = measure(Path(name))
    for case, seconds in took.items():
        number = DURABLE if "durable" in case else EVENTS
        each = median(seconds) / number
        print(f"{case:<15} {each * 1e6:8.2f} us an event {1 / each:12,.0f} events/s")
    print(f"append / raw, batches of {BATCH}    {ratio(took, 'append', 'raw'):.2f} (aim <= 2.5)")
    print(f"append / raw, one at a time     {ratio(took, 'append durable', 'raw durable'):.2f}")
    load = os.getloadavg()[0]
    speed = EVENTS / min(took["verify"])
    slower = min(took["verify"]) / min(took["hash"])
    aim = "aim >= 200,000, or at most 3 times hashing"
    print(f"verify {speed:,.0f} events/s, {slower:.2f} times hashing ({aim}); load {load:.1f}")


if __name__ == "__main__":
    main()
