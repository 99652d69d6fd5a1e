"""Keep the rows of an experiment on disk: one SQLite file, one writer, no row twice.

A row stands as its canonical JSON, under its cell and seed, of which its key is the hash. What
depends on the day (when it began, how long a row took) stands beside the rows and never in them.
The view `results` has a column for every measure, for those who read the file with other tools.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, NamedTuple, Self

from sqlite_utils import Database

from oversight.experiment.row import FORMAT, MEASURES, Cell, Row
from sandbox.database import said
from sandbox.errors import InputError, StoreError

APPLICATION_ID = 0x0FF5317D
"""Marks a SQLite file as results of ours."""

NO_SEED = -1
"""Stands for the seed of an exact row: no part of a primary key may be missing."""
NAMES = tuple(one.name for one in fields(Cell))
TOLD = ("method", *MEASURES)
"""What of a row's content has a column in the view."""
try:
    VERSION = version("offswitch")
except PackageNotFoundError:
    VERSION = "unknown"
HINTS = {
    "locked": "another program holds it; close that and run again",
    "readonly": "it is read-only; name another folder with --results DIR",
    "unable to open": "it cannot be opened; name another folder with --results DIR",
    "full": "the disk is full: free some room and run again; the finished rows are kept",
    "disk I/O": "the disk failed or is full: run again; the finished rows are kept",
    "not a database": "it is no results file of Offswitch; nothing was changed",
    "malformed": "it is damaged; nothing was changed",
}

SCHEMA = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cells (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
    {", ".join(f"{name} TEXT NOT NULL" for name in NAMES)});
CREATE TABLE rows (cell INTEGER NOT NULL REFERENCES cells (id), seed INTEGER NOT NULL,
    content TEXT NOT NULL, seconds REAL NOT NULL, episode TEXT NOT NULL,
    PRIMARY KEY (cell, seed)) WITHOUT ROWID;
CREATE VIEW results AS SELECT {", ".join(f"cells.{name}" for name in NAMES)},
    nullif(rows.seed, {NO_SEED}) AS seed,
    {", ".join(f"json_extract(rows.content, '$.{name}') AS {name}" for name in TOLD)},
    rows.content, rows.seconds, rows.episode FROM rows JOIN cells ON cells.id = rows.cell;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
"""  # noqa: S608 (constants)


KEPT = "a.seed, a.content, a.seconds, a.episode"
SHARED = "other.rows a JOIN other.cells o ON o.id = a.cell JOIN main.cells c ON c.key = o.key"
"""The rows of another file, and their cells in this one."""


class Kept(NamedTuple):
    """Hold a row as it is kept.

    Attributes:
        seed: of the episode; None where the row is exact.
        content: canonical JSON of the row.
        episode: its id in the log; empty where it was not logged.
    """

    seed: int | None
    content: str
    episode: str = ""

    @property
    def place(self) -> int:
        """Return what stands for its seed in the file."""
        return NO_SEED if self.seed is None else self.seed


class Results:
    """Open a results file; one writer at a time, any number of readers."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        """Open `path`, creating it unless `readonly`.

        Raises:
            InputError: if there is no such file to read.
            StoreError: if it is not ours, of another format, or written by another run just now.
        """
        self.path = path
        self._lock: IO[bytes] | None = None
        if readonly and not path.is_file():
            raise InputError(f"{path}: there are no results; `offswitch experiment` writes them")
        with said(path, HINTS):
            if not readonly:
                self._lock = _locked(path)
            self.db = _opened(path, readonly=readonly)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file, and let others write it."""
        with said(self.path, HINTS):
            self.db.conn.close()
        if self._lock is not None:
            self._lock.close()

    def note(self, notes: Mapping[str, str]) -> None:
        """Write what is to be known of the rows; what was written once about a start stays."""
        with said(self.path, HINTS), self.db.atomic():
            self.db.conn.execute(
                "INSERT OR IGNORE INTO meta VALUES ('started', ?)", (f"{time.time():.3f}",)
            )
            self.db.conn.executemany(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                list(notes.items()),
            )

    def notes(self) -> dict[str, str]:
        """Return what is to be known of the rows."""
        with said(self.path, HINTS):
            return dict(self.db.conn.execute("SELECT name, value FROM meta"))

    def seeds_of(self, cell: Cell) -> tuple[bool, array[int]]:
        """Return whether a cell has its exact row, and the seeds it has rows of, ascending."""
        with said(self.path, HINTS):
            found = self.db.conn.execute(
                "SELECT seed FROM rows WHERE cell = (SELECT id FROM cells WHERE key = ?)"
                " ORDER BY seed",
                (cell.key(None),),
            )
            first = next(found, None)
            exact = first == (NO_SEED,)
            sampled = [] if first is None or exact else [first[0]]
            seeds = array("q", sampled)
            seeds.extend(seed for (seed,) in found)
        return exact, seeds

    def add(self, cell: Cell, rows: Sequence[Kept], seconds: float) -> None:
        """Write rows of one cell, each having taken so many seconds; they are kept on return.

        Raises:
            StoreError: if a row has the key of another with different content, or the disk is
                full; none of `rows` is then written.
        """
        with said(self.path, HINTS), self.db.atomic():
            number = self._cell(cell)
            before = self.db.conn.total_changes
            self.db.conn.executemany(
                "INSERT OR IGNORE INTO rows VALUES (?, ?, ?, ?, ?)",
                [(number, row.place, row.content, seconds, row.episode) for row in rows],
            )
            if self.db.conn.total_changes - before < len(rows):
                self._compare(number, rows)

    def _cell(self, cell: Cell) -> int:
        key = cell.key(None)
        marks = ", ".join("?" * (len(NAMES) + 1))
        self.db.conn.execute(
            f"INSERT OR IGNORE INTO cells (key, {', '.join(NAMES)}) VALUES ({marks})",  # noqa: S608 (constants)
            (key, *asdict(cell).values()),
        )
        found = self.db.conn.execute("SELECT id FROM cells WHERE key = ?", (key,)).fetchone()
        return int(found[0])

    def _compare(self, cell: int, rows: Iterable[Kept]) -> None:
        """Refuse rows whose key is there with another content."""
        for row in rows:
            kept = self.db.conn.execute(
                "SELECT content FROM rows WHERE cell = ? AND seed = ?", (cell, row.place)
            )
            if kept.fetchone() != (row.content,):
                raise StoreError(f"{self.path}: {_two(row.content)}")

    def rows(
        self, cells: Iterable[Cell] | None = None, seeds: Sequence[int] | None = None
    ) -> Iterator[Row]:
        """Yield the rows of these cells in their order, each cell's by seed; by default all."""
        wanted = seeds if seeds is None or isinstance(seeds, range) else frozenset(seeds)
        cells = self.cells() if cells is None else cells
        for cell in cells:
            with said(self.path, HINTS):
                found = self.db.conn.execute(
                    "SELECT seed, content, episode FROM rows"
                    " WHERE cell = (SELECT id FROM cells WHERE key = ?) ORDER BY seed",
                    (cell.key(None),),
                )
                for seed, content, episode in found:
                    if seed == NO_SEED or wanted is None or seed in wanted:
                        row: Row = json.loads(content)
                        yield {**row, "episode": episode} if episode else row

    def cells(self) -> list[Cell]:
        """Return the cells that have rows, in the order of their names."""
        names = ", ".join(NAMES)
        with said(self.path, HINTS):
            found = self.db.conn.execute(f"SELECT {names} FROM cells ORDER BY {names}")  # noqa: S608 (constants)
            return [Cell(*one) for one in found]

    def __len__(self) -> int:
        """Return the number of rows."""
        with said(self.path, HINTS):
            return int(self.db.conn.execute("SELECT count(*) FROM rows").fetchone()[0])

    def take(self, other: Path) -> int:
        """Take over the rows of another results file, all or none; return how many were new.

        Raises:
            StoreError: if it has a key of ours with different content.
        """
        before = len(self)
        with said(other, HINTS):
            self.db.conn.execute("ATTACH ? AS other", (str(other),))
            try:
                with self.db.atomic():
                    self._take(other)
            finally:
                self.db.conn.execute("DETACH other")
        return len(self) - before

    def _take(self, other: Path) -> None:
        names = ", ".join(NAMES)
        both = self.db.conn.execute(
            f"SELECT a.content FROM {SHARED}"  # noqa: S608 (constants)
            " JOIN main.rows b ON b.cell = c.id AND b.seed = a.seed"
            " WHERE a.content <> b.content LIMIT 1"
        ).fetchone()
        if both:
            raise StoreError(f"{other} and {self.path}: {_two(*both)}")
        self.db.conn.execute("INSERT OR IGNORE INTO main.meta SELECT * FROM other.meta")
        self.db.conn.execute(
            f"INSERT OR IGNORE INTO main.cells (key, {names}) SELECT key, {names} FROM other.cells"  # noqa: S608 (constants)
        )
        self.db.conn.execute(
            f"INSERT OR IGNORE INTO main.rows SELECT c.id, {KEPT} FROM {SHARED}"  # noqa: S608 (constants)
        )


class Stored:
    """Go through the rows of a results file, as often as one likes, and none of them in memory."""

    def __init__(self, path: Path, cells: Sequence[Cell], seeds: Sequence[int]) -> None:
        """Be ready to read."""
        self._path, self._cells, self._seeds = path, cells, seeds

    def __iter__(self) -> Iterator[Row]:
        """Yield them by cell, then by seed."""
        with Results(self._path, readonly=True) as results:
            yield from results.rows(self._cells, self._seeds)


def merged(into: Path, others: Sequence[Path]) -> list[int]:
    """Put the rows of several files into one, made if it is new; return each one's new rows.

    Raises:
        InputError: if a file is not there, or is to be merged into itself.
        StoreError: if one is not ours, of another format, or contradicts another.
    """
    for other in others:
        Results(other, readonly=True).close()
        if into.exists() and into.samefile(other):
            raise InputError(f"{into}: it cannot be merged into itself")
    with Results(into) as results:
        return [results.take(other) for other in others]


def _two(content: str) -> str:
    """Say that there are two rows of one key, and of what."""
    row = json.loads(content)
    names = ", ".join(f"{name} {row[name]}" for name in (*NAMES[:-1], "seed"))
    return (
        f"two rows of the same key with different content: {row['key'][:12]} ({names}); "
        "what made them has changed: give the experiment another name"
    )


def _locked(path: Path) -> IO[bytes]:
    """Hold a file beside the results while they are written; it lapses with the program."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f".{path.name}.lock").open("ab")
    except OSError as error:
        words = f"{path}: cannot be written: {error.strerror}; name another folder with --results"
        raise StoreError(words) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StoreError(f"{path}: another run is writing it; wait for that, or stop it") from error
    return lock


def _opened(path: Path, *, readonly: bool) -> Database:
    """Open the file, make it if it is new, and refuse one that is not ours or of another format."""
    uri = f"{path.absolute().as_uri()}?mode={'ro' if readonly else 'rwc'}"
    connection = sqlite3.connect(uri, uri=True, timeout=10.0)
    try:
        filled = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not filled and not readonly:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(f"BEGIN; {SCHEMA} COMMIT;")
        _ours_or_not(connection, path)
        connection.execute("PRAGMA synchronous=NORMAL")
    except BaseException:
        connection.close()
        raise
    return Database(connection)


def _ours_or_not(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is not ours, or of another format."""
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    if found != APPLICATION_ID:
        raise StoreError(f"{path}: is a database, but no results of Offswitch")
    form = connection.execute("PRAGMA user_version").fetchone()[0]
    if form != FORMAT:
        raise StoreError(
            f"{path}: its rows are of format {form}, and this version's of {FORMAT}; "
            "give the experiment another name, or another folder with --results DIR"
        )
