from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from pickle import PicklingError
from typing import Any

import pytest

from oversight import Experiment
from oversight.experiment.plan import Shard
from oversight.experiment.pool import Call, Calls, Pool
from oversight.experiment.progress import Silent
from oversight.experiment.results import Results, merged
from oversight.experiment.row import Row
from oversight.experiment.runner import Outcome, results_path, run
from oversight.experiment.unit import Evaluation
from sandbox.errors import InputError, StoreError
from tests.oversight.experiment import fakes
from tests.test_size_limits import ROOT

PLAN = Experiment(
    name="sweep",
    tasks=["boat_race"],
    designs=["naive", "satisficer"],
    overseers=["present", "absent"],
    seeds=20,
)


@pytest.fixture(autouse=True)
def _workers_find_the_fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(fakes.SIDE, str(tmp_path))
    monkeypatch.syspath_prepend(str(ROOT))


class Told(Silent):
    """Remember what is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.total = self.done = 0

    def say(self, words: str) -> None:
        self.lines.append(words)

    def begin(self, total: int) -> None:
        self.total = total

    def advance(self, episodes: int) -> None:
        self.done += episodes


class Backwards(Executor):
    """Evaluate what is out in an order of its own, and only when it is waited for."""

    _max_workers = 3

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._waiting: list[Callable[[], None]] = []

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._waiting.append(lambda: future.set_result(function(*args, **kwargs)))
        if len(self._waiting) == 6:
            self._random.shuffle(self._waiting)
            for call in self._waiting:
                call()
            self._waiting.clear()
        return future


class Fragile(Executor):
    """Lose a worker with every call."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(BrokenExecutor("a worker is gone"))
        return future


def ran(folder: Path, evaluate: Any = fakes.counted, **keys: Any) -> tuple[Outcome, Told]:
    told = Told()
    evaluation = evaluate if isinstance(evaluate, Evaluation) else None
    evaluation = evaluation or Evaluation(evaluate, fakes.no, fakes.fits)
    plan = keys.pop("plan", PLAN)
    keys.setdefault("workers", None if "executor" in keys else 1)
    return run(plan, folder, evaluation=evaluation, progress=told, **keys), told


def evaluated(folder: Path) -> Counter[str]:
    return Counter((folder / "evaluated").read_text().split())


def expected(plan: Experiment = PLAN) -> list[Row]:
    return [fakes.row(cell, seed) for cell in plan.cells() for seed in plan.seed_list]


@pytest.fixture(params=["here", "threads", "shuffled", "pool"])
def crew(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    if request.param == "threads":
        with ThreadPoolExecutor(3) as executor:
            yield {"executor": executor}
    elif request.param == "shuffled":
        yield {"executor": Backwards(seed=5)}
    else:
        yield {"workers": 1 if request.param == "here" else 2}


def test_rows_are_the_same_whatever_the_executor_and_the_order(
    tmp_path: Path, crew: dict[str, Any]
) -> None:
    plan = PLAN.model_copy(update={"seeds": 24})
    outcome, told = ran(tmp_path, plan=plan, **crew)
    assert list(outcome.rows()) == expected(plan)
    assert (outcome.new, outcome.failed) == (96, 0)
    assert told.total == told.done == 96
    assert set(evaluated(tmp_path).values()) == {1}


def test_what_is_on_disk_is_never_evaluated_again(tmp_path: Path) -> None:
    fewer = PLAN.model_copy(update={"seeds": [3, 4, 11]})
    ran(tmp_path, plan=fewer)
    before = evaluated(tmp_path)
    assert before.total() == 12
    outcome, told = ran(tmp_path)
    assert (outcome.new, told.total) == (68, 68)
    assert evaluated(tmp_path).total() == 80
    outcome, told = ran(tmp_path)
    assert (outcome.new, told.total) == (0, 0)
    assert set(evaluated(tmp_path).values()) == {1}
    assert list(outcome.rows()) == expected()
    again, _ = ran(tmp_path, plan=fewer)
    assert list(again.rows()) == expected(fewer)


def test_an_exact_cell_is_one_row_whatever_the_number_of_seeds(tmp_path: Path) -> None:
    outcome, told = ran(tmp_path, fakes.EXACT)
    assert list(outcome.rows()) == [fakes.row(cell, None) for cell in PLAN.cells()]
    assert told.total == told.done == 4
    more, _ = ran(tmp_path, fakes.EXACT, plan=PLAN.model_copy(update={"seeds": 99}))
    assert more.new == 0


def test_shards_merged_are_the_whole_experiment_and_leave_nothing_to_do(tmp_path: Path) -> None:
    paths = [ran(tmp_path, shard=Shard(number, 3))[0].path for number in (1, 2, 3)]
    assert [path.name for path in paths] == [f"sweep.{number}of3.db" for number in (1, 2, 3)]
    assert sum(merged(results_path(PLAN, tmp_path), paths)) == 80
    outcome, _ = ran(tmp_path)
    assert outcome.new == 0
    assert list(outcome.rows()) == expected()
    assert set(evaluated(tmp_path).values()) == {1}


def test_a_seed_that_fails_is_told_once_a_cell_and_spoils_no_other(tmp_path: Path) -> None:
    outcome, told = ran(tmp_path, fakes.odd_fails)
    assert (outcome.new, outcome.failed) == (40, 40)
    assert [one["seed"] for one in outcome.rows()] == [*range(0, 20, 2)] * 4
    lines = [line for line in told.lines if line.startswith("failed: ")]
    assert lines[0] == "failed: boat_race/original with planner, naive, present, seed 1: it is odd"
    assert len(lines) == 4
    assert told.lines[-1] == "40 episodes failed; the same command tries them again"
    assert told.done == told.total
    outcome, _ = ran(tmp_path)
    assert (outcome.new, outcome.failed) == (40, 0)


@pytest.mark.parametrize(
    ("evaluate", "words"),
    [
        (fakes.raises, "ZeroDivisionError: of our own ("),
        (fakes.others, "seeds were asked for"),
        (fakes.not_finite, "ValueError: Out of range float values"),
    ],
)
def test_a_fault_in_the_evaluation_is_one_line_and_no_row(
    tmp_path: Path, evaluate: Any, words: str
) -> None:
    outcome, told = ran(tmp_path, evaluate)
    assert (outcome.new, outcome.failed) == (0, 80)
    lines = [line for line in told.lines if line.startswith("failed: ")]
    assert all(words in line and "\n" not in line for line in lines)
    assert list(outcome.rows()) == []


def test_a_worker_that_dies_loses_no_row_and_none_comes_twice(tmp_path: Path) -> None:
    outcome, _ = ran(tmp_path, fakes.dies_once, workers=2)
    assert (tmp_path / "died").exists()
    assert outcome.failed == 0
    assert list(outcome.rows()) == expected()


def test_a_unit_that_kills_its_worker_each_time_is_given_up_and_the_others_go_on(
    tmp_path: Path,
) -> None:
    plan = PLAN.model_copy(update={"overseers": ["present"], "designs": ["naive"]})
    outcome, told = ran(tmp_path, fakes.seven_dies, plan=plan, workers=2)
    seeds = [one["seed"] for one in outcome.rows()]
    assert {0, 1, 2, 3} <= set(seeds)
    assert 7 not in seeds
    assert outcome.new + outcome.failed == 20
    lines = [line for line in told.lines if line.startswith("failed: ")]
    assert len(lines) == 1
    assert "begun 3 times in vain: WorkerLostError: signal 9 (the system kills" in lines[0]
    assert told.done == told.total


def test_where_every_worker_dies_the_run_ends_with_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no worker brings anything back: begun 3 times in vain"):
        ran(tmp_path, executor=Fragile())
    with Results(tmp_path / "sweep.db", readonly=True) as results:
        assert len(results) == 0


def test_an_executor_that_is_closed_is_one_line(tmp_path: Path) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(InputError, match="the executor takes nothing more: cannot schedule"):
        ran(tmp_path, executor=executor)


def test_ctrl_c_keeps_what_has_come_and_the_next_run_goes_on(tmp_path: Path) -> None:
    calls = iter(range(3))

    class Pressed(Told):
        def advance(self, episodes: int) -> None:
            super().advance(episodes)
            if next(calls, None) is None:
                raise KeyboardInterrupt

    evaluation = Evaluation(fakes.counted, fakes.no, fakes.fits)
    with pytest.raises(KeyboardInterrupt):
        run(PLAN, tmp_path, workers=1, evaluation=evaluation, progress=Pressed())
    with Results(tmp_path / "sweep.db", readonly=True) as results:
        assert 0 < len(results) == evaluated(tmp_path).total() < 80
    outcome, _ = ran(tmp_path)
    assert list(outcome.rows()) == expected()
    assert set(evaluated(tmp_path).values()) == {1}


def test_a_full_disk_ends_the_run_and_keeps_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(tmp_path, plan=PLAN.model_copy(update={"seeds": 1}))
    whole_disk = Results.__init__

    def small(self: Results, path: Path, **keys: Any) -> None:
        whole_disk(self, path, **keys)
        self.db.conn.execute("PRAGMA max_page_count = 12")

    monkeypatch.setattr(Results, "__init__", small)
    plan = PLAN.model_copy(update={"seeds": 400})
    with pytest.raises(StoreError, match="the disk is full: free some room and run again"):
        ran(tmp_path, plan=plan)
    monkeypatch.undo()
    monkeypatch.setenv(fakes.SIDE, str(tmp_path))
    outcome, _ = ran(tmp_path, plan=plan)
    assert list(outcome.rows()) == expected(plan)


def test_rows_of_a_file_of_code_that_has_changed_are_not_mixed_with_new_ones(
    tmp_path: Path,
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from tasks.games import keep_waiting as k\n"
        "class Mine: SPEC, open_setting = k.SPEC, k.open_setting\n"
    )
    plan = Experiment(name="mine", tasks=[f"{file}:Mine"])
    ran(tmp_path, plan=plan)
    ran(tmp_path, plan=plan)
    file.write_text(file.read_text() + "# of another day\n")
    with pytest.raises(StoreError, match=r"its rows were made with another file .*mine\.py"):
        ran(tmp_path, plan=plan)


def test_rows_of_another_version_of_ours_are_told_of(tmp_path: Path) -> None:
    path = ran(tmp_path)[0].path
    with Results(path) as results:
        results.note({"version": "0.0.1"})
    _, told = ran(tmp_path)
    assert told.lines[0].startswith(f"{path}: has rows of Offswitch 0.0.1; this is ")
    _, told = ran(tmp_path)
    assert told.lines[0].startswith("sweep: ")


def test_from_python_an_experiment_runs_in_one_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Evaluation.__new__, "__defaults__", tuple(fakes.STEADY))
    outcome = PLAN.run(tmp_path)
    assert list(outcome.rows()) == expected()


@pytest.mark.parametrize("function", [fakes.slow, fakes.large])
def test_a_pool_that_is_stopped_leaves_no_worker_and_nobody_waiting(
    function: Callable[..., Any],
) -> None:
    pool = Pool(2)
    assert pool.submit(len, "ready").result() == 5
    futures = [pool.submit(function, PLAN.cells()[0], range(2000)) for _ in range(5)]
    pool.stop()
    assert all(future.done() for future in futures)
    assert not any(seat.worker.is_alive() for seat in pool._seats if seat.worker)


def test_a_call_that_cannot_be_sent_or_loaded_is_the_calls_fault_and_no_workers() -> None:
    pool = Pool(1)
    try:
        with pytest.raises((AttributeError, PicklingError)):
            pool.submit(lambda: 1).result()
        with pytest.raises(RuntimeError, match="ZeroDivisionError: "):
            pool.submit(divmod, 1, 0).result()
        assert pool.submit(divmod, 7, 2).result() == (3, 1)
    finally:
        pool.stop()


def test_a_worker_goes_on_with_its_own_kind_and_else_with_what_no_other_works_on() -> None:
    calls = Calls(lambda kind, number: kind)
    for kind, number in (("a", 1), ("a", 2), ("b", 1), ("a", 3), ("b", 2)):
        calls.put(Call(Future(), len, (kind, number)))
    calls.close()
    taken = [calls.get(worker) for worker in (0, 1, 1, 1, 0, 0)]
    assert [call and call.arguments for call in taken] == [
        ("a", 1),
        ("b", 1),
        ("b", 2),
        ("a", 2),
        ("a", 3),
        None,
    ]
