"""Open a SQLite file, and leave nothing behind: no lock, and no hole that a failed sync made."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

_PIECE = 1 << 20

PAUSE = 0.01
"""Seconds between two attempts at what SQLite waits for nobody in."""


def uri_of(path: Path, mode: str, vfs: str = "") -> str:
    """Return the URI of a file; `vfs` names the file system to go through, empty for SQLite's own.

    `mode` is `ro`, `rw` or `rwc`. A path may hold any character.
    """
    return f"file:{quote(str(path))}?mode={mode}" + (f"&vfs={vfs}" if vfs else "")


@contextmanager
def or_closed(connection: sqlite3.Connection) -> Iterator[None]:
    """Close `connection` when what is done within fails: its locks go with it."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def write_ahead(connection: sqlite3.Connection, busy: float) -> None:
    """Have SQLite write ahead into a log of its own (WAL), trying for `busy` seconds.

    SQLite itself does not wait here, when many open a file for the first time.

    Raises:
        sqlite3.OperationalError: when another program holds the file all the time.
    """
    until = time.monotonic() + busy
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= until:
                raise
            time.sleep(PAUSE)
        else:
            return


def write_again(connection: sqlite3.Connection, path: Path) -> None:
    """Write what stands in SQLite's own log of `path` once more, before anything comes after it.

    After a sync that failed, the system shows what it did not write as if it were written. Who
    opens the file next reads it and goes on after it; the next power cut leaves a hole there, and
    takes all that came after. The bytes stay the same: who reads them meanwhile is not disturbed.
    Source: Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020.

    Raises:
        OSError: when it cannot be written.
        sqlite3.DatabaseError: when the file cannot be read.
    """
    whole = path.resolve()
    log = whole.with_name(f"{whole.name}-wal")
    if not log.exists() or not log.stat().st_size:
        return
    try:
        connection.execute("BEGIN IMMEDIATE")  # nobody else appends meanwhile
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return  # who writes now has opened it before, and has done this
        raise
    try:
        rewrite(log)
    finally:
        connection.execute("ROLLBACK")


def rewrite(path: Path) -> None:
    """Write a file's own bytes over themselves, and sync it.

    Raises:
        OSError: when it cannot be written.
    """
    with path.open("r+b") as file:
        at = 0
        while piece := file.read(_PIECE):
            file.seek(at)
            file.write(piece)
            at += len(piece)
        file.flush()
        os.fsync(file.fileno())
