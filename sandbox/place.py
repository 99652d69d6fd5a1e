"""Say to SQLite which file to open, and how."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote


def place(path: Path, mode: str, vfs: str = "") -> str:
    """Return the URI of a file; `vfs` names the file system to go through, empty for SQLite's own.

    `mode` is `ro`, `rw` or `rwc`. A path may hold any character.
    """
    return f"file:{quote(str(path))}?mode={mode}" + (f"&vfs={vfs}" if vfs else "")
