"""Reach the very SQLite library that `sqlite3` runs on, and put a file system of ours into it.

Only the shapes of SQLite's C interface stand here (sqlite3.h: `sqlite3_vfs`, `sqlite3_io_methods`).
"""

from __future__ import annotations

import ctypes
import sqlite3
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any

OK, BUSY, FULL, CANTOPEN = 0, 5, 13, 14
IOERR_READ = 10 | 1 << 8
IOERR_WRITE = 10 | 3 << 8
IOERR_FSYNC = 10 | 4 << 8
IOERR_TRUNCATE = 10 | 6 << 8
IOERR_DELETE = 10 | 10 << 8
IOERR_LOCK = 10 | 15 << 8
IOERR_SHMSIZE = 10 | 19 << 8
IOERR_SHMLOCK = 10 | 20 << 8

OPEN_CREATE = 0x4
OPEN_MAIN_DB = 0x100
OPEN_MAIN_JOURNAL = 0x800
OPEN_WAL = 0x80000
SHM_LOCK, SHM_EXCLUSIVE = 2, 8

File = c_void_p
XWrite = CFUNCTYPE(c_int, File, c_void_p, c_int, c_int64)
XTruncate = CFUNCTYPE(c_int, File, c_int64)
XSync = CFUNCTYPE(c_int, File, c_int)
XLock = CFUNCTYPE(c_int, File, c_int)
XClose = CFUNCTYPE(c_int, File)
XShmMap = CFUNCTYPE(c_int, File, c_int, c_int, c_int, c_void_p)
XShmLock = CFUNCTYPE(c_int, File, c_int, c_int, c_int)


class Methods(ctypes.Structure):
    """Stand for `sqlite3_io_methods`, version 3; what is not met with stays a bare pointer."""

    _fields_ = [
        ("iVersion", c_int),
        ("xClose", c_void_p),
        ("xRead", c_void_p),
        ("xWrite", c_void_p),
        ("xTruncate", c_void_p),
        ("xSync", c_void_p),
        ("xFileSize", c_void_p),
        ("xLock", c_void_p),
        ("xUnlock", c_void_p),
        ("xCheckReservedLock", c_void_p),
        ("xFileControl", c_void_p),
        ("xSectorSize", c_void_p),
        ("xDeviceCharacteristics", c_void_p),
        ("xShmMap", c_void_p),
        ("xShmLock", c_void_p),
        ("xShmBarrier", c_void_p),
        ("xShmUnmap", c_void_p),
        ("xFetch", c_void_p),
        ("xUnfetch", c_void_p),
    ]


class Vfs(ctypes.Structure):
    """Stand for `sqlite3_vfs`, version 3."""

    _fields_ = [
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", c_void_p),
        ("xDelete", c_void_p),
        ("xAccess", c_void_p),
        ("xFullPathname", c_void_p),
        ("xDlOpen", c_void_p),
        ("xDlError", c_void_p),
        ("xDlSym", c_void_p),
        ("xDlClose", c_void_p),
        ("xRandomness", c_void_p),
        ("xSleep", c_void_p),
        ("xCurrentTime", c_void_p),
        ("xGetLastError", c_void_p),
        ("xCurrentTimeInt64", c_void_p),
        ("xSetSystemCall", c_void_p),
        ("xGetSystemCall", c_void_p),
        ("xNextSystemCall", c_void_p),
    ]


# The file's name goes through as the pointer it is: SQLite keeps the URI's parameters behind it.
XOpen = CFUNCTYPE(c_int, c_void_p, c_void_p, File, c_int, c_void_p)
XDelete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
XSleep = CFUNCTYPE(c_int, c_void_p, c_int)


class UnreachableError(RuntimeError):
    """Say why no file system can be put into the SQLite library of this Python."""


def library() -> Any:
    """Return the SQLite library that `sqlite3` has loaded.

    Raises:
        UnreachableError: when it is built into Python itself and shows no symbols.
    """
    sqlite3.connect(":memory:").close()
    maps = Path("/proc/self/maps")
    lines = maps.read_text().splitlines() if maps.exists() else []
    loaded = {line.split(None, 5)[5] for line in lines if line.count("/")}
    named = sorted((one for one in loaded if "sqlite3" in Path(one).name), key=len)
    for path in (*named, None):  # None: the program itself, where it was linked into that
        found = ctypes.CDLL(path)
        if hasattr(found, "sqlite3_vfs_find") and hasattr(found, "sqlite3_vfs_register"):
            found.sqlite3_vfs_find.restype = POINTER(Vfs)
            found.sqlite3_vfs_find.argtypes = [c_char_p]
            found.sqlite3_vfs_register.argtypes = [POINTER(Vfs), c_int]
            found.sqlite3_libversion.restype = c_char_p
            if found.sqlite3_libversion().decode() == sqlite3.sqlite_version:
                return found
    raise UnreachableError("the SQLite of this Python shows no symbols: it is built in")
