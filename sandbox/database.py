"""Open the one SQLite file of a log: ours or refused, brought to this format or left alone."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations

from sandbox.errors import StoreError
from sandbox.indexes import create_indexes
from sandbox.keys import Signer
from sandbox.seal import INSERT, Statement, row_of, sealed
from sandbox.sqlite_file import or_closed, uri_of, write_ahead
from sandbox.views import create_views
from sandbox.witness import Head, Witness

APPLICATION_ID = 0x0FF5317C
"""Marks a SQLite file as ours."""

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


@migrations()  # type: ignore[untyped-decorator, unused-ignore]
def m002_sealed(db: Database) -> None:
    """Add sealed heads, the store's own name, and the order in which episodes began.

    What was written before is adopted: its heads are sealed as they are found, and say so.
    """
    db.table("store").create({"id": str})
    store = secrets.token_hex(16)
    db.table("store").insert({"id": store})
    db.table("seals").create(
        {
            "episode": str,
            "seq": int,
            "store": str,
            "head": str,
            "ended": int,
            "adopted": int,
            "public": str,
            "signature": str,
        },
        pk=("episode", "seq"),
    )
    db.table("episodes").add_column("number", int)
    begun = db.execute("SELECT id FROM episodes ORDER BY started, id").fetchall()
    db.conn.executemany(
        "UPDATE episodes SET number = ? WHERE id = ?",
        [(number, episode) for number, (episode,) in enumerate(begun, 1)],
    )
    db.table("episodes").create_index(["number"], unique=True)
    _adopt(db, store)


def _adopt(db: Database, store: str) -> None:
    found = db.execute("SELECT id, length, head, status FROM episodes").fetchall()
    if not found:
        return
    signer = Signer.load()
    with closing(Witness()) as witness:
        for episode, length, head, status in found:
            ended = status != "running"
            said = Statement(store, episode, length, head, ended=ended, adopted=True)
            db.execute(INSERT, row_of(sealed(signer, said)))
            witness.note(store, Head(episode, length, head, said.ended))


@migrations()  # type: ignore[untyped-decorator, unused-ignore]
def m003_searched(db: Database) -> None:
    """Add what searches stand on, views that people read, and what is kept of a pruned episode."""
    create_indexes(db)
    create_views(db)
    db.table("pruned").create(
        {
            "episode": str,
            "number": int,
            "length": int,
            "head": str,
            "at": float,
            "pruned_by": str,
            "why": str,
            "store": str,
            "public": str,
            "signature": str,
        },
        pk="episode",
    )
    db.table("pruned").create_index(["number"], unique=True)


HINTS = {
    "READONLY_ROLLBACK": "it was cut off while it was made ready; the next run mends it",
    "locked": "another program holds it; close that and run again",
    "locking": "another program holds it; close that and run again",
    "readonly": "it is read-only; name another folder with --logs DIR",
    "unable to open": "it cannot be opened; name another folder with --logs DIR",
    "full": "the disk is full; free some room and run again",
    "disk I/O": "the disk failed or is full; nothing more was applied",
    "No space": "the disk is full; free some room and run again",
    "Input/output": "the disk failed; nothing more was applied",
    "not a database": "it is not a database of Offswitch; name another with --logs DIR",
    "UNIQUE": "another process has written here; nothing was changed",
}
"""What to do about a fault of the database, by a word of its name or text; the first counts."""


@contextmanager
def said(path: Path, hints: Mapping[str, str] = HINTS) -> Iterator[None]:
    """Turn every database fault into one clear sentence.

    Raises:
        StoreError: naming the file, the fault, and what to do about it.
    """
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        text = str(error)
        named = f"{getattr(error, 'sqlite_errorname', '')} {text}"
        hint = next((hint for word, hint in hints.items() if word in named), "nothing was lost")
        raise StoreError(f"{path}: {text}: {hint}") from error


def connect(path: Path, *, readonly: bool, busy: float, vfs: str = "") -> Database:
    """Open the file through the file system `vfs`; refuse one not ours, or of a newer format.

    Raises:
        StoreError: when it is foreign or newer; nothing was changed.
        sqlite3.DatabaseError: when it cannot be opened; see `said`.
    """
    uri = uri_of(path, "ro" if readonly else "rwc", vfs)
    connection = sqlite3.connect(uri, uri=True, timeout=busy, check_same_thread=False)
    with or_closed(connection):
        if problem := _problem(connection, readonly=readonly):
            raise StoreError(f"{path}: {problem}; nothing was changed")
        if not readonly:
            write_ahead(connection, busy)
            connection.execute("PRAGMA synchronous=FULL")
        return Database(connection)


def _problem(connection: sqlite3.Connection, *, readonly: bool) -> str:
    """Say why a file may not be used; empty when it may.

    All is read at one moment: another process may be making the file.
    """
    connection.execute("BEGIN")
    try:
        return _foreign_or_newer(connection, readonly=readonly)
    finally:
        connection.rollback()


def _foreign_or_newer(connection: sqlite3.Connection, *, readonly: bool) -> str:
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    if found != APPLICATION_ID and tables:
        return "is a database, but not one of Offswitch"
    if readonly and not tables:  # who made it was cut off before anything stood in it
        return "there is no log in it yet; `offswitch demo` writes one"
    if "_sqlite_migrations" not in tables:
        return ""
    known = {one.name for one in migrations._migrations}
    rows = connection.execute(
        "SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (migrations.name,)
    )
    newer = sorted({row[0] for row in rows} - known)
    if newer:
        return f"was written by a newer version of Offswitch ({newer[-1]}): update this one"
    return ""


def prepare(db: Database) -> None:
    """Bring the schema up to date, whole or not at all; opening twice at once is harmless."""
    if not migrations.pending(db):
        return
    db.conn.execute("BEGIN IMMEDIATE")  # who comes second waits here, and finds nothing pending
    with db.atomic():
        if migrations.pending(db):
            db.conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
            migrations.apply(db)
    db.conn.execute("COMMIT")
