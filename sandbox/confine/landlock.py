"""Take every path, port and signal from this process but a few folders to read.

Source: landlock(7); linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_O_PATH = 0o10000000
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All rights on files that an ABI knows; between the named ones, those of the lower."""


def abi() -> int:
    """Return the version of Landlock that the kernel has; 0 when it has none."""
    return max(0, int(ctypes.CDLL(None).syscall(_CREATE, None, 0, _VERSION)))


def restrict(readable: Sequence[str]) -> None:
    """Leave only `readable` folders and files, to read.

    Raises:
        OSError: when the kernel has no Landlock, or refuses.
    """
    version = abi()
    if version < 1:
        raise OSError(0, "the kernel has no Landlock")
    files = max(rights for known, rights in _FILES.items() if known <= version)
    net = 0b11 if version >= 4 else 0  # noqa: PLR2004 (bind and connect, from the fourth ABI on)
    scoped = 0b11 if version >= 6 else 0  # noqa: PLR2004 (abstract sockets and signals, the sixth)
    size = 24 if scoped else 16 if net else 8
    attributes = struct.pack("=QQQ", files, net, scoped)[:size]
    libc = ctypes.CDLL(None, use_errno=True)
    ruleset = _checked(libc.syscall(_CREATE, attributes, size, 0))
    for path in readable:
        _allow(libc, ruleset, path, files)
    _checked(libc.prctl(38, 1, 0, 0, 0))
    _checked(libc.syscall(_RESTRICT, ruleset, 0))
    os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, files: int) -> None:
    """Let a folder, or a file, be read."""
    descriptor = os.open(path, _O_PATH | os.O_CLOEXEC)
    rights = _READ_FILE | _EXECUTE | (_READ_DIR if os.path.isdir(path) else 0)  # noqa: PTH112 (this runs before pathlib is wanted)
    rule = struct.pack("=Qi", rights & files, descriptor)
    _checked(libc.syscall(_ADD, ruleset, _PATH_BENEATH, rule, 0))
    os.close(descriptor)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
