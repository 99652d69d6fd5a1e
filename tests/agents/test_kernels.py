from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents import kernels
from agents.kernels import COMPILING, LOADING, VARIABLE, compiled
from agents.learners import Learners
from agents.solver import solve
from sandbox.errors import InputError
from tests.agents.test_policy_iteration import random_world

ENOUGH = 2 * LOADING


def ask(seconds: float, kernel: str | None = None) -> bool:
    return compiled(seconds, "loops.one", kernel)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Stand in a process that has numba and a loop that was kept, and has solved nothing yet."""
    (tmp_path / "loops.one-12.py311.nbi").touch()
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(kernels._Account, "spent", 0.0)
    monkeypatch.setattr(kernels._Account, "ready", set())
    monkeypatch.setattr(kernels, "installed", lambda: True)
    monkeypatch.setattr(kernels, "kept", lambda: tmp_path)
    return monkeypatch


def test_numba_is_loaded_once_numpy_has_worked_for_as_long_as_that_takes(
    fresh: pytest.MonkeyPatch,
) -> None:
    assert [ask(0.4 * LOADING) for _ in range(4)] == [False, False, True, True]
    assert ask(0.0)


def test_work_that_is_long_by_itself_is_compiled_at_once(fresh: pytest.MonkeyPatch) -> None:
    assert not ask(0.0)
    assert ask(ENOUGH)


def test_a_loop_that_was_never_compiled_takes_more_work_to_pay(fresh: pytest.MonkeyPatch) -> None:
    assert not compiled(ENOUGH, "loops.other")
    assert ask(0.0)
    assert compiled(COMPILING, "loops.other")


def test_loops_that_cannot_be_kept_are_not_compiled_unasked(fresh: pytest.MonkeyPatch) -> None:
    fresh.setattr(kernels, "kept", lambda: None)
    assert not ask(2 * COMPILING)
    assert ask(0.0, "numba")


def test_without_numba_all_is_done_by_numpy_and_asking_for_it_is_refused(
    fresh: pytest.MonkeyPatch,
) -> None:
    fresh.setattr(kernels, "installed", lambda: False)
    assert not ask(ENOUGH)
    with pytest.raises(InputError, match=r"pip install 'offswitch\[fast\]'"):
        ask(0.0, "numba")


def test_the_environment_chooses_and_an_argument_is_stronger(fresh: pytest.MonkeyPatch) -> None:
    fresh.setenv(VARIABLE, "numba")
    assert ask(0.0)
    assert not ask(ENOUGH, "numpy")
    fresh.setenv(VARIABLE, "numpy")
    assert not ask(ENOUGH)


@pytest.mark.parametrize("run", [solve, lambda mdp, kernel: Learners(mdp, kernel=kernel).run(1)])
def test_an_unknown_kernel_is_refused_with_the_nearest(run: object) -> None:
    with pytest.raises(InputError, match="did you mean 'numba'"):
        run(random_world(0, 3), kernel="nunba")  # type: ignore[operator]


def test_a_short_run_does_not_import_numba() -> None:
    code = (
        "import sys\n"
        "from agents.learners import Learners\n"
        "from agents.planner import solved\n"
        "from sandbox.mdp import tables\n"
        "from tasks import load\n"
        "solved('boat_race', 'naive')\n"
        "Learners(tables(load('boat_race'), 0.9), seeds=range(8)).run(100)\n"
        "sys.exit('numba' in sys.modules)\n"
    )
    bare = {name: text for name, text in os.environ.items() if name != VARIABLE}
    ran = subprocess.run([sys.executable, "-c", code], env=bare, check=False)
    assert ran.returncode == 0
