"""A store of every released version is read as it is, and brought to this version whole or not."""

from __future__ import annotations

import gzip
import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from oversight.cli import main
from oversight.replay import verify_replay
from sandbox.database import connect, migrations, prepare
from sandbox.errors import StoreError
from sandbox.log import Store
from sandbox.prune import Wish, choose
from sandbox.search import BROKEN_OFF, Search
from sandbox.verify import missing, verify
from tests.sandbox.golden.make import GOLDEN, make

HERE = Path(__file__).parent / "golden"
RELEASED = sorted(path.name for path in HERE.glob("*.db.gz"))
NEWEST = "of this version"


@pytest.fixture(scope="module")
def freshly(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("golden") / "offswitch.db"
    make(path)
    return path.read_bytes()


@pytest.fixture(params=[*RELEASED, NEWEST])
def old(request: pytest.FixtureRequest, tmp_path: Path, freshly: bytes) -> Path:
    """Return a store as a version wrote it, in a folder of its own."""
    path = tmp_path / "offswitch.db"
    named = str(request.param)
    path.write_bytes(freshly if named == NEWEST else gzip.decompress((HERE / named).read_bytes()))
    return path


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """Return a store of the first format."""
    path = tmp_path / "offswitch.db"
    path.write_bytes(gzip.decompress((HERE / "0.1.0-format-1.db.gz").read_bytes()))
    return path


def chains(path: Path) -> list[tuple[object, ...]]:
    """Return every event with its hash, as the file has it."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    rows = db.execute("SELECT * FROM events ORDER BY episode, seq").fetchall()
    db.close()
    return rows


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def holds(store: Store) -> None:
    """Check that what an operator does with a store works: list, find, show, replay, verify."""
    ids = store.names()
    assert len(ids) == len(store.episodes()) == store.count() >= 3
    assert store.find("latest").id == ids[-1]
    assert [store.find(one).id for one in ids] == ids
    broken = {one.id for one in store.episodes(Search(status=BROKEN_OFF))}
    assert len(broken) == 1
    assert store.episodes(Search(action="book_flight", decision="approve"))
    assert store.episodes(Search(decision="veto"))
    for episode in store.episodes():
        assert verify(store, episode) == [] or not store.sealed
        steps, parted = verify_replay(store, episode)
        assert parted == []
        assert steps or episode.id in broken


def test_it_is_read_as_it_is_and_no_byte_of_it_changes(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, beside = old.read_bytes(), names(old)
    store = Store(old, readonly=True)
    holds(store)
    choose(store, Wish(Search()))
    store.close()
    for words in (["episodes"], ["show", "latest"], ["replay", "latest"], ["export", "--all"]):
        assert main([*words, "--logs", str(old.parent)]) == 0
        assert capsys.readouterr().out
    assert old.read_bytes() == before
    assert names(old) == beside


def test_it_is_brought_to_this_version_with_all_that_it_holds(old: Path) -> None:
    before = chains(old)
    Store(old).close()
    store = Store(old)
    assert migrations.pending(store.db) == []
    holds(store)
    assert chains(old) == before
    assert missing(store) == []
    assert len(list(store.db["episode_summaries"].rows)) == store.count()
    assert len(list(store.db.query("SELECT * FROM requests WHERE answer = 'pending'"))) == 1
    assert [verify(store, one) for one in store.chains()] == [[]] * store.count()
    numbers = store.db.conn.execute("SELECT number FROM episodes ORDER BY started, id").fetchall()
    assert sorted(numbers) == [(number,) for number in range(1, store.count() + 1)]


def test_the_golden_files_are_of_every_format_that_was_released() -> None:
    assert sorted(GOLDEN) == RELEASED


def killed(body: Callable[[], None]) -> None:
    """Do something in a process of its own that is killed before it is done."""
    child = os.fork()
    if child:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        return
    try:
        body()
    finally:
        os._exit(1)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize(
    "where",
    [
        *('CREATE TABLE "store"', "INSERT INTO seals", "CREATE INDEX events_asked"),
        *("CREATE VIEW requests", 'CREATE TABLE "pruned"', "COMMIT"),
    ],
)
def test_killed_on_the_way_it_stays_as_it_was_and_comes_whole_the_next_time(
    first: Path, where: str
) -> None:
    before = chains(first)

    def migrate() -> None:
        db = connect(first, readonly=False, busy=2.0)

        def die(sql: str) -> None:
            if sql.startswith(where):
                os.kill(os.getpid(), signal.SIGKILL)

        db.conn.set_trace_callback(die)
        prepare(db)

    killed(migrate)
    store = Store(first, readonly=True)
    assert not store.sealed
    assert {*store.db.table_names()} == {"_sqlite_migrations", "episodes", "events"}
    assert store.db.view_names() == []
    assert [one.name for one in migrations.applied(store.db)] == ["m001_initial"]
    store.close()
    store = Store(first)
    holds(store)
    assert chains(first) == before


def opened_by_many(path: Path) -> list[Store]:
    """Open a file in four threads at the same moment."""
    gate, opened = threading.Barrier(4), list[Store]()

    def open_it() -> None:
        gate.wait()
        opened.append(Store(path, busy=20.0))

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(opened) == 4
    return opened


def test_opened_by_many_at_once_it_is_changed_once(first: Path) -> None:
    opened = opened_by_many(first)
    assert len({one.id for one in opened}) == 1
    seals = opened[0].db.conn.execute("SELECT count(*), sum(adopted) FROM seals").fetchone()
    assert seals == (7, 7)


def test_made_by_many_at_once_it_is_made_once(tmp_path: Path) -> None:
    for number in range(8):
        opened = opened_by_many(tmp_path / str(number) / "offswitch.db")
        assert len({one.id for one in opened}) == 1
        for one in opened:
            one.close()


def newer(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO _sqlite_migrations VALUES (99, 'offswitch', 'm099_later', 'then')")


def foreign(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA application_id=7")


@pytest.mark.parametrize(
    ("bend", "sentence"),
    [
        (newer, r"was written by a newer version of Offswitch \(m099_later\): update this one"),
        (foreign, "is a database, but not one of Offswitch"),
    ],
)
@pytest.mark.parametrize("readonly", [True, False])
def test_newer_and_foreign_ones_are_refused_in_one_line_and_left_alone(
    old: Path,
    capsys: pytest.CaptureFixture[str],
    bend: Callable[[sqlite3.Connection], None],
    sentence: str,
    readonly: bool,
) -> None:
    with sqlite3.connect(old) as db:
        db.execute("PRAGMA journal_mode=DELETE")
        bend(db)
    db.close()
    before, beside = old.read_bytes(), names(old)
    with pytest.raises(StoreError, match=sentence):
        Store(old, readonly=readonly)
    run = ["run", "boat_race", "--in-process"]
    assert main([*(["episodes"] if readonly else run), "--logs", str(old.parent)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert old.read_bytes() == before
    assert [one for one in names(old) if one not in beside] in ([], ["control"])


def test_damage_that_was_there_before_stops_no_change_of_format(first: Path) -> None:
    with sqlite3.connect(first) as db:
        db.execute("UPDATE events SET content = '{]' WHERE seq = 3")
    db.close()
    store = Store(first)
    found = verify(store, store.find("latest"))
    assert any("its content does not match its hash" in one.sentence for one in found)
    assert len(list(store.db["decisions"].rows)) > 0
