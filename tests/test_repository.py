"""Hold what the documents say against what is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from oversight.cli import COMMANDS
from tests.test_size_limits import ROOT

TEST = (
    "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e '.[dev]' "
    "&& .venv/bin/pytest"
)


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return listed.stdout.split()


def test_the_readmes_test_command_is_the_one_that_ci_runs() -> None:
    assert TEST in (ROOT / "README.md").read_text()
    assert TEST in (ROOT / ".ci" / "run").read_text()


def test_every_command_stands_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    missing = [name for name in COMMANDS if f"offswitch {name}" not in text]
    assert missing == []


def test_no_tracked_text_names_a_package_index_or_a_path_of_this_machine() -> None:
    folders = {ROOT.parent, Path.home()} - {Path("/")}
    here = [re.escape(f"{folder}/") + r"\w" for folder in folders]
    pattern = re.compile("|".join([*here, r"(extra-)?index-url", r"resolved\W+https?:"]))
    for name in tracked():
        path = ROOT / name
        if path.suffix in {".npz", ".svg", ".gz"} or name == "tests/test_repository.py":
            continue
        if path.exists():
            assert not pattern.search(path.read_text(encoding="utf-8")), name


def test_the_changelog_has_an_unreleased_part() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text()
