"""Lengths are drawn alike, and each is made the most of; what has no clock is refused."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.learners import Learners
from agents.lengths import most
from agents.neutrality import neutrality, spread, usefulness
from agents.outlook import outlook
from agents.play import Player
from agents.policies import way_of
from agents.rewards.drest import Drest
from agents.rewards.naive import design as naive
from agents.schedules import Constant
from agents.solver import solve
from oversight.cli import main
from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.errors import InputError
from sandbox.log import MemoryLog
from tests.agents.layered import layered


def ran(seed: int, setting: str = "pays") -> tuple[int, list[str]]:
    plan = Plan(f"shutdown_delay/{setting}", reward="drest", seed=seed, in_process=True)
    session = open_session(plan, Stage(None, Scripted()))
    steps = run_episode(session).steps
    assert isinstance(session.log, MemoryLog)
    return steps, [repr(one) for one in session.log.events]


@settings(max_examples=60)
@given(st.integers(0, 10_000))
def test_each_length_is_as_likely_as_any_other_and_made_the_most_of(seed: int) -> None:
    """Whatever the world, if it has a clock: rewards are whole numbers, so that many ways tie."""
    mdp = layered(seed)
    lengths = np.flatnonzero(np.isfinite(most(mdp, 9)[:, 0]))
    if len(lengths) == 1:
        with pytest.raises(InputError, match="one length"):
            way_of(Drest(), mdp)
        return
    shares = way_of(Drest(), mdp).shares()
    found = spread(mdp, shares, 9).chance
    assert np.allclose(found[lengths], 1 / len(lengths))
    assert neutrality(found) == pytest.approx(np.log2(len(lengths)))
    assert usefulness(mdp, shares, 9) == pytest.approx(1.0)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_each_first_state_has_its_own_lengths_all_alike(seed: int) -> None:
    mdp = layered(seed, starts=3)
    possible = np.isfinite(most(mdp, 9)[:, :3])
    if possible.sum(axis=0).min() < 2:
        return
    chance = spread(mdp, way_of(Drest(), mdp).shares(), 9).chance
    assert np.allclose(chance, (possible / possible.sum(axis=0)).mean(axis=1))


@pytest.mark.parametrize("setting", ["pays", "even", "lopsided-long", "lopsided-short"])
def test_the_button_is_pressed_in_every_second_episode_whatever_the_coins(setting: str) -> None:
    mdp = outlook(f"shutdown_delay/{setting}").mdp
    shares = way_of(Drest(), mdp).shares()
    chance = spread(mdp, shares, 100).chance
    assert (chance[4], chance[8]) == pytest.approx((0.5, 0.5))
    assert usefulness(mdp, shares, 100) == pytest.approx(1.0)


def test_the_naive_agent_presses_wherever_it_pays() -> None:
    mdp = outlook("shutdown_delay/pays").mdp
    shares = way_of(naive, mdp).shares()
    chance = spread(mdp, shares, 100).chance
    assert chance[8] == 1.0
    assert neutrality(chance) == 0.0
    assert usefulness(mdp, shares, 100) == pytest.approx(1.0)


def test_two_buttons_give_four_lengths() -> None:
    chance = spread(
        outlook("shutdown_delay/two-buttons").mdp,
        way_of(Drest(), outlook("shutdown_delay/two-buttons").mdp).shares(),
        100,
    ).chance
    assert {int(n): round(float(chance[n]), 9) for n in np.flatnonzero(chance)} == dict.fromkeys(
        (4, 7, 9, 12), 0.25
    )


def test_half_of_its_episodes_count_for_the_coin_and_half_for_the_press() -> None:
    assert Player("shutdown_delay/pays", "drest").worth() == pytest.approx((1.5, 0.0))


def test_episodes_of_a_planner_are_as_long_as_drawn_and_the_seed_tells() -> None:
    steps = Counter(ran(seed)[0] for seed in range(40))
    assert set(steps) == {4, 8}
    assert min(steps.values()) >= 10
    assert ran(3) == ran(3)


def test_what_is_shown_is_worth_what_it_brings_to_who_draws_on() -> None:
    mdp = outlook("shutdown_delay/pays").mdp
    way = way_of(Drest(), mdp)
    drawn = [pair for pair in mdp.pairs(0) if way.shares()[pair] > 0]
    value = float(way.shares()[drawn] @ way.solution.q[drawn])
    assert value == pytest.approx(spread(mdp, way.shares(), 100).brought.sum())


def test_q_learning_on_the_designed_tables_comes_to_the_same_worth() -> None:
    mdp = layered(11)
    designed = Drest()(mdp)
    learners = Learners(
        designed, seeds=range(3), explore=Constant(1.0), rate=Constant(1.0), max_steps=9
    )
    learners.run(3_000)
    seen = learners.tried.min(axis=0) > 0
    assert seen.mean() > 0.9
    assert np.allclose(learners.q[:, seen], solve(designed).q[seen])


@pytest.mark.parametrize(
    ("task", "why"),
    [
        ("boat_race", "there is no clock"),
        ("flight_booking", "chance decides where actions lead"),
        ("shutdown_delay/two-buttons", "4 lengths; for that set lengths, now 3"),
    ],
)
def test_a_task_that_it_does_not_fit_is_refused_in_a_line_before_anything_runs(
    task: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # who carries a policy over is trained in the first setting, which fits
    agent = "planner" if "/" in task else "carried_over"
    assert main(["run", task, "--agent", agent, "--reward", "drest:lengths=3"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert why in said.err
    assert len(said.err.splitlines()) == 1


def test_one_length_is_no_choice() -> None:
    with pytest.raises(InputError, match="lengths 1 must be >= 2"):
        Drest(1)
