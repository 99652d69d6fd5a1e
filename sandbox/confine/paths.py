"""Say what a held process may read: interpreter, libraries, our packages, and one agent's file.

Works for a system Python, venv, pyenv, uv and conda: whatever the interpreter says of itself.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
"""The folder that holds our packages."""

PACKAGES = ("sandbox", "tasks", "agents")
"""Our packages that an agent may read; never those of its overseers."""

SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
"""Where the dynamic linker looks."""

_FOR_OTHERS = stat.S_IROTH | stat.S_IXOTH


@cache
def interpreter() -> str:
    """Return the interpreter's real path: a venv's own is a link that may lead anywhere."""
    return str(Path(sys.executable).resolve())


@cache
def readable() -> tuple[str, ...]:
    """Return the folders that every agent may read, each as it is named and as it really is."""
    prefixes = {sys.base_prefix, sys.prefix, sys.base_exec_prefix, str(_home())}
    libraries = [Path(prefix) / name for prefix in sorted(prefixes) for name in ("lib", "lib64")]
    installed = [Path(one) for one in sys.path if one.endswith(("site-packages", "dist-packages"))]
    ours = [ROOT / name for name in PACKAGES]
    named = [one for one in [*map(Path, SYSTEM), *libraries, *installed, *ours] if one.exists()]
    return outermost(str(path) for one in named for path in (one.absolute(), one.resolve()))


def _home() -> Path:
    """Return the prefix that the interpreter finds by its real path."""
    return Path(interpreter()).parent.parent


def outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """Return `paths` without those that lie within another of them."""
    found: list[str] = []
    for path in sorted(set(paths)):
        if not any(path.startswith(f"{other}/") for other in found):
            found.append(path)
    return tuple(found)


def search_path() -> tuple[str, ...]:
    """Return where a held process looks for modules; ours come last, as for everybody."""
    path = [one for one in sys.path if one and Path(one).exists() and one != str(ROOT)]
    return (*path, str(ROOT))


def open_to_others(paths: Iterable[str]) -> bool:
    """Tell whether a user who is nobody in particular could read `paths`."""
    for path in map(Path, paths):
        wanted = _FOR_OTHERS if path.is_dir() else stat.S_IROTH
        if path.stat().st_mode & wanted != wanted:
            return False
        if any(not one.stat().st_mode & stat.S_IXOTH for one in path.parents):
            return False
    return True


def unprivileged(number: int) -> int:
    """Return a user id that belongs to nobody; systemd keeps this range for such uses."""
    return 61184 + (os.getpid() + number) % (65519 - 61184 + 1)
