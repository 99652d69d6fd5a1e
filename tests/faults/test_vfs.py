"""The faulty file system: it is really the one that `sqlite3` writes through."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.errors import StoreError
from sandbox.log import Store
from sandbox.sqlite_file import uri_of
from tests.faults.injection import FOR_GOOD, Call, Fault, Injection, Kind
from tests.faults.library import UnreachableError
from tests.faults.vfs import NAME, faulty, injected

try:
    faulty()
except UnreachableError as unreachable:
    pytest.skip(str(unreachable), allow_module_level=True)


def opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(uri_of(path, "rwc", NAME), uri=True, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE IF NOT EXISTS t (x)")
    return db


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path.resolve() / "some #file? 50%.db"
    with injected(Injection()), closing(opened(found)):
        pass
    return found


def rows(path: Path) -> list[int]:
    """Read through SQLite's own file system."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [row[0] for row in db.execute("SELECT x FROM t")]


def test_what_goes_through_it_is_an_ordinary_database(path: Path) -> None:
    with injected(Injection()) as injection, closing(opened(path)) as db:
        db.execute("INSERT INTO t VALUES (1)")
    assert rows(path) == [1]
    assert {Call.OPEN, Call.WRITE, Call.SYNC, Call.LOCK, Call.SHM_LOCK} <= set(injection.calls)
    assert bytes(injection.disk.files[path].image) == path.read_bytes()


WORDS = {
    Kind.FAIL: "disk I/O error",
    Kind.SHORT: "disk I/O error|full",
    Kind.FULL: "database or disk is full",
    Kind.EIO: "disk I/O error",
    Kind.LOCK: "locked|locking protocol",
    Kind.KILL: "disk I/O error",
    Kind.POWER: "disk I/O error",
}


@pytest.mark.parametrize("kind", list(Kind))
def test_each_fault_is_what_sqlite_says_it_is_and_nothing_is_half_written(
    path: Path, kind: Kind
) -> None:
    with injected(Injection()) as injection, closing(opened(path)) as db:
        db.execute("INSERT INTO t VALUES (1)")
        injection.faults.append(Fault(kind, len(injection.calls), FOR_GOOD))
        with pytest.raises(sqlite3.OperationalError, match=WORDS[kind]):
            db.execute("INSERT INTO t VALUES (2)")
        assert [one.kind for one in injection.fired] == [kind]
        injection.dead = True
    if kind is Kind.POWER:
        injection.disk.cut_power(random.Random(1))
    # A row whose sync failed may be there or not; one that was acknowledged is.
    assert rows(path) in ([1], [1, 2] if kind in {Kind.EIO, Kind.POWER} else [1])


def test_a_lock_that_is_let_go_is_waited_for_without_waiting(path: Path) -> None:
    with injected(Injection()) as injection, closing(opened(path)) as db:
        injection.faults.append(Fault(Kind.LOCK, len(injection.calls), 60))
        db.execute("INSERT INTO t VALUES (1)")
        assert injection.slept > 0
    assert rows(path) == [1]


@pytest.mark.parametrize("synchronous", ["FULL", "OFF"])
def test_a_power_cut_takes_what_was_not_synced_and_only_that(path: Path, synchronous: str) -> None:
    left = set()
    for seed in range(30):
        with injected(Injection()) as injection, closing(opened(path)) as db:
            db.execute("DELETE FROM t")
            db.execute(f"PRAGMA synchronous={synchronous}")
            for number in range(3):
                db.execute("INSERT INTO t VALUES (?)", (number,))
            injection.dead = True
        injection.disk.cut_power(random.Random(seed))
        left.add(tuple(rows(path)))
    if synchronous == "FULL":
        assert left == {(0, 1, 2)}
    else:
        assert len(left) > 1  # some of it was lost, so that a store that does not sync is found


def test_a_store_goes_through_it_when_it_is_named(tmp_path: Path) -> None:
    with injected(Injection(faults=[Fault(Kind.FULL, 0)])):
        with pytest.raises(StoreError, match="the disk is full; free some room"):
            Store(tmp_path / "offswitch.db", vfs=NAME)
        Store(tmp_path / "offswitch.db", vfs=NAME).close()
    Store(tmp_path / "offswitch.db", readonly=True).close()


def test_a_file_that_is_left_open_is_said(tmp_path: Path) -> None:
    db = None
    with pytest.raises(RuntimeError, match="files were left open"), injected(Injection()):
        db = opened(tmp_path / "x.db")
    assert db is not None
    db.close()
