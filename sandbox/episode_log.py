"""Append the events of one episode: chained, sealed, and on disk before anything is applied."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from sqlite_utils import Database

from sandbox.chain import GENESIS, chain
from sandbox.claim import Claim
from sandbox.clock import Clock
from sandbox.database import said
from sandbox.errors import InputError
from sandbox.events import AnyEvent, EpisodeEnded, EpisodeStarted, Header, encode, step_of
from sandbox.keys import Signer
from sandbox.seal import INSERT, Statement, row_of, sealed
from sandbox.witness import Head, Witness

BATCH = 256
"""Routine events kept in memory at the most."""

SOON = 1.0
"""Seconds after which a routine event no longer waits for others to be written with it."""

LEDGER = "ledger"
"""Status of a chain that is no episode."""

_EVENT = (
    "INSERT INTO events (episode, seq, kind, step, content, prev, hash, wall)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_EPISODE = (
    "INSERT INTO episodes (id, task, setting, agent, header, started, status, length, head, number)"
    " VALUES (:id, :task, :setting, :agent, :header, :started, :status, 0, :head,"
    " (SELECT 1 + max(coalesce((SELECT max(number) FROM episodes), 0),"
    " coalesce((SELECT max(number) FROM pruned), 0))))"
)
_STATE = "UPDATE episodes SET length = ?, head = ?, status = ?, ended = ? WHERE id = ?"


class Home(Protocol):
    """Say what the log of one episode needs of the store; see `sandbox.log.Store`."""

    path: Any
    clock: Clock

    @property
    def id(self) -> str:
        """Return the store's own name."""

    @property
    def witness(self) -> Witness:
        """Return what remembers the store outside of it."""


class EpisodeLog:
    """Append the events of one episode; decisions are on disk before `append` returns."""

    def __init__(
        self, store: Home, db: Database, episode: str, signer: Signer, claim: Claim
    ) -> None:
        """Write over the connection `db`, sealing by `signer`, as long as `claim` holds."""
        self.episode = episode
        self._store, self._db, self._signer, self._claim = store, db, signer, claim
        self._count = 0
        self._head = GENESIS
        self._status = "running"
        self._buffer: list[tuple[str, int, str, int, str, str, str, float]] = []
        self._end: EpisodeEnded | None = None
        self._written = store.clock.monotonic()

    @property
    def count(self) -> int:
        """Return the number of events so far."""
        return self._count

    def open(self, header: Header) -> None:
        """Write the episode's row and its first event, durably, in one transaction."""
        self._status = LEDGER if LEDGER in header else "running"
        row = {name: header.get(name, "") for name in ("task", "setting", "agent")} | {
            "id": self.episode,
            "header": json.dumps(header, sort_keys=True),
            "started": self._store.clock.now(),
            "status": self._status,
            "head": GENESIS,
        }
        self.append(EpisodeStarted(header))
        self._write(row)

    def go_on(self) -> None:
        """Stand at the end of what is written.

        Raises:
            InputError: when the episode is not there, or has ended.
        """
        row = self._db.conn.execute(
            "SELECT length, head, status FROM episodes WHERE id = ?", (self.episode,)
        ).fetchone()
        if row is None:
            raise InputError(f"there is no episode {self.episode}")
        self._count, self._head, self._status = row
        if self._status not in {"running", LEDGER}:
            raise InputError(f"episode {self.episode} has ended ({self._status}); fork it instead")

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
        late = self._store.clock.monotonic() - self._written > SOON
        if durable or late or len(self._buffer) >= BATCH:
            self.flush()
        return self._count

    def flush(self) -> None:
        """Write what is buffered in one transaction.

        Raises:
            StoreError: when it cannot be written.
        """
        if self._buffer:
            self._write(None)

    def _write(self, row: Mapping[str, object] | None) -> None:
        """Write what is buffered, the state and its seal, after the episode's own row if given."""
        ended = self._end is not None
        statement = Statement(self._store.id, self.episode, self._count, self._head, ended)
        seal = row_of(sealed(self._signer, statement))
        status = str(self._end.termination) if self._end else self._status
        over = self._store.clock.now() if ended else None
        with said(self._store.path), self._db.atomic():
            if row is not None:
                self._db.conn.execute(_EPISODE, row)
            self._db.conn.executemany(_EVENT, self._buffer)
            self._db.conn.execute(_STATE, (self._count, self._head, status, over, self.episode))
            self._db.conn.execute(INSERT, seal)
        self._buffer.clear()
        self._written = self._store.clock.monotonic()
        # Only now: a witness that is ahead of the store would call it an older copy.
        head = Head(self.episode, self._count, self._head, ended)
        self._store.witness.note(self._store.id, head)

    def close(self) -> None:
        """Write what is buffered, close the connection, and give the episode up.

        What an ended episode wrote is moved from SQLite's own log into the file itself, where
        nobody's reading hinders that: who copies the file alone has it.
        """
        try:
            self.flush()
            if self._end is not None:
                with suppress(sqlite3.Error):  # it is on disk either way
                    self._db.conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close the connection and give the episode up; what is buffered is not written."""
        self._db.conn.close()
        self._claim.release()
