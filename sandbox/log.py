"""Keep every event on disk: append-only, hash-chained, sealed, one SQLite file.

Wall-clock time stands beside the chain, not in it, so that the same seed gives the same bytes; the
order of events and of episodes is counted, so that a clock that jumps changes nothing.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

from sandbox.chain import Record
from sandbox.claim import Claim, claimed, writers
from sandbox.clock import Clock, WallClock
from sandbox.database import connect, prepare, said
from sandbox.episode_log import LEDGER, EpisodeLog
from sandbox.errors import InputError, OffswitchError, StoreError
from sandbox.events import AnyEvent, Header
from sandbox.keys import Signer, key_folder
from sandbox.pruned import Notice, Pruned, pruned_ones
from sandbox.seal import Seal, seals_of
from sandbox.search import ALL, BROKEN_OFF, Condition, Known, Search
from sandbox.sqlite_file import or_closed, write_again
from sandbox.text import printable
from sandbox.witness import FILE, Head, Witness

AMBIGUOUS = 99
"""Most episodes that are counted where an id's beginning does not tell them apart."""

FEW = 2000
"""Events that are so few that their episodes are looked up one by one."""


class Episode(NamedTuple):
    """Hold what the list of episodes shows."""

    id: str
    task: str
    setting: str
    agent: str
    header: str
    started: float
    ended: float | None
    status: str
    length: int
    head: str


class Log(Protocol):
    """Take the events of one episode."""

    episode: str

    @property
    def count(self) -> int:
        """Return the number of events so far."""

    def append(self, event: AnyEvent, *, durable: bool = False) -> int:
        """Append one event and return its number, from 1; durable means on disk on return."""

    def close(self) -> None:
        """Write what is buffered."""

    def abandon(self) -> None:
        """Let go of the episode without writing what is buffered."""


class MemoryLog:
    """Keep events in memory, for sweeps and for replay."""

    def __init__(self, episode: str = "memory") -> None:
        """Start empty."""
        self.episode = episode
        self.events: list[AnyEvent] = []

    @property
    def count(self) -> int:
        """Return the number of events so far."""
        return len(self.events)

    def append(self, event: AnyEvent, *, durable: bool = False) -> int:
        """Keep one event."""
        del durable
        self.events.append(event)
        return len(self.events)

    def close(self) -> None:
        """Do nothing: nothing is buffered."""

    def abandon(self) -> None:
        """Do nothing: nothing is held."""


class Store:
    """Open the log of all episodes."""

    def __init__(
        self,
        path: Path,
        *,
        readonly: bool = False,
        clock: Clock | None = None,
        busy: float = 2.0,
        vfs: str = "",
    ) -> None:
        """Open `path`, creating it unless `readonly`; wait at most `busy` seconds for a lock.

        `vfs` names the file system that SQLite goes through; empty is its own.

        Raises:
            StoreError: when it is locked, read-only, full, damaged, newer or not ours.
        """
        self.path = path
        self.clock = clock or WallClock()
        self._busy, self._vfs = busy, vfs
        self._seen: Witness | None = None
        if readonly and not path.exists():
            raise InputError(f"{path}: there is no log yet; `offswitch demo` writes one")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path.parent}: cannot be created: {error.strerror}") from error
        with said(path):
            self.db = connect(path, readonly=readonly, busy=busy, vfs=vfs)
            with or_closed(self.db.conn):
                if not readonly:
                    write_again(self.db.conn, path)
                    prepare(self.db)
                self.sealed = self.db.table("seals").exists()

    @cached_property
    def id(self) -> str:
        """Return the store's own name, which copies of its file share; empty in format 1."""
        if not self.sealed:
            return ""
        with said(self.path):
            return str(self.db.conn.execute("SELECT id FROM store").fetchone()[0])

    @property
    def witness(self) -> Witness:
        """Return what remembers this store outside of it.

        Raises:
            StoreError: when it cannot be kept.
        """
        if self._seen is None:
            self._seen = Witness(busy=self._busy, vfs=self._vfs)
        return self._seen

    def remembered(self, episode: str) -> Head | None:
        """Return how far an episode had come, as noted outside of the store; None if it was not.

        Raises:
            StoreError: when the witness cannot be read.
        """
        return self.witness.head(self.id, episode) if self._is_witnessed() else None

    def all_remembered(self) -> dict[str, Head]:
        """Return how far every episode had come, as noted outside of the store, by id.

        Raises:
            StoreError: when the witness cannot be read.
        """
        return self.witness.heads(self.id) if self._is_witnessed() else {}

    def _is_witnessed(self) -> bool:
        """Tell whether there is a witness; one that is only asked is not made."""
        return self.sealed and (self._seen is not None or (key_folder() / FILE).exists())

    @property
    def claims(self) -> Path:
        """Return the folder in which episodes are claimed by who writes them."""
        return self.path.parent / "writing"

    def close(self) -> None:
        """Close the connection."""
        self.db.conn.close()
        if self._seen is not None:
            self._seen.close()

    def begin(self, header: Header) -> EpisodeLog:
        """Start an episode on a connection of its own and write its first event.

        Raises:
            StoreError: when it cannot be written.
        """
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(self.clock.now()))
        return self._begin(f"{stamp}-{secrets.token_hex(3)}", header)

    def _begin(self, episode: str, header: Header) -> EpisodeLog:
        log = self._log(episode)
        try:
            with said(self.path):
                log.open(header)
        except OffswitchError:
            log.abandon()
            raise
        return log

    def _log(self, episode: str) -> EpisodeLog:
        signer, claim = Signer.load(), Claim(self.claims, episode)
        try:
            with said(self.path):
                db = connect(self.path, readonly=False, busy=self._busy, vfs=self._vfs)
        except OffswitchError:
            claim.release()
            raise
        return EpisodeLog(self, db, episode, signer, claim)

    def reopen(self, episode: str) -> EpisodeLog:
        """Stand at the end of a chain that was broken off, to go on with it.

        Raises:
            InputError: when another process writes it, it has ended, or is not there.
            StoreError: when it cannot be written.
        """
        log = self._log(episode)
        try:
            with said(self.path):
                log.go_on()
        except OffswitchError:
            log.abandon()
            raise
        return log

    def ledger(self, name: str) -> EpisodeLog:
        """Begin, or go on with, a chain that is no episode: it has no task, and is not listed.

        Raises:
            InputError: when another process writes it now.
            StoreError: when it cannot be written.
        """
        with said(self.path):
            found = self.db.conn.execute("SELECT 1 FROM episodes WHERE id = ?", (name,)).fetchone()
        return self.reopen(name) if found else self._begin(name, {"ledger": name})

    def writing(self, episode: str) -> bool:
        """Tell whether a living process writes the episode."""
        return claimed(self.claims, episode)

    def state(self, episode: Episode) -> str:
        """Return how an episode stands: why it ended, `running`, or `broken off`."""
        if episode.ended is not None or self.writing(episode.id):
            return episode.status
        return BROKEN_OFF

    def episodes(self, search: Search = ALL, limit: int | None = None) -> list[Episode]:
        """Return the episodes that are meant, the newest first, `limit` of them at the most."""
        with said(self.path):
            return list(self._select(self.condition(search), limit))

    def condition(self, search: Search) -> Condition:
        """Return a search as SQL over the table of episodes."""
        known = Known(self._few, lambda: writers(self.claims), self._is_task)
        return search.condition(known)

    def _is_task(self, name: str) -> bool:
        row = self.db.conn.execute("SELECT 1 FROM episodes WHERE task = ? LIMIT 1", (name,))
        return row.fetchone() is not None

    def _few(self, meant: Condition) -> bool:
        """Tell whether few events meet a condition; the index says so at once."""
        rows = f"SELECT 1 FROM events WHERE {meant.sql} LIMIT {FEW}"  # noqa: S608 (constants)
        found = self.db.conn.execute(f"SELECT count(*) FROM ({rows})", meant.values)  # noqa: S608 (constants)
        return int(found.fetchone()[0]) < FEW

    def _select(self, meant: Condition, limit: int | None = None) -> Iterator[Episode]:
        names = ", ".join(Episode._fields)
        order = "number DESC" if self.sealed else "started DESC, id DESC"
        meant_ones = (  # sorted without their headers, which are long
            f"SELECT rowid FROM episodes WHERE status <> ? AND {meant.sql} ORDER BY {order} LIMIT ?"  # noqa: S608 (constants)
        )
        rows = self.db.conn.execute(
            f"SELECT {names} FROM episodes WHERE rowid IN ({meant_ones}) ORDER BY {order}",  # noqa: S608 (constants)
            (LEDGER, *meant.values, -1 if limit is None else limit),
        )
        return (Episode(*row) for row in rows)

    def names(self) -> list[str]:
        """Return the ids of all episodes, the first begun first; no more is held of each."""
        order = "number" if self.sealed else "started, id"
        with said(self.path):
            rows = self.db.conn.execute(
                f"SELECT id FROM episodes WHERE status <> ? ORDER BY {order}",  # noqa: S608 (constants)
                (LEDGER,),
            )
            return [row[0] for row in rows]

    def count(self, search: Search = ALL) -> int:
        """Return how many episodes are meant."""
        with said(self.path):
            meant = self.condition(search)
            row = self.db.conn.execute(
                f"SELECT count(*) FROM episodes WHERE status <> ? AND {meant.sql}",  # noqa: S608 (constants)
                (LEDGER, *meant.values),
            ).fetchone()
        return int(row[0])

    def chains(self) -> Iterator[Episode]:
        """Yield all that is chained: the episodes, the newest first, and then the ledgers."""
        with said(self.path):
            rows = self.db.conn.execute(
                "SELECT id FROM episodes WHERE status = ? ORDER BY id", (LEDGER,)
            )
            ledgers = [row[0] for row in rows]
        for name in (*reversed(self.names()), *ledgers):
            if row := self.listed(name):  # one by one: their headers are long
                yield row

    def ids(self) -> frozenset[str]:
        """Return the ids of all episodes and ledgers."""
        with said(self.path):
            return frozenset(row[0] for row in self.db.conn.execute("SELECT id FROM episodes"))

    def latest(self) -> float:
        """Return the latest time at which an episode began or ended, in seconds since the epoch."""
        with said(self.path):
            row = self.db.conn.execute("SELECT max(started), max(ended) FROM episodes").fetchone()
        return max(row[0] or 0.0, row[1] or 0.0)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Read one moment of the store, whatever is written to it meanwhile."""
        with said(self.path), self.db.atomic():
            yield

    def listed(self, episode: str) -> Episode | None:
        """Return the row of an episode, or of a ledger, as it stands now; None without one."""
        with said(self.path):
            names = ", ".join(Episode._fields)
            row = self.db.conn.execute(
                f"SELECT {names} FROM episodes WHERE id = ?",  # noqa: S608 (constants)
                (episode,),
            ).fetchone()
        return Episode(*row) if row else None

    def find(self, reference: str) -> Episode:
        """Return the episode whose id begins with `reference`, or the `latest`.

        Raises:
            InputError: when there is none, or more than one.
        """
        if reference == "latest" and (newest := self.episodes(limit=1)):
            return newest[0]
        meant = Condition("id >= ? AND id < ?", (reference, f"{reference}\N{DEL}"))
        usable = reference.isascii() and reference
        with said(self.path):
            found = list(self._select(meant, AMBIGUOUS + 1)) if usable else []
        if len(found) == 1:
            return found[0]
        if usable and not found and (gone := next(self.pruned(reference), None)):
            raise InputError(_gone(gone.notice))
        count = f"more than {AMBIGUOUS}" if len(found) > AMBIGUOUS else f"{len(found)}"
        begin = f"{count} episodes begin" if found else "no episode begins"
        raise InputError(f"{begin} with {reference!r}; `offswitch episodes` lists them")

    def records(self, episode: str) -> Iterator[Record]:
        """Yield the rows of one episode in order."""
        with said(self.path):
            names = ", ".join(Record._fields)
            rows = self.db.conn.execute(
                f"SELECT {names} FROM events WHERE episode = ? ORDER BY seq",  # noqa: S608 (constants)
                (episode,),
            )
            yield from map(Record._make, rows)

    def pruned(self, beginning: str = "") -> Iterator[Pruned]:
        """Yield the notes of pruned episodes whose ids begin so, the first begun first."""
        with said(self.path):
            if self.db.table("pruned").exists():
                yield from pruned_ones(self.db.conn, beginning)

    def seals(self, episode: str) -> list[Seal]:
        """Return the seals of one episode, the first first; none of a store of format 1."""
        if not self.sealed:
            return []
        with said(self.path):
            return list(seals_of(self.db.conn, episode))


def _gone(notice: Notice) -> str:
    """Say what became of a pruned episode."""
    day = time.strftime("%Y-%m-%d", time.gmtime(notice.at))
    return (
        f"episode {notice.episode} was pruned on {day} by {printable(notice.pruned_by)}: "
        f"{printable(notice.why)}"
    )
