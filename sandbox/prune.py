"""Remove old episodes, and give their room back. What others stand on is never removed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from sandbox.claim import Claim, writers
from sandbox.database import said
from sandbox.episode_log import LEDGER
from sandbox.errors import InputError
from sandbox.indexes import noted
from sandbox.keys import Signer
from sandbox.log import Store
from sandbox.pruned import Notice, note_pruned, noticed
from sandbox.search import BROKEN_OFF, RUNNING, Search
from sandbox.witness import Head

QUICK = 20_000
"""Events that are removed so fast that episodes which are being written hardly wait."""

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")


class Wish(NamedTuple):
    """Say what is to be pruned.

    Attributes:
        search: which episodes; those that were broken off only where it names that status.
        keep: how many of those, the newest, are kept.
    """

    search: Search
    keep: int = 0


class Candidate(NamedTuple):
    """Hold what is known of an episode that is to be pruned."""

    id: str
    number: int
    task: str
    setting: str
    agent: str
    started: float
    status: str
    length: int
    head: str


class Choice(NamedTuple):
    """Say what a wish comes to.

    Attributes:
        pruned: the episodes to be removed, the oldest first.
        kept: those that are meant too, but stay: why, by id.
    """

    pruned: list[Candidate]
    kept: dict[str, str]

    @property
    def events(self) -> int:
        """Return how many events are to be removed."""
        return sum(one.length for one in self.pruned)


def choose(store: Store, wish: Wish) -> Choice:
    """Return which episodes a wish comes to; nothing is changed.

    Raises:
        StoreError: when the store cannot be read.
    """
    with said(store.path):
        meant = _meant(store, wish)
        parents, cited = _parents(store), _cited(store)
    kept: dict[str, str] = {}
    for one in meant:
        if one.status == RUNNING and store.writing(one.id):
            kept[one.id] = "it is being written"
        elif one.status == RUNNING and wish.search.status != BROKEN_OFF:
            kept[one.id] = f"it has not ended; --status '{BROKEN_OFF}' names it"
        elif one.id in cited:
            kept[one.id] = "a stage of trust stands on it"
    left = {one.id for one in meant} - kept.keys()
    while held := {one: child for child, one in parents if one in left and child not in left}:
        kept |= {one: f"{child} was forked from it, and stays" for one, child in held.items()}
        left -= held.keys()
    return Choice([one for one in meant if one.id in left], kept)


def _meant(store: Store, wish: Wish) -> list[Candidate]:
    """Return the episodes that a wish names, the oldest first."""
    condition, names = store.condition(wish.search), ", ".join(Candidate._fields)
    if not store.sealed:
        names = names.replace("number", "rowid AS number")
    rows = store.db.conn.execute(
        f"SELECT {names} FROM episodes WHERE status <> ? AND {condition.sql}"
        " ORDER BY number DESC LIMIT -1 OFFSET ?",
        (LEDGER, *condition.values, wish.keep),
    )
    return [Candidate(*row) for row in rows][::-1]


def _parents(store: Store) -> list[tuple[str, str]]:
    """Return each fork with the episode that it was forked from."""
    parent = noted("parent")
    rows = store.db.conn.execute(f"SELECT id, {parent} FROM episodes WHERE {parent} IS NOT NULL")
    return list(rows)


def _cited(store: Store) -> set[str]:
    """Return the episodes that a chain which is no episode speaks of: what trust stands on."""
    rows = store.db.conn.execute(
        "SELECT content FROM events WHERE episode IN (SELECT id FROM episodes WHERE status = ?)",
        (LEDGER,),
    )
    return {found for (content,) in rows for found in _ID.findall(content)}


def prune(store: Store, wish: Wish, ids: Collection[str], by: str, why: str) -> Choice:
    """Remove the episodes `ids`, as far as the wish still comes to them; all of it or nothing.

    A sealed note of each stays in the table `pruned`, and the witness outside the store is told.
    The room is used again by later episodes; `vacuum` gives it back.

    Raises:
        InputError: when episodes are being written that could not wait so long.
        StoreError: when it cannot be written; nothing was changed.
    """
    signer, witness = Signer.load(), store.witness  # what is missing is missed before all else
    with said(store.path), ExitStack() as claims, _alone(store):
        now = choose(store, wish)
        chosen = Choice([one for one in now.pruned if one.id in ids], now.kept)
        _check_patience(store, chosen.events)
        for one in chosen.pruned:
            if one.status == RUNNING:  # nobody may go on with it meanwhile
                claims.callback(Claim(store.claims, one.id).release)
        at = store.clock.now()
        notes = [
            Notice(store.id, one.id, one.number, one.length, one.head, at, by, why)
            for one in chosen.pruned
        ]
        note_pruned(store.db.conn, [noticed(signer, one) for one in notes])
        _remove(store, [one.id for one in chosen.pruned])
    gone = f"pruned by {by}: {why}"
    witness.note_all(
        store.id, [Head(one.episode, one.length, one.head, ended=True, gone=gone) for one in notes]
    )
    _settle(store)
    return chosen


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Write in one transaction that begins now, and is undone whatever goes wrong."""
    store.db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        store.db.conn.execute("COMMIT")
    except BaseException:
        store.db.conn.rollback()
        raise


def _check_patience(store: Store, events: int) -> None:
    writing = writers(store.claims)
    if writing and events > QUICK:
        raise InputError(
            f"{_count(len(writing), 'episode')} being written to {store.path}, and removing "
            f"{events:,} events would hold them up until they fail: prune when they have ended, "
            f"or at most {QUICK:,} events at a time; nothing was changed"
        )


def _count(number: int, what: str) -> str:
    return f"one {what} is" if number == 1 else f"{number:,} {what}s are"


def _remove(store: Store, ids: Collection[str]) -> None:
    execute = store.db.conn.execute
    execute("CREATE TEMP TABLE IF NOT EXISTS leaving (id TEXT PRIMARY KEY) WITHOUT ROWID")
    execute("DELETE FROM leaving")
    store.db.conn.executemany("INSERT INTO leaving VALUES (?)", [(one,) for one in ids])
    for table, column in (("events", "episode"), ("seals", "episode"), ("episodes", "id")):
        execute(f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM leaving)")


def _settle(store: Store) -> bool:
    """Move what was written into the file proper; tell whether nobody's reading hindered it."""
    with said(store.path):
        hindered, *_ = store.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not hindered


class Room(NamedTuple):
    """Say how much room a vacuum gave back.

    Attributes:
        before: bytes that the store took.
        after: bytes that it takes.
        settled: the file is that small by now; else it will be when those who read it are gone.
    """

    before: int
    after: int
    settled: bool


def vacuum(store: Store) -> Room:
    """Give back the room of what was removed; it needs as much room again meanwhile.

    Raises:
        InputError: when an episode is being written.
        StoreError: when another program holds the file, or the disk is full; nothing was changed.
    """
    if writing := writers(store.claims):
        raise InputError(
            f"{_count(len(writing), 'episode')} being written to {store.path}: vacuum when they "
            "have ended (`offswitch stop --all` ends them); nothing was changed"
        )
    with said(store.path):
        before = _size(store)
        store.db.conn.execute("VACUUM")
        settled = _settle(store)
        return Room(before, _size(store), settled)


def _size(store: Store) -> int:
    """Return the bytes of all pages, in the file or on their way into it."""
    pages, size = (
        int(store.db.conn.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "page_size")
    )
    return pages * size
