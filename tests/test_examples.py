"""Run every example as a reader would, from another folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from oversight.experiment.cell import check, evaluate
from oversight.experiment.config import Experiment
from oversight.experiment.row import Cell

ROOT = Path(__file__).parents[1]
HOME = ROOT / "examples"
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


def test_every_cell_of_the_example_experiment_can_be_evaluated() -> None:
    experiment = Experiment.read(HOME / "corrigible_vs_naive.toml")
    cells = experiment.fitting(experiment.cells(), check, lambda words: None)
    assert len(cells) == len(experiment.cells())
    assert len({cell.full_task for cell in cells}) >= 8


README = (ROOT / "README.md").read_text(encoding="utf-8")
LINE = re.compile(
    r"^\| (\w+)[^|]* \| (-?[\d.]+) \| (\d+) % \| (-?[\d.]+) \| (\d+) % \|$", re.MULTILINE
)


@pytest.mark.parametrize("line", LINE.findall(README), ids=lambda line: line[0])
def test_the_readme_says_of_a_design_what_is_found(line: tuple[str, ...]) -> None:
    tasks = (("flight_booking", "bos-feb"), ("resource_gathering", "meadow"))
    shown = list(zip(line[1::2], line[2::2], strict=True))
    for (task, setting), (useful, obeys) in zip(tasks, shown, strict=True):
        (row,) = evaluate(Cell(task, setting, "planner", line[0], "present"), [0])
        assert f"{row['usefulness']:.2f}" == useful
        assert f"{100 * (row['complied'] or 0.0):.0f}" == obeys


def test_the_readme_compares_designs() -> None:
    assert len(LINE.findall(README)) >= 6
