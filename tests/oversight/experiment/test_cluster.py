from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from oversight.experiment.executors import opened
from sandbox.errors import InputError
from tests.oversight.experiment import fakes
from tests.oversight.experiment.test_experiment_commands import PLAN, evaluated, running, until
from tests.test_size_limits import ROOT


class Cluster(NamedTuple):
    address: str
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
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
        yield Cluster(address, workers)


def test_a_worker_killed_in_mid_run_loses_nothing_and_no_row_comes_twice(
    tmp_path: Path, cluster: Cluster
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


def test_where_there_is_no_scheduler_it_is_one_line() -> None:
    with (
        pytest.raises(InputError, match="--cluster nonsense://here: there is no scheduler"),
        opened(cluster="nonsense://here"),
    ):
        pass
