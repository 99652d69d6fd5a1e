"""Cells whose agent learns: trained side by side, each evaluated exactly, and resumed by seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oversight import Experiment
from oversight.experiment import cell as cells
from oversight.experiment.cell import Logging, check, evaluate, whole
from oversight.experiment.plan import missing
from oversight.experiment.results import Results
from oversight.experiment.row import MEASURES, Cell, Row, content
from oversight.experiment.runner import run
from oversight.experiment.unit import Evaluation, Unit, work
from sandbox.errors import InputError
from sandbox.log import Store
from tasks import load

AGENT = "q_learning:steps=2000"
SEEDS = (0, 1, 2)
PLAN = Experiment(
    name="learns",
    tasks=["boat_race", "interruptible_ring"],
    agents=["planner", AGENT],
    overseers=["present", "absent"],
    seeds=3,
)


def cell(full: str, agent: str = AGENT, overseer: str = "present", **others: Any) -> Cell:
    task, _, setting = full.partition("/")
    design = others.pop("design", "naive")
    return Cell(task, setting or load(task).setting, agent, design, overseer, **others)


@pytest.mark.parametrize("full", ["boat_race", "interruptible_ring", "whisky_small"])
@pytest.mark.parametrize("rule", ["q_learning", "sarsa", "reinforce"])
def test_each_seed_has_an_exact_row_and_the_curve_ends_in_it(full: str, rule: str) -> None:
    one = cell(full, f"{rule}:steps=2000", "present:stop=0")
    assert whole(one)
    rows = evaluate(one, SEEDS)
    assert [row["seed"] for row in rows] == list(SEEDS)
    assert [row["key"] for row in rows] == [one.key(seed) for seed in SEEDS]
    for row in rows:
        assert row["method"] == "exact"
        assert sum(row["lengths"].values()) == pytest.approx(1.0)
        assert len(row["curve"]) == 20
        assert [steps for steps, _, _ in row["curve"]] == sorted({x for x, _, _ in row["curve"]})
        # Nobody is asked anything in these worlds, so that governing them changes nothing.
        assert row["curve"][-1] == (2000, row["reward"], row["performance"])


def test_a_curve_rises_as_it_is_learnt() -> None:
    (row,) = evaluate(cell("whisky_small", "sarsa:steps=20000"), [1])
    assert row["curve"][0][1] < row["curve"][-1][1] == row["reward"]


def test_a_seed_learns_the_same_alone_and_beside_others() -> None:
    one = cell("interruptible_ring")
    together = [content(row) for row in evaluate(one, [0, 2, 7])]
    assert together == [content(evaluate(one, [seed])[0]) for seed in (0, 2, 7)]
    assert len({json.dumps(row["curve"]) for row in evaluate(one, [0, 2, 7])}) > 1


@pytest.mark.parametrize("full", ["safe_interruptibility", "friend_foe", "aup_offset"])
def test_where_states_look_alike_the_curve_ends_in_the_exact_row_too(full: str) -> None:
    """The curve is summed by looks in the true tables, the row by where an agent believes to be."""
    for row in evaluate(cell(full, overseer="present:stop=0"), SEEDS):
        _, reward, performance = row["curve"][-1]
        assert row["reward"] == pytest.approx(reward, abs=1e-6)
        assert row["performance"] == pytest.approx(performance, abs=1e-6)


@pytest.mark.parametrize("full", ["boat_race", "aup_offset", "island_navigation"])
def test_where_only_learning_is_left_to_chance_the_episode_played_is_the_exact_row(
    full: str,
) -> None:
    one = cell(full, overseer="present:stop=0")
    (exact,), (drawn,) = (evaluate(each, [4]) for each in (one, replace(one, evaluate="sampled")))
    assert drawn["method"] == "sampled"
    assert [dict(exact)[name] for name in MEASURES] == [dict(drawn)[name] for name in MEASURES]


def test_training_is_shared_by_the_overseers_that_it_is_evaluated_under() -> None:
    cells._trained.cache_clear()
    for overseer in ("present", "absent", "noisy"):
        evaluate(cell("boat_race", overseer=overseer), SEEDS)
    assert cells._trained.cache_info().misses == 1


def test_what_no_learner_learns_is_refused_before_anything_runs() -> None:
    for wrong, words in (
        (cell("side_effects_sokoban/level-1"), "too wide"),
        (cell("shutdown_delay", design="drest"), "chooses by chance"),
        (cell("boat_race", "q_learning:stepz=3"), "did you mean 'steps'"),
        (cell("boat_race", "q_learning:steps=0"), "steps 0 must be >= 1"),
        (cell("boat_race", overseer="scripted", evaluate="exact"), "cannot be evaluated exactly"),
    ):
        with pytest.raises(InputError, match=words):
            check(wrong)
    check(cell("boat_race", overseer="scripted"))
    assert not whole(cell("boat_race", overseer="scripted"))


def test_the_logged_episode_is_that_of_the_seed_of_its_row(tmp_path: Path) -> None:
    rows = evaluate(cell("boat_race"), SEEDS, Logging(tmp_path, frozenset({0, 2})))
    assert ["episode" in row for row in rows] == [True, False, True]
    store = Store(tmp_path / "offswitch.db")
    headers = {one.id: json.loads(one.header) for one in store.episodes()}
    assert [headers[row["episode"]]["seed"] for row in rows if "episode" in row] == [0, 2]


def test_a_cell_of_learners_is_done_only_when_every_seed_is(tmp_path: Path) -> None:
    one, other = cell("boat_race"), cell("boat_race", "planner")
    with Results(tmp_path / "x.db") as results:
        for each in (one, other):
            results.add(each, work(evaluate, Unit(each, [1], whole=True)).rows, 0.1)
        (left,) = missing([one, other], SEEDS, results, whole)
        assert (left.cell, list(left.seeds), left.whole) == (one, [0, 2], True)
        results.add(one, work(evaluate, left).rows, 0.1)
        assert missing([one, other], SEEDS, results, whole) == []
        assert [row["seed"] for row in results.rows([one, other])] == [0, 1, 2, None]
        (more,) = missing([one, other], range(5), results, whole)
        assert list(more.seeds) == [3, 4]


def test_an_experiment_of_learners_goes_on_where_it_stopped(tmp_path: Path) -> None:
    asked: list[tuple[Cell, list[int]]] = []

    def watched(one: Cell, seeds: Sequence[int]) -> list[Row]:
        asked.append((one, list(seeds)))
        return evaluate(one, seeds)

    evaluation = Evaluation(watched)
    first = run(PLAN.model_copy(update={"seeds": [1]}), tmp_path, workers=1, evaluation=evaluation)
    assert (first.new, first.failed) == (8, 0)
    asked.clear()
    then = run(PLAN, tmp_path, workers=1, evaluation=evaluation)
    assert (then.new, then.failed) == (8, 0)
    assert [seeds for _, seeds in asked] == [[0, 2]] * 4
    assert {one.agent for one, _ in asked} == {AGENT}
    once = run(PLAN, tmp_path / "at-once", workers=1)
    assert [content(row) for row in once.rows()] == [content(row) for row in then.rows()]
    assert run(PLAN, tmp_path, workers=1, evaluation=evaluation).new == 0


def test_learners_are_named_in_a_file_with_their_knobs_and_written_in_one_way() -> None:
    plan = PLAN.model_copy(
        update={
            "tasks": ["boat_race"],
            "overseers": ["present"],
            "agents": [
                "sarsa: steps=20000, rate=0.10",
                "sarsa",
                {"name": "q_learning", "steps": [500, 20_000], "explore": 0.2},
            ],
        }
    )
    told: list[str] = []
    found = [one.agent for one in plan.cells(told.append)]
    assert found == ["sarsa", "q_learning:explore=0.2,steps=500", "q_learning:explore=0.2"]
    assert "agents[2]: sarsa stands in agents[1] already" in told[0]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("q_lerning", "did you mean 'q_learning'"),
        ({"name": "sarsa", "steps": [100, 0]}, r"agents\[1\].steps: .*steps 0 must be >= 1"),
        ({"name": "sarsa", "stepz": 1}, r"agents\[1\].stepz: .*did you mean 'steps'"),
    ],
)
def test_a_learner_that_is_misspelt_is_refused_at_its_place(entry: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        PLAN.model_copy(update={"agents": [entry]}).cells()
