"""Hold the sizes and names that CONTRIBUTING.md promises."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sandbox", "tasks", "agents", "oversight")
SOURCE = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]
FILES = [*SOURCE, *sorted((ROOT / "tests").rglob("*.py"))]
BANNED = {"guardrail", "smart", "manager", "handler", "utils", "data", "process"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> list[Function]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def length(node: Function) -> int:
    """Return the lines of a function's body, its docstring apart."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    if not body:
        return 0
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_over_four_hundred_lines(path: Path) -> None:
    limit = 400 if path in SOURCE else 500
    assert len(path.read_text().splitlines()) <= limit


def test_functions_are_short() -> None:
    lengths = [length(node) for path in SOURCE for node in functions(path)]
    assert max(lengths) <= 60
    assert sum(one <= 30 for one in lengths) / len(lengths) >= 0.97


@pytest.mark.parametrize("path", SOURCE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_says_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text())
    names = {path.stem} | {
        node.name.lower() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    }
    assert not names & BANNED
