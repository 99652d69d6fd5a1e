"""Whatever is done to the file is found, and the event is named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.action import Action, Proposal
from sandbox.chain import GENESIS, chain
from sandbox.clock import ManualClock
from sandbox.events import EpisodeEnded, Proposed
from sandbox.keys import Signer
from sandbox.log import Store
from sandbox.seal import Statement, row_of, sealed
from sandbox.timestep import TerminationReason
from sandbox.verify import Problem, missing, verify

DURABLE = 3
"""Every third event is written at once, and sealed."""


def fill(store: Store, steps: int = 9) -> str:
    log = store.begin({"task": "t", "setting": "s", "agent": "a"})
    for step in range(steps):
        event = Proposed(step, Proposal("a", step, Action.of("go", n=step)))
        log.append(event, durable=step % DURABLE == DURABLE - 1)
    log.append(EpisodeEnded(steps, TerminationReason.GOAL, 1.0, 0.5, log.count), durable=True)
    log.close()
    return log.episode


def rechain(db: sqlite3.Connection) -> None:
    """Make the whole chain anew, as somebody would who knows how, and list its new head."""
    head = GENESIS
    rows = db.execute("SELECT seq, content FROM events ORDER BY seq").fetchall()
    for seq, content in rows:
        own = chain(head, content.encode())
        db.execute("UPDATE events SET prev = ?, hash = ? WHERE seq = ?", (head, own, seq))
        head = own
    db.execute("UPDATE episodes SET head = ?, length = ?", (head, len(rows)))


def change(db: sqlite3.Connection, seq: int = 5) -> None:
    db.execute(
        "UPDATE events SET content = replace(content, '\"go\"', '\"no\"') WHERE seq = ?", (seq,)
    )


def flip(db: sqlite3.Connection) -> None:
    change(db)


def flip_and_rechain(db: sqlite3.Connection) -> None:
    change(db)
    rechain(db)


def flip_rechain_and_drop_seals(db: sqlite3.Connection) -> None:
    flip_and_rechain(db)
    db.execute("DELETE FROM seals WHERE seq < (SELECT max(seq) FROM seals)")


def drop(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM events WHERE seq = 5")


def drop_and_rechain(db: sqlite3.Connection) -> None:
    drop(db)
    for seq in range(6, 12):
        db.execute("UPDATE events SET seq = ? WHERE seq = ?", (seq - 1, seq))
    rechain(db)


def swap(db: sqlite3.Connection) -> None:
    db.executescript(
        "UPDATE events SET seq = 99 WHERE seq = 5; UPDATE events SET seq = 5 WHERE seq = 6;"
        "UPDATE events SET seq = 6 WHERE seq = 99;"
    )


def swap_and_rechain(db: sqlite3.Connection) -> None:
    swap(db)
    rechain(db)


def insert(db: sqlite3.Connection) -> None:
    for seq in range(11, 4, -1):
        db.execute("UPDATE events SET seq = ? WHERE seq = ?", (seq + 1, seq))
    db.execute(
        "INSERT INTO events SELECT episode, 5, kind, step, content, prev, hash, wall"
        " FROM events WHERE seq = 4"
    )


def insert_and_rechain(db: sqlite3.Connection) -> None:
    insert(db)
    rechain(db)


def append(db: sqlite3.Connection) -> None:
    db.execute(
        "INSERT INTO events SELECT episode, 12, kind, step, content, prev, hash, wall"
        " FROM events WHERE seq = 11"
    )
    rechain(db)


def cut(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM events WHERE seq > 5")


def cut_and_mend(db: sqlite3.Connection) -> None:
    cut(db)
    db.execute(
        "UPDATE episodes SET length = 5, head = (SELECT hash FROM events WHERE seq = 5),"
        " status = 'running', ended = NULL"
    )


def cut_to_a_seal(db: sqlite3.Connection) -> None:
    """Cut so that what is left is whole and rightly sealed: it was, for a moment."""
    db.executescript("DELETE FROM events WHERE seq > 4; DELETE FROM seals WHERE seq > 4")
    db.execute(
        "UPDATE episodes SET length = 4, head = (SELECT hash FROM events WHERE seq = 4),"
        " status = 'running', ended = NULL"
    )


def swap_key(db: sqlite3.Connection) -> None:
    """Change an event, make the chain anew, and seal it with a key of one's own."""
    flip_and_rechain(db)
    store = db.execute("SELECT id FROM store").fetchone()[0]
    episode, head, length = db.execute("SELECT id, head, length FROM episodes").fetchone()
    db.execute("DELETE FROM seals")
    made = sealed(Signer(b"x" * 32), Statement(store, episode, length, head, ended=True))
    db.execute(
        "INSERT INTO seals (episode, seq, store, head, ended, adopted, public, signature)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        row_of(made),
    )


def borrow_seal(db: sqlite3.Connection) -> None:
    """Let an earlier seal stand for the last event."""
    flip_and_rechain(db)
    db.execute("DELETE FROM seals WHERE seq > 4")
    db.execute("UPDATE seals SET seq = 11 WHERE seq = 4")


def unseal(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM seals")


def relist(db: sqlite3.Connection) -> None:
    db.execute("UPDATE episodes SET agent = 'b'")


def redate_end(db: sqlite3.Connection) -> None:
    db.execute("UPDATE episodes SET status = 'interrupted'")


HARMS: dict[Callable[[sqlite3.Connection], None], tuple[int, str]] = {
    flip: (5, "its content does not match its hash"),
    flip_and_rechain: (5, "the chain was made anew: one of 5 to 7 is not what was sealed"),
    flip_rechain_and_drop_seals: (1, "the chain was made anew: one of 1 to 11"),
    drop: (6, "event 5 is missing"),
    drop_and_rechain: (11, "event 11 was sealed, and is missing"),
    swap: (5, "does not follow the event before it"),
    swap_and_rechain: (5, "the chain was made anew: one of 5 to 7 is not what was sealed"),
    insert: (5, "does not follow the event before it"),
    insert_and_rechain: (5, "the chain was made anew: one of 5 to 7"),
    append: (12, "it and what follows came after the last seal"),
    cut: (6, "events 6 to 11 were sealed, and are missing"),
    cut_and_mend: (6, "events 6 to 11 were sealed, and are missing"),
    cut_to_a_seal: (5, "events 5 to 11 were written, and are not in this file"),
    swap_key: (11, "it was sealed by another key"),
    borrow_seal: (11, "its seal is broken"),
    unseal: (0, "nothing is sealed"),
    relist: (1, "the list says something else of the episode than its first event"),
    redate_end: (0, "the episode is marked interrupted: it is goal"),
}


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: str(harm.__name__))
def test_every_kind_of_tampering_is_found_and_the_event_named(
    store: Store, harm: Callable[[sqlite3.Connection], None]
) -> None:
    episode = fill(store)
    assert verify(store, store.find(episode)) == []
    with sqlite3.connect(store.path) as db:
        harm(db)
    db.close()
    seq, words = HARMS[harm]
    found = verify(store, store.find(episode))
    assert any(one.seq == seq and one.sentence.startswith(words) for one in found), found


def test_an_older_copy_of_the_file_is_found_though_it_is_whole_and_rightly_sealed(
    store: Store, tmp_path: Path
) -> None:
    first = fill(store)
    log = store.begin({"task": "t", "setting": "s", "agent": "a"})
    log.append(Proposed(0, Proposal("a", 0, Action.of("go"))), durable=True)
    store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    older = tmp_path / "older.db"
    shutil.copy(store.path, older)
    log.append(Proposed(1, Proposal("a", 1, Action.of("go"))), durable=True)
    log.close()
    third = fill(store)
    store.close()
    store.path.unlink()
    for rest in tmp_path.glob("offswitch.db-*"):
        rest.unlink()
    shutil.copy(older, store.path)
    copy = Store(store.path, readonly=True)
    assert verify(copy, copy.find(first)) == []
    assert verify(copy, copy.find(log.episode)) == [
        Problem(3, "event 3 was written, and is not in this file: it is an older copy, or cut")
    ]
    assert [one.episode for one in missing(copy)] == [third]
    copy.close()


def test_a_clock_that_jumps_changes_neither_the_order_nor_what_is_whole(tmp_path: Path) -> None:
    clock = ManualClock(1_000_000.0)
    store = Store(tmp_path / "offswitch.db", clock=clock)
    first = fill(store, 2)
    clock.advance(-500_000.0)
    log = store.begin({"task": "t", "setting": "s", "agent": "a"})
    log.append(Proposed(0, Proposal("a", 0, Action.of("go"))))
    clock.advance(-400_000.0)
    log.append(EpisodeEnded(1, TerminationReason.GOAL, 0.0, 0.0, log.count), durable=True)
    log.close()
    assert [one.id for one in store.episodes()] == [log.episode, first]
    assert store.find("latest").id == log.episode
    assert [record.seq for record in store.records(log.episode)] == [1, 2, 3]
    assert verify(store, store.find(log.episode)) == []


def test_keys_are_for_their_owner_alone_and_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "keys"
    monkeypatch.setenv("OFFSWITCH_KEYS", str(folder))
    made = Signer.load()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "machine.key").stat().st_mode & 0o777 == 0o600
    assert Signer.load().public == made.public
    assert (folder / "machine.pub").read_text().strip() == made.public.hex()
