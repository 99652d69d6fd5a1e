"""Remember outside the store how far each chain had come, so that an older copy of it is found.

A copy of the file from yesterday is whole and rightly signed; only who remembers today knows that
it is not all. The witness stands beside the keys, in a folder that no agent reaches. It is written
after the store, so that a power cut can leave it behind the store but never ahead of it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sandbox.errors import StoreError
from sandbox.keys import key_folder, prepare
from sandbox.sqlite_file import or_closed, uri_of, write_again, write_ahead

FILE = "witness.db"

_TABLE = """CREATE TABLE IF NOT EXISTS heads (
    store TEXT, episode TEXT, seq INTEGER, head TEXT, ended INTEGER, gone TEXT DEFAULT '',
    PRIMARY KEY (store, episode)) WITHOUT ROWID"""


_NOTE = "INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?, ?, ?)"


class Head(NamedTuple):
    """Say how far one chain had come.

    Attributes:
        episode: id of the episode.
        seq: number of its last event that was written.
        head: that event's hash.
        ended: it closed the episode.
        gone: why it is rightly no longer in the store (it was pruned); else empty.
    """

    episode: str
    seq: int
    head: str
    ended: bool
    gone: str = ""


def _row(store: str, head: Head) -> tuple[str, str, int, str, int, str]:
    return (store, head.episode, head.seq, head.head, int(head.ended), head.gone)


class Witness:
    """Note heads, and tell what was noted. Any thread may call."""

    def __init__(self, folder: Path | None = None, *, busy: float = 2.0, vfs: str = "") -> None:
        """Open the witness in `folder`, that of the keys when None; wait `busy` s for a lock.

        `vfs` names the file system that SQLite goes through; empty is its own.

        Raises:
            StoreError: when it cannot be kept there.
        """
        self.path = (folder or key_folder()) / FILE
        self._lock = threading.Lock()
        with self._said():
            prepare(self.path.parent)
            uri = uri_of(self.path, "rwc", vfs)
            self._db = sqlite3.connect(
                uri, uri=True, timeout=busy, check_same_thread=False, isolation_level=None
            )
            with or_closed(self._db):
                write_ahead(self._db, busy)
                self._db.execute("PRAGMA synchronous=NORMAL")  # behind the store is harmless
                write_again(self._db, self.path)
                self._db.execute(_TABLE)
                self.path.chmod(0o600)

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"{self.path}: the witness of what was written cannot be kept: {error}; "
                "name another folder with OFFSWITCH_KEYS"
            ) from error

    def note(self, store: str, head: Head) -> None:
        """Note how far a chain has come.

        Raises:
            StoreError: when it cannot be written.
        """
        with self._said(), self._lock:
            self._db.execute(_NOTE, _row(store, head))

    def note_all(self, store: str, heads: Iterable[Head]) -> None:
        """Note how far many chains have come, all or none.

        Raises:
            StoreError: when they cannot be written.
        """
        with self._said(), self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(_NOTE, (_row(store, head) for head in heads))
                self._db.execute("COMMIT")
            except BaseException:
                self._db.rollback()
                raise

    def heads(self, store: str) -> dict[str, Head]:
        """Return what is remembered of a store, by episode.

        Raises:
            StoreError: when it cannot be read.
        """
        with self._said(), self._lock:
            rows = self._db.execute(
                "SELECT episode, seq, head, ended, gone FROM heads WHERE store = ?", (store,)
            ).fetchall()
        return {row[0]: Head(row[0], row[1], row[2], bool(row[3]), row[4]) for row in rows}

    def head(self, store: str, episode: str) -> Head | None:
        """Return what is remembered of one chain, or None.

        Raises:
            StoreError: when it cannot be read.
        """
        with self._said(), self._lock:
            row = self._db.execute(
                "SELECT episode, seq, head, ended, gone FROM heads WHERE store = ? AND episode = ?",
                (store, episode),
            ).fetchone()
        return Head(row[0], row[1], row[2], bool(row[3]), row[4]) if row else None

    def close(self) -> None:
        """Close the connection."""
        self._db.close()
