from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from oversight.experiment import dispatch
from oversight.experiment.executors import Cluster, opened
from oversight.experiment.plan import Queue
from oversight.experiment.row import Cell
from oversight.experiment.unit import Unit
from sandbox.errors import InputError
from tests.oversight.experiment import fakes
from tests.oversight.experiment.test_experiment_commands import PLAN, evaluated, running, until
from tests.test_size_limits import ROOT


class Started(NamedTuple):
    address: str
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Started]:
    """Start a scheduler and two workers on this machine, as two commands would."""
    found = tmp_path / "scheduler.json"
    common = ["--scheduler-file", str(found), "--no-dashboard"]
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", "0", *common]
    worker = ["worker", "--nthreads", "1", "--no-nanny", *common]
    with ExitStack() as stack:

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            program = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(ROOT), fakes.SIDE: str(tmp_path)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.enter_context(program)
            stack.callback(program.kill)
            return program

        start(*scheduler)
        workers = [start(*worker) for _ in range(2)]
        until(lambda: found.exists() and found.stat().st_size > 0)
        address = json.loads(found.read_text())["address"]
        yield Started(address, workers)


def test_a_worker_killed_in_mid_run_loses_nothing_and_no_row_comes_twice(
    tmp_path: Path, cluster: Started
) -> None:
    plan = tmp_path / "sweep.toml"
    plan.write_text(PLAN)
    with running("slow", plan, "--cluster", cluster.address, "--json") as program:
        until(lambda: evaluated(tmp_path).total() > 20)
        cluster.workers[0].send_signal(signal.SIGKILL)
        out, said = program.communicate(timeout=60)
    assert program.returncode == 0, said
    assert said.splitlines()[0] == "sweep: 2 cells; 120 episodes without a row yet"
    assert said.splitlines()[-1].startswith("120 rows in ")
    rows = json.loads(out)
    assert len(rows) == 120 == len({row["key"] for row in rows})
    assert len(evaluated(tmp_path)) == 120


class Gone:
    """Be what a dask client is when its scheduler is gone."""

    status = "closed"

    def get_executor(self) -> Executor:
        return Silent()

    def nthreads(self) -> dict[str, int]:
        return {"worker": 1}


class Silent(Executor):
    """Never answer."""

    def submit(self, function: Any, /, *arguments: Any, **keys: Any) -> Future[Any]:
        return Future()


def test_a_scheduler_that_is_gone_is_one_line_and_nobody_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatch, "PULSE", 0.01)
    crew = Cluster(Gone())
    unit = Unit(Cell("boat_race", "original", "planner", "naive", "present"), range(3), False)
    out = dispatch.Dispatch(crew, fakes.steady, Queue([unit]), lambda unit, came: None)
    with pytest.raises(InputError, match="the cluster's scheduler is gone; the finished rows are"):
        out.run()
    crew.stop()


def test_where_there_is_no_scheduler_it_is_one_line() -> None:
    with (
        pytest.raises(InputError, match="--cluster nonsense://here: there is no scheduler"),
        opened(cluster="nonsense://here"),
    ):
        pass
