"""Stand between SQLite and its files: `file:...?vfs=faulty` writes where `Injection` lets it.

It is SQLite's own file system of this machine with a few calls put in between. A file is the
file that SQLite's own layer opens; only pointers in its table of calls are ours.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import sqlite3
from collections.abc import Callable, Iterator
from ctypes import c_void_p
from pathlib import Path
from typing import Any, NamedTuple

from sandbox import sqlite_file
from tests.faults import library as sqlite
from tests.faults.injection import Call, Injection, Kind

NAME = "faulty"
WATCHED = sqlite.OPEN_MAIN_DB | sqlite.OPEN_MAIN_JOURNAL | sqlite.OPEN_WAL
FORMS = {
    "xClose": sqlite.XClose,
    "xWrite": sqlite.XWrite,
    "xTruncate": sqlite.XTruncate,
    "xSync": sqlite.XSync,
    "xLock": sqlite.XLock,
    "xShmMap": sqlite.XShmMap,
    "xShmLock": sqlite.XShmLock,
}


class Layer(NamedTuple):
    """Hold SQLite's own calls for one sort of file, and the table with ours among them."""

    own: dict[str, Any]
    mixed: sqlite.Methods


class Open(NamedTuple):
    """Hold one open file."""

    path: Path
    own: dict[str, Any]


class FaultyVfs:
    """Be registered with SQLite for as long as the program runs."""

    def __init__(self) -> None:
        """Put the file system in.

        Raises:
            UnreachableError: when this Python's SQLite cannot be reached.
        """
        self.injection = Injection()
        self._files: dict[int, Open] = {}
        self._folders: set[int] = set()
        self._layers: dict[int, Layer] = {}
        self._library = sqlite.library()
        self._own = self._library.sqlite3_vfs_find(None)
        self._ours: dict[str, Any] = {
            name: form(self._safe(getattr(self, name[1].lower() + name[2:])))
            for name, form in FORMS.items()
        }
        self._table = sqlite.Vfs()
        ctypes.pointer(self._table)[0] = self._own.contents
        self._table.zName = NAME.encode()
        self._calls = (
            sqlite.XOpen(self._safe(self.open)),
            sqlite.XDelete(self._safe(self.delete)),
            sqlite.XSleep(self.sleep),
        )
        for name, call in zip(("xOpen", "xDelete", "xSleep"), self._calls, strict=True):
            setattr(self._table, name, _address(call))
        self._really_open = sqlite.XOpen(self._own.contents.xOpen)
        self._really_delete = sqlite.XDelete(self._own.contents.xDelete)
        self._library.sqlite3_vfs_register(ctypes.byref(self._table), 0)
        try:
            sqlite3.connect(f"file:none?mode=memory&vfs={NAME}", uri=True).close()
        except sqlite3.OperationalError as error:
            raise sqlite.UnreachableError(f"another SQLite was reached: {error}") from error

    @property
    def open_files(self) -> int:
        """Return how many files are open."""
        return len(self._files)

    def _safe(self, call: Callable[..., int]) -> Callable[..., int]:
        """Keep an exception of ours from being lost: to SQLite the call failed."""

        def guarded(*arguments: Any) -> int:
            try:
                return call(*arguments)
            except BaseException as error:  # noqa: BLE001 (C cannot take it)
                self.injection.problems.append(error)
                return 1

        return guarded

    def _struck(self, call: Call) -> tuple[Kind | None, int]:
        kind = self.injection.next(call)
        return kind, 0 if kind is None else self.injection.code(kind, call)

    def open(self, vfs: int, name: int, file: int, flags: int, out: int) -> int:
        """Open a file, and put our calls into its table."""
        c_void_p.from_address(file).value = None
        if not (name and flags & WATCHED):
            return int(self._really_open(vfs, name, file, flags, out))
        path = Path(ctypes.string_at(name).decode())
        if flags & sqlite.OPEN_CREATE:
            kind, code = self._struck(Call.OPEN)
            if kind:
                return code
        self.injection.disk.open(path)
        code = int(self._really_open(vfs, name, file, flags, out))
        table = c_void_p.from_address(file)
        if code == sqlite.OK and table.value:
            layer = self._layer(table.value)
            self._files[file] = Open(path, layer.own)
            if flags & sqlite.OPEN_CREATE and not flags & sqlite.OPEN_MAIN_DB:
                self._folders.add(file)  # the first sync of a log syncs the folder as well
            table.value = ctypes.addressof(layer.mixed)
        return code

    def _layer(self, address: int) -> Layer:
        """Return the table of calls with ours among them."""
        if address not in self._layers:
            own = sqlite.Methods.from_address(address)
            mixed = sqlite.Methods()
            ctypes.pointer(mixed)[0] = own
            found = {}
            for name, form in FORMS.items():
                if there := getattr(own, name):
                    found[name] = form(there)
                    setattr(mixed, name, _address(self._ours[name]))
            self._layers[address] = Layer(found, mixed)
        return self._layers[address]

    def close(self, file: int) -> int:
        """Close a file."""
        self._folders.discard(file)
        return int(self._files.pop(file).own["xClose"](file))

    def write(self, file: int, content: int, length: int, at: int) -> int:
        """Write all, a part or nothing."""
        kind, code = self._struck(Call.WRITE)
        one, disk = self._files[file], self.injection.disk
        written = length
        if kind is Kind.SHORT:
            written = self.injection.chance.randrange(length)
        elif kind is not None:
            written = 0
            if kind is Kind.POWER:  # it was on its way to the disk when the power went
                disk.changed(one.path, (at, ctypes.string_at(content, length)))
        if written:
            done = int(one.own["xWrite"](file, content, written, at))
            if done != sqlite.OK:
                return done
            disk.changed(one.path, (at, ctypes.string_at(content, written)))
        return code

    def truncate(self, file: int, size: int) -> int:
        """Cut a file off."""
        kind, code = self._struck(Call.TRUNCATE)
        one = self._files[file]
        if kind is None:
            code = int(one.own["xTruncate"](file, size))
            self.injection.disk.changed(one.path, (size, None))
        return code

    def sync(self, file: int, flags: int) -> int:
        """Bring a file to the disk. Nothing is really synced: the disk is ours to cut off."""
        kind, code = self._struck(Call.SYNC)
        one = self._files[file]
        if kind is None:
            self.injection.disk.sync(one.path, folder=file in self._folders)
            self._folders.discard(file)
        elif kind is Kind.EIO:
            self.injection.disk.sync_failed(one.path)
        return code

    def lock(self, file: int, level: int) -> int:
        """Lock a file."""
        kind, code = self._struck(Call.LOCK)
        return code if kind else int(self._files[file].own["xLock"](file, level))

    def shmMap(self, file: int, region: int, size: int, extend: int, out: int) -> int:  # noqa: N802
        """Map the index of the write-ahead log."""
        if extend:
            kind, code = self._struck(Call.SHM_MAP)
            if kind:
                c_void_p.from_address(out).value = None
                return code
        return int(self._files[file].own["xShmMap"](file, region, size, extend, out))

    def shmLock(self, file: int, first: int, count: int, flags: int) -> int:  # noqa: N802
        """Lock a part of that index; what is unlocked is always unlocked."""
        if flags & sqlite.SHM_LOCK:
            kind, code = self._struck(Call.SHM_LOCK)
            if kind:
                return code
        return int(self._files[file].own["xShmLock"](file, first, count, flags))

    def delete(self, vfs: int, name: bytes, synced: int) -> int:
        """Take a file away."""
        kind, code = self._struck(Call.DELETE)
        if kind is None:
            code = int(self._really_delete(vfs, name, synced))
            self.injection.disk.delete(Path(name.decode()), synced=bool(synced))
        return code

    def sleep(self, vfs: int, microseconds: int) -> int:
        """Do not wait, and say how long was waited."""
        self.injection.slept += microseconds
        return microseconds


def _address(call: Any) -> int | None:
    return ctypes.cast(call, c_void_p).value


@functools.cache
def faulty() -> FaultyVfs:
    """Return the one file system of this program.

    Raises:
        UnreachableError: when this Python's SQLite cannot be reached.
    """
    return FaultyVfs()


@contextlib.contextmanager
def _watching_rewrites(injection: Injection) -> Iterator[None]:
    """Let `injection` decide about the one write to SQLite's files that SQLite does not do."""
    own = sqlite_file.rewrite

    def rewrite(path: Path) -> None:
        if path not in injection.disk.files:  # another file system's
            own(path)
            return
        content = path.read_bytes()
        if kind := injection.next(Call.WRITE):
            written = injection.chance.randrange(len(content)) if kind is Kind.SHORT else 0
            written = len(content) if kind is Kind.POWER else written
            injection.disk.changed(path, (0, content[:written]))
            raise OSError(errno.ENOSPC if kind is Kind.FULL else errno.EIO, "Input/output error")
        own(path)
        injection.disk.changed(path, (0, content))
        if kind := injection.next(Call.SYNC):
            if kind is Kind.EIO:
                injection.disk.sync_failed(path)
            raise OSError(errno.EIO, "Input/output error")
        injection.disk.sync(path, folder=False)

    sqlite_file.rewrite = rewrite
    try:
        yield
    finally:
        sqlite_file.rewrite = own


@contextlib.contextmanager
def injected(injection: Injection) -> Iterator[Injection]:
    """Let `injection` decide about every file of `vfs=faulty` that is opened within.

    Raises:
        RuntimeError: when a file is open before or after, or the file system itself broke.
    """
    vfs = faulty()
    if vfs.open_files:
        raise RuntimeError(f"{vfs.open_files} files are open already")
    vfs.injection = injection
    with _watching_rewrites(injection):
        yield injection
    left, vfs.injection = vfs.open_files, Injection()
    if injection.problems:
        raise RuntimeError("the faulty file system broke") from injection.problems[0]
    if left:
        raise RuntimeError(f"{left} files were left open")
