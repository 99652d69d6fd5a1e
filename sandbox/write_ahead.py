"""Have SQLite write ahead into a log of its own, also when many open a file for the first time."""

from __future__ import annotations

import sqlite3
import time

PAUSE = 0.01
"""Seconds between two attempts."""


def write_ahead(connection: sqlite3.Connection, busy: float) -> None:
    """Switch the file to WAL, trying for `busy` seconds; SQLite itself waits for nobody here.

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
