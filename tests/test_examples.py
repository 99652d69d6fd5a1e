"""Run every example as a reader would, from another folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[1] / "examples"
SAYS = {
    "compare_two_designs": "complies with 100% of the stops (exact)",
    "sweep_beta": "should stop paying at beta = 0.500",
    "own_design": "own_design.py:Thrift:price=0.2",
    "own_agent": "reward  50.0  performance  100.0",
    "instrumental_convergence": "disables the off-switch",
    "read_results": "button_detour",
}
LINES = 30
"""Of code, at most, that an example has."""


def test_every_example_is_run_here() -> None:
    assert {path.stem for path in HOME.glob("*.py")} == set(SAYS)


@pytest.mark.parametrize("name", SAYS)
def test_an_example_is_short_and_says_how_it_is_run(name: str) -> None:
    text = (HOME / f"{name}.py").read_text()
    _, words, code = text.split('"""', 2)
    assert f"python examples/{name}.py" in words
    assert len([line for line in code.splitlines() if line.strip()]) <= LINES


@pytest.mark.parametrize("name", SAYS)
def test_an_example_runs_and_comes_to_what_it_shows(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(HOME / f"{name}.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert SAYS[name] in done.stdout
