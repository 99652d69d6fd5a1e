"""Say to SQLite which file to open, and leave none open that could not be made ready."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote


def place(path: Path, mode: str, vfs: str = "") -> str:
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
