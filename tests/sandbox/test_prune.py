"""Pruning removes what was named and nothing that others stand on, whole or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.action import Action, Proposal
from sandbox.claim import Claim
from sandbox.clock import ManualClock
from sandbox.errors import InputError, StoreError
from sandbox.events import Proposed
from sandbox.keys import trusted
from sandbox.log import Store
from sandbox.prune import QUICK, Wish, choose, prune, vacuum
from sandbox.search import BROKEN_OFF, Search
from sandbox.verify import missing, verify
from tests.sandbox.logged import LOOK, PAID, PENDING, write

ALL = Wish(Search())


def pruned(store: Store, wish: Wish, by: str = "kim", why: str = "old") -> list[str]:
    chosen = choose(store, wish)
    done = prune(store, wish, [one.id for one in chosen.pruned], by, why)
    assert done == chosen
    return [one.id for one in done.pruned]


def count(store: Store, table: str) -> int:
    return int(store.db.conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def whole(store: Store) -> bool:
    return not missing(store) and not any(verify(store, one) for one in store.chains())


def test_what_is_pruned_is_gone_from_every_table_and_the_rest_stays_whole(store: Store) -> None:
    old, kept = write(store, LOOK, PAID), write(store, LOOK)
    assert pruned(store, Wish(Search(), keep=1)) == [old]
    assert store.names() == [kept]
    assert count(store, "events WHERE episode = '" + old + "'") == 0
    assert count(store, "seals WHERE episode = '" + old + "'") == 0
    assert whole(store)


def test_pruned_is_told_from_stolen(store: Store) -> None:
    old, new = write(store, LOOK), write(store, LOOK)
    pruned(store, Wish(Search(), keep=1))
    assert missing(store) == []
    store.db.conn.execute("DELETE FROM episodes WHERE id = ?", (new,))
    store.db.conn.commit()
    assert [one.episode for one in missing(store)] == [new]
    with pytest.raises(InputError, match=f"episode {old} was pruned on .* by kim: old"):
        store.find(old)
    with pytest.raises(InputError, match="no episode begins with"):
        store.find(new)


def test_a_note_in_the_file_is_believed_only_as_it_was_sealed(store: Store) -> None:
    """Where the witness was not told, because of a power cut, the sealed note tells it."""
    old = write(store, LOOK)
    head = store.all_remembered()[old]
    pruned(store, ALL)
    store.witness.note(store.id, head)  # as it stood before
    assert missing(store) == []
    [note] = store.pruned()
    assert note.holds(store.id, trusted())
    assert (note.notice.length, note.notice.head) == (head.seq, head.head)
    for bent in ("why = 'new'", "pruned_by = 'sam'", "signature = 'zz'", f"public = '{'0' * 64}'"):
        store.db.conn.execute("SAVEPOINT bending")
        store.db.conn.execute(f"UPDATE pruned SET {bent}")
        assert [one.episode for one in missing(store)] == [old], bent
        store.db.conn.execute("ROLLBACK TO bending")
    store.db.conn.execute("DELETE FROM pruned")
    assert [one.episode for one in missing(store)] == [old]


def test_a_note_of_another_store_or_of_an_older_head_is_not_believed(store: Store) -> None:
    old = write(store, LOOK)
    head = store.all_remembered()[old]
    pruned(store, ALL)
    store.witness.note(store.id, head._replace(seq=head.seq + 1, head="f" * 64))
    assert [one.episode for one in missing(store)] == [old]
    [note] = store.pruned()
    assert not note.holds("another", trusted())
    assert not note.holds(store.id, ())


def test_what_is_being_written_is_kept_whatever_is_named(store: Store) -> None:
    log = store.begin({"task": "t"})
    for status in (None, "running", BROKEN_OFF):
        assert log.episode not in pruned(store, Wish(Search(status=status)))
    assert choose(store, ALL).kept == {log.episode: "it is being written"}
    log.append(Proposed(0, Proposal("a", 0, Action.of("go"))), durable=True)
    log.close()


def test_what_was_broken_off_is_kept_unless_it_is_named(store: Store) -> None:
    broken = write(store, PENDING, ended=None)
    assert pruned(store, ALL) == []
    assert "--status 'broken off'" in choose(store, ALL).kept[broken]
    assert pruned(store, Wish(Search(status=BROKEN_OFF))) == [broken]
    assert whole(store)


def test_what_is_resumed_in_the_meantime_stops_the_pruning(store: Store) -> None:
    broken = write(store, PENDING, ended=None)
    claim = None
    try:
        wish = Wish(Search(status=BROKEN_OFF))
        chosen = [one.id for one in choose(store, wish).pruned]
        claim = Claim(store.claims, broken)
        assert prune(store, wish, chosen, "kim", "old").pruned == []
    finally:
        if claim:
            claim.release()
    assert store.names() == [broken]


def test_a_parent_is_kept_as_long_as_a_fork_of_it_is(store: Store) -> None:
    parent = write(store, LOOK)
    child = write(store, LOOK, parent=parent)
    grandchild = write(store, LOOK, parent=child)
    assert pruned(store, Wish(Search(), keep=1)) == []
    assert choose(store, Wish(Search(), keep=1)).kept == {
        parent: f"{child} was forked from it, and stays",
        child: f"{grandchild} was forked from it, and stays",
    }
    assert pruned(store, ALL) == [parent, child, grandchild]


@given(parents=st.lists(st.integers(-1, 8), min_size=1, max_size=9), keep=st.integers(0, 9))
def test_no_fork_is_ever_left_without_its_parent(
    forks: Store, parents: list[int], keep: int
) -> None:
    """Over all shapes of forks: what is pruned is exactly what no fork that stays stands on."""
    ids: list[str] = []
    execute = forks.db.conn.execute
    execute("SAVEPOINT shape")
    for number, parent in enumerate(parents, 1):
        header = f'{{"parent": "{ids[parent]}"}}' if 0 <= parent < len(ids) else "{}"
        execute(
            "INSERT INTO episodes (id, header, status, length, head, number, started)"
            " VALUES (?, ?, 'goal', 1, '', ?, 0)",
            (f"e{number}", header, number),
        )
        ids.append(f"e{number}")
    gone = {one.id for one in choose(forks, Wish(Search(), keep)).pruned}
    execute("ROLLBACK TO shape")
    stays = [one for one in ids if one not in gone]
    above = {ids[at]: ids[parent] for at, parent in enumerate(parents) if 0 <= parent < at}
    held = set(ids[max(0, len(ids) - keep) :])
    for one in list(held):
        while one in above:
            one = above[one]  # noqa: PLW2901 (up the line of parents)
            held.add(one)
    assert set(stays) == held


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("forks") / "offswitch.db")


def test_what_a_ledger_speaks_of_is_kept_and_so_is_the_ledger(store: Store) -> None:
    cited, other = write(store, LOOK), write(store, LOOK)
    ledger = store.ledger("stages")
    ledger.append(Proposed(0, Proposal("a", 0, Action.of("promote", stands_on=cited))))
    ledger.close()
    assert pruned(store, ALL) == [other]
    assert choose(store, ALL).kept == {cited: "a stage of trust stands on it"}
    assert {one.id for one in store.chains()} == {cited, "stages"}
    assert whole(store)


def test_age_counts_from_the_end_and_the_newest_are_kept(tmp_path: Path) -> None:
    clock = ManualClock(1_000_000.0)
    store = Store(tmp_path / "offswitch.db", clock=clock)
    ids = []
    for _ in range(4):
        ids.append(write(store, LOOK))
        clock.advance(100.0)
    before = Search(before=clock.now() - 150.0)
    assert [one.id for one in choose(store, Wish(before)).pruned] == ids[:3]
    assert [one.id for one in choose(store, Wish(before, keep=2)).pruned] == ids[:1]


def test_a_number_is_never_given_again(store: Store) -> None:
    write(store, LOOK)
    write(store, LOOK)
    pruned(store, ALL)
    third = write(store, LOOK)
    numbers = store.db.conn.execute("SELECT id, number FROM episodes").fetchall()
    assert numbers == [(third, 3)]


def test_nothing_that_was_not_agreed_to_is_pruned(store: Store) -> None:
    agreed = write(store, LOOK)
    chosen = [one.id for one in choose(store, ALL).pruned]
    later = write(store, LOOK)
    prune(store, ALL, chosen, "kim", "old")
    assert (store.names(), chosen) == ([later], [agreed])


def prune_until(path: Path, statement: str) -> None:
    """Prune everything in a process of its own, which is killed as it comes to a statement."""
    child = os.fork()
    if child:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        return
    try:
        store = Store(path)
        chosen = [one.id for one in choose(store, ALL).pruned]

        def die(sql: str) -> None:
            if sql.startswith(statement):
                os.kill(os.getpid(), signal.SIGKILL)

        store.db.conn.set_trace_callback(die)
        prune(store, ALL, chosen, "kim", "old")
    finally:
        os._exit(1)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize(
    "where",
    [
        *("INSERT INTO pruned", "INSERT INTO leaving", "DELETE FROM events", "DELETE FROM seals"),
        *("DELETE FROM episodes", "COMMIT", "PRAGMA wal_checkpoint"),
    ],
)
def test_killed_at_any_moment_it_leaves_all_or_nothing(store: Store, where: str) -> None:
    ids = [write(store, LOOK), write(store, PAID)]
    events = count(store, "events")
    store.close()
    prune_until(store.path, where)
    left = Store(store.path)
    notes = [one.notice.episode for one in left.pruned()]
    done = where == "PRAGMA wal_checkpoint"
    assert (left.names(), notes) == (([], ids) if done else (ids, []))
    assert count(left, "events") == (0 if done else events)
    assert whole(left)


def test_a_store_that_another_program_holds_is_one_clear_line(store: Store) -> None:
    old = write(store, LOOK)
    holder = sqlite3.connect(store.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    quick = Store(store.path, busy=0.01)
    for act in (lambda: prune(quick, ALL, [old], "kim", "old"), lambda: vacuum(quick)):
        with pytest.raises(StoreError, match="another program holds it"):
            act()
    holder.close()
    assert store.names() == [old]


def many(store: Store, events: int) -> str:
    """Say of an episode that it is long, as far as pruning asks."""
    episode = write(store, LOOK)
    store.db.conn.execute("UPDATE episodes SET length = ? WHERE id = ?", (events, episode))
    store.db.conn.commit()
    return episode


def test_so_much_that_running_episodes_would_wait_in_vain_is_refused(store: Store) -> None:
    old = many(store, QUICK + 1)
    log = store.begin({"task": "t"})
    with pytest.raises(InputError, match=r"one episode is being written.*nothing was changed"):
        prune(store, ALL, [old], "kim", "old")
    assert old in store.names()
    log.abandon()
    assert pruned(store, ALL) == [old]


def test_a_witness_that_cannot_be_told_stops_the_pruning_before_it_begins(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = write(store, LOOK)
    keys = tmp_path / "keys"
    shutil.copytree(os.environ["OFFSWITCH_KEYS"], keys)
    for path in keys.glob("witness.db*"):
        path.unlink()
    (keys / "witness.db").mkdir()
    monkeypatch.setenv("OFFSWITCH_KEYS", str(keys))
    fresh = Store(store.path)
    with pytest.raises(StoreError, match="the witness of what was written cannot be kept"):
        prune(fresh, ALL, [old], "kim", "old")
    assert store.names() == [old]


@pytest.fixture
def large(store: Store) -> Iterator[Store]:
    for _ in range(20):
        write(store, *[LOOK] * 30)
    yield store
    store.close()


def test_vacuum_gives_back_what_was_pruned_and_says_how_much(large: Store) -> None:
    kept = large.names()[-2:]
    pruned(large, Wish(Search(), keep=2))
    size = large.path.stat().st_size
    room = vacuum(large)
    assert room.settled
    assert room.before == size
    assert room.after == large.path.stat().st_size < size / 2
    assert large.names() == kept
    assert whole(large)
    assert b"sky" in large.path.read_bytes()
    pruned(large, ALL)
    vacuum(large)
    assert b"sky" not in large.path.read_bytes()


def test_vacuum_waits_for_no_agent(large: Store) -> None:
    log = large.begin({"task": "t"})
    with pytest.raises(InputError, match="one episode is being written"):
        vacuum(large)
    log.abandon()


def test_vacuum_says_when_somebody_who_reads_keeps_the_file_large(large: Store) -> None:
    pruned(large, ALL)
    reader = Store(large.path, readonly=True)
    with reader.standing_still():
        reader.count()
        impatient = Store(large.path, busy=0.01)
        room = vacuum(impatient)
        assert not room.settled
        assert room.after < room.before
    assert vacuum(impatient).settled
    assert large.path.stat().st_size == room.after
