from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from oversight import cli
from oversight.experiment.results import Results
from oversight.experiment.unit import Evaluation
from sandbox.errors import InputError
from tests.oversight.experiment import fakes
from tests.test_size_limits import ROOT

PLAN = """
name = "sweep"
tasks = ["boat_race"]
designs = ["naive", "satisficer"]
seeds = 60
"""
FAKES = [sys.executable, "-m", "tests.oversight.experiment.fakes"]


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "sweep.toml"
    path.write_text(PLAN)
    return path


@contextmanager
def running(evaluate: str, plan: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command as a terminal would: as the head of a group of processes of its own."""
    folder = plan.parent
    with subprocess.Popen(
        [*FAKES, evaluate, "experiment", str(plan), "--results", str(folder), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, fakes.SIDE: str(folder)},
        start_new_session=True,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def until(true: Callable[[], bool]) -> None:
    """Wait for what other processes do; there is no clock to advance."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def evaluated(folder: Path) -> Counter[str]:
    path = folder / "evaluated"
    return Counter(path.read_text().split()) if path.exists() else Counter()


def on_disk(folder: Path) -> set[str]:
    if not (folder / "sweep.db").exists():
        return set()
    with Results(folder / "sweep.db", readonly=True) as results:
        return {row["key"] for row in results.rows()}


def group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_goes_on_where_it_was_and_repeats_no_row(
    plan: Path, number: signal.Signals
) -> None:
    folder = plan.parent
    with running("slow", plan, "--workers", "2") as program:
        until(lambda: evaluated(folder).total() > 30)
        if number is signal.SIGKILL:
            program.kill()
        else:
            os.killpg(program.pid, number)  # as Ctrl-C does: to the workers too
        out, said = program.communicate(timeout=30)
        until(lambda: group_is_gone(program.pid))
    if number is signal.SIGINT:
        assert program.returncode == 3
        assert out == ""
        begun, stopped = said.splitlines()
        assert begun == "sweep: 2 cells; 120 episodes without a row yet"
        assert stopped.startswith("offswitch: stopped by Ctrl-C: the finished rows are kept; the ")
    finished = on_disk(folder)
    assert 0 < len(finished) < 120
    (folder / "evaluated").unlink()
    with running("counted", plan, "--workers", "1", "--json") as program:
        out, _ = program.communicate(timeout=30)
    assert program.returncode == 0
    rows = json.loads(out)
    assert len(rows) == 120 == len({row["key"] for row in rows})
    again = evaluated(folder)
    assert not finished & again.keys()
    assert again.total() == 120 - len(finished)


def options(*arguments: object, evaluation: Evaluation = fakes.STEADY) -> Any:
    found = cli.build_parser().parse_args([str(one) for one in arguments])
    found.evaluation = evaluation
    return found


def carried_out(found: Any) -> int:
    code: int = found.run(found)
    return code


def test_two_shards_are_merged_and_the_experiment_has_nothing_left_to_do(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = plan.parent
    common = ("experiment", plan, "--results", folder, "--workers", 1)
    for shard in ("1/2", "2/2"):
        assert carried_out(options(*common, "--shard", shard)) == 0
    parts = [folder / f"sweep.{part}of2.db" for part in (1, 2)]
    capsys.readouterr()
    assert cli.main(["merge", str(folder / "sweep.db"), *map(str, parts), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in found] == [str(path) for path in parts]
    assert carried_out(options(*common, "--json")) == 0
    said = capsys.readouterr()
    assert len(json.loads(said.out)) == 120
    assert said.err.startswith("sweep: 2 cells; 0 episodes without a row yet\n0 rows in ")


def test_without_json_the_arms_are_compared_and_the_page_is_offered(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert carried_out(options("experiment", plan, "--results", plan.parent, "--workers", 1)) == 0
    said = capsys.readouterr()
    assert said.out.startswith("agent planner, overseer present\n")
    assert "naive" in said.out
    assert f"offswitch report {plan.parent}" in said.err


def test_a_report_writes_page_and_rows_of_a_results_file_and_prints_its_summary(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = plan.parent
    assert carried_out(options("experiment", plan, "--results", folder, "--workers", 1)) == 0
    (results,) = folder.glob("*.db")
    page, rows, drawn = (folder / name for name in ("page.html", "rows.csv", "front.svg"))
    files = ("--page", page, "--rows", rows, "--picture", drawn)
    assert carried_out(options("report", results, *files)) == 0
    assert drawn.read_text(encoding="utf-8").startswith("<svg")
    assert "var(--" not in drawn.read_text(encoding="utf-8")
    assert "<svg" in page.read_text(encoding="utf-8")
    assert len(rows.read_text().splitlines()) > 2
    capsys.readouterr()
    assert carried_out(options("report", results, "--json")) == 0
    assert json.loads(capsys.readouterr().out)["comparisons"]
    with pytest.raises(InputError, match="baseline 'niave' is no design here; did you mean"):
        carried_out(options("report", results, "--baseline", "niave"))
    with pytest.raises(InputError, match="there are no results"):
        carried_out(options("report", folder / "none.db"))


def test_episodes_that_fail_are_exit_code_one(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluation = Evaluation(fakes.odd_fails, fakes.no, fakes.fits)
    common = ("experiment", plan, "--results", plan.parent, "--workers", 1, "--json")
    assert carried_out(options(*common, evaluation=evaluation)) == 1
    said = capsys.readouterr()
    assert len(json.loads(said.out)) == 60
    assert "seed 1: it is odd\n" in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["experiment", "none.toml"], "none.toml: cannot be read"),
        (["experiment", "PLAN", "--shard", "3/2"], "--shard is the number of a part and of all"),
        (["experiment", "PLAN", "--workers", "0"], "--workers must be at least 1, not 0"),
        (["merge", "out.db", "none.db"], "none.db: there are no results"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(
    plan: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(plan.parent)
    monkeypatch.setattr(Evaluation.__new__, "__defaults__", tuple(fakes.STEADY))
    assert cli.main([str(plan) if one == "PLAN" else one for one in arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1].startswith(f"offswitch: {words}")
    assert not (plan.parent / "out.db").exists()
