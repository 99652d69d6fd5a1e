"""Keep every event on disk: append-only, hash-chained, one SQLite file.

Each row's hash is SHA-256 over the hash before it and the event's canonical bytes. Wall-clock time
stands beside the chain, not in it, so that the same seed gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from sqlite_utils import Database, Migrations

from sandbox.clock import Clock, WallClock
from sandbox.errors import InputError, StoreError
from sandbox.events import AnyEvent, EpisodeEnded, EpisodeStarted, Header, decode, encode, step_of

APPLICATION_ID = 0x0FF5317C
"""Marks a SQLite file as ours."""

GENESIS = "0" * 64
"""The hash before the first event."""

BATCH = 256
"""Routine events kept in memory at the most."""

migrations = Migrations("offswitch")


@migrations()  # type: ignore[untyped-decorator, unused-ignore]
def m001_initial(db: Database) -> None:
    """Create episodes and events."""
    db.table("episodes").create(
        {
            "id": str,
            "task": str,
            "setting": str,
            "agent": str,
            "header": str,
            "started": float,
            "ended": float,
            "status": str,
            "length": int,
            "head": str,
        },
        pk="id",
    )
    db.table("events").create(
        {
            "episode": str,
            "seq": int,
            "kind": str,
            "step": int,
            "content": str,
            "prev": str,
            "hash": str,
            "wall": float,
        },
        pk=("episode", "seq"),
    )


class Record(NamedTuple):
    """Hold one row of the log."""

    seq: int
    kind: str
    step: int
    content: str
    prev: str
    hash: str
    wall: float

    @property
    def event(self) -> AnyEvent:
        """Return the event that the row holds."""
        return decode(self.content)


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


def chain(prev: str, content: bytes) -> str:
    """Return the hash of an event that follows `prev`."""
    return hashlib.sha256(prev.encode() + content).hexdigest()


HINTS = {
    "locked": "another program holds it; close that and run again",
    "readonly": "it is read-only; name another folder with --logs DIR",
    "unable to open": "it cannot be opened; name another folder with --logs DIR",
    "full": "the disk is full; free some room and run again",
    "disk I/O": "the disk failed or is full; nothing more was applied",
    "not a database": "it is not a database of Offswitch; name another with --logs DIR",
}
"""What to do about a fault of the database, by a word of it."""


@contextmanager
def said(path: Path, hints: Mapping[str, str] = HINTS) -> Iterator[None]:
    """Turn every database fault into one clear sentence.

    Raises:
        StoreError: naming the file, the fault, and what to do about it.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        hint = next((hint for word, hint in hints.items() if word in text), "nothing was lost")
        raise StoreError(f"{path}: {text}: {hint}") from error


def _connect(path: Path, *, readonly: bool, busy: float, vfs: str) -> Database:
    """Open the file, through SQLite's file system `vfs`, and refuse one that is not ours."""
    uri = f"file:{path}?mode=ro" if readonly else f"file:{path}?mode=rwc"
    uri += f"&vfs={vfs}" if vfs else ""
    connection = sqlite3.connect(
        uri.replace("#", "%23"), uri=True, timeout=busy, check_same_thread=False
    )
    db = Database(connection)
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    filled = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if found != APPLICATION_ID and (filled or readonly):
        connection.close()
        raise StoreError(f"{path}: is a database, but not one of Offswitch; nothing was changed")
    if not readonly:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
    return db


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
            StoreError: when it is locked, read-only, full, damaged or not ours.
        """
        self.path = path
        self.clock = clock or WallClock()
        self._busy, self._vfs = busy, vfs
        if readonly and not path.exists():
            raise InputError(f"{path}: there is no log yet; `offswitch demo` writes one")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path.parent}: cannot be created: {error.strerror}") from error
        with said(path):
            self.db = _connect(path, readonly=readonly, busy=busy, vfs=vfs)
            if not readonly:
                self._prepare()

    def _prepare(self) -> None:
        """Bring the schema up to date; opening twice at once is harmless."""
        if migrations.pending(self.db):
            self.db.conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
            migrations.apply(self.db)

    def close(self) -> None:
        """Close the connection."""
        self.db.conn.close()

    def begin(self, header: Header) -> EpisodeLog:
        """Start an episode on a connection of its own and write its first event.

        Raises:
            StoreError: when it cannot be written.
        """
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(self.clock.now()))
        episode = f"{stamp}-{secrets.token_hex(3)}"
        with said(self.path):
            db = _connect(self.path, readonly=False, busy=self._busy, vfs=self._vfs)
            log = EpisodeLog(self, db, episode)
            log.open(header)
        return log

    def episodes(self) -> list[Episode]:
        """Return all episodes, the newest first."""
        with said(self.path):
            names = ", ".join(Episode._fields)
            rows = self.db.conn.execute(
                f"SELECT {names} FROM episodes ORDER BY started DESC, id DESC"  # noqa: S608 (constants)
            )
            return [Episode(*row) for row in rows]

    def find(self, reference: str) -> Episode:
        """Return the episode whose id begins with `reference`, or the `latest`.

        Raises:
            InputError: when there is none, or more than one.
        """
        all_of_them = self.episodes()
        if reference == "latest" and all_of_them:
            return all_of_them[0]
        found = [one for one in all_of_them if one.id.startswith(reference)]
        if len(found) == 1 and reference:
            return found[0]
        count = f"{len(found)} episodes begin" if found else "no episode begins"
        raise InputError(f"{count} with {reference!r}; `offswitch episodes` lists them")

    def records(self, episode: str) -> Iterator[Record]:
        """Yield the rows of one episode in order."""
        with said(self.path):
            names = ", ".join(Record._fields)
            rows = self.db.conn.execute(
                f"SELECT {names} FROM events WHERE episode = ? ORDER BY seq",  # noqa: S608 (constants)
                (episode,),
            )
            for row in rows:
                yield Record(*row)


class EpisodeLog:
    """Append the events of one episode; decisions are on disk before `append` returns."""

    def __init__(self, store: Store, db: Database, episode: str) -> None:
        """Write over the connection `db`."""
        self.episode = episode
        self._count = 0
        self._store = store
        self._db = db
        self._head = GENESIS
        self._buffer: list[tuple[str, int, str, int, str, str, str, float]] = []
        self._end: EpisodeEnded | None = None

    @property
    def count(self) -> int:
        """Return the number of events so far."""
        return self._count

    def open(self, header: Header) -> None:
        """Write the episode's row and its first event, durably, in one transaction."""
        row = {
            "id": self.episode,
            "task": header.get("task", ""),
            "setting": header.get("setting", ""),
            "agent": header.get("agent", ""),
            "header": json.dumps(header, sort_keys=True),
            "started": self._store.clock.now(),
            "ended": None,
            "status": "running",
            "length": 0,
            "head": GENESIS,
        }
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        with self._db.atomic():
            self._db.conn.execute(f"INSERT INTO episodes ({names}) VALUES ({marks})", row)  # noqa: S608 (constants)
            self.append(EpisodeStarted(header), durable=True)

    def append(self, event: AnyEvent, *, durable: bool = False) -> int:
        """Append one event; with `durable` it and all before it are on disk on return.

        Raises:
            StoreError: when it cannot be written; the caller must then apply nothing more.
        """
        content = encode(event)
        head = chain(self._head, content)
        self._count += 1
        kind = str(type(event).__struct_config__.tag)
        self._buffer.append(
            (
                self.episode,
                self._count,
                kind,
                step_of(event),
                content.decode(),
                self._head,
                head,
                self._store.clock.now(),
            )
        )
        self._head = head
        if isinstance(event, EpisodeEnded):
            self._end = event
        if durable or len(self._buffer) >= BATCH:
            self.flush()
        return self._count

    def flush(self) -> None:
        """Write what is buffered in one transaction."""
        if not self._buffer:
            return
        with said(self._store.path), self._db.atomic():
            self._db.conn.executemany(
                "INSERT INTO events (episode, seq, kind, step, content, prev, hash, wall)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                self._buffer,
            )
            self._db.conn.execute(
                "UPDATE episodes SET length = ?, head = ?, status = ?, ended = ? WHERE id = ?",
                (
                    self._count,
                    self._head,
                    str(self._end.termination) if self._end else "running",
                    self._store.clock.now() if self._end else None,
                    self.episode,
                ),
            )
        self._buffer.clear()

    def close(self) -> None:
        """Write what is buffered and close the connection."""
        try:
            self.flush()
        finally:
            self._db.conn.close()
