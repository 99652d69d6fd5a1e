"""Tell whether a task is still the task that an episode was run in: a digest of all that makes it.

It covers the files of the task: its module, what that imports of our tasks, and the data beside
them. What the sandbox does is covered otherwise: a resumed or replayed run compares every state.
"""

from __future__ import annotations

import ast
import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from sandbox.plugin import file_of
from tasks.registry import names

ROOT = "tasks"
COMMON = Path(__file__).resolve().parent
CODE = (".py", ".pyc", ".pyi")


@lru_cache(maxsize=256)
def task_digest(name: str) -> str:
    """Return the SHA-256 of what makes the task `name` (or `file.py:Name`), 64 characters.

    A task that is installed by others is covered by its own module and what that imports of ours.
    """
    own = file_of(name)
    where = names().get(name, name).partition(":")[0]
    start = Path(own).resolve() if own else _source(where)
    files = _reachable(start) if start else set()
    data = {path for folder in {one.parent for one in files} for path in _data(folder, name)}
    total = hashlib.sha256()
    for path in sorted(files | data):
        total.update(path.name.encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _data(folder: Path, name: str) -> list[Path]:
    """Return the files of data in a folder that one task has for itself."""
    if folder.name != name or not folder.is_relative_to(COMMON):
        return []
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix not in CODE]


def _source(module: str) -> Path | None:
    found = find_spec(module)
    return Path(found.origin) if found and found.origin else None


def _reachable(start: Path) -> set[Path]:
    """Return `start` and the files of our tasks that it imports, at whatever depth."""
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting += [one for one in map(_source, _imports(path)) if one]
    return found


def _imports(path: Path) -> list[str]:
    """Return the modules of our tasks that a file imports anywhere in it."""
    modules: list[str] = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            modules += [one.name for one in node.names if one.name.startswith(f"{ROOT}.")]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == ROOT:
            named = [f"{node.module}.{one.name}" for one in node.names]
            modules += [str(node.module), *(one for one in named if _is_module(one))]
    return modules


def _is_module(name: str) -> bool:
    path = COMMON.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()
