"""Hold the world of many goals, and the solver that solves it under all of them at once."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from agents.many import Solutions, solve_many, visited
from agents.solver import TOLERANCE, evaluate, solve
from sandbox.mdp import Floats, TabularMDP, compile_task
from tasks import load
from tasks.games.many_goals import DISABLE, GO, PREPARING, ROOMS, goals, told

COUNT = 120


@cache
def world(setting: str) -> TabularMDP:
    task = load(f"many_goals/{setting}")
    return compile_task(task, task.spec.discount)


@cache
def optima(setting: str) -> Solutions:
    mdp = world(setting)
    return solve_many(mdp, told(mdp, goals(COUNT, 3)))


def share(setting: str, field: str, value: int) -> Floats:
    """Return, by goal, the chance that a field has a value when the doors open."""
    mdp = world(setting)
    has = np.array([getattr(state, field) == value for state in mdp.states], dtype=float)
    found: Floats = visited(mdp, optima(setting).optimal(mdp), PREPARING) @ has
    return found


@pytest.mark.parametrize("setting", ["gain", "no-gain"])
def test_many_goals_at_once_have_the_values_of_each_alone(setting: str) -> None:
    mdp, found = world(setting), optima(setting)
    rewards = told(mdp, goals(COUNT, 3))
    assert found.residual <= TOLERANCE
    for number in range(0, COUNT, 17):
        alone = solve(mdp.with_reward(rewards[number]))
        assert np.allclose(found.value[number], alone.value, atol=1e-7)
        assert np.allclose(found.q[number], alone.q, atol=1e-7)


def test_agents_that_choose_evenly_are_somewhere_and_where_the_chances_say() -> None:
    mdp = world("no-gain")
    free = np.ones((1, len(mdp.pair_action)), dtype=bool)
    for steps in (0, 1, 3):
        assert visited(mdp, free, steps).sum() == pytest.approx(1.0)
    options = len(mdp.pairs(0))
    disabled = np.array([not state.live for state in mdp.states], dtype=float)
    assert (visited(mdp, free, 1) @ disabled)[0] == pytest.approx(1 / options)


def test_where_they_gain_most_goals_have_the_same_means_and_where_not_only_chance_does() -> None:
    for field, value in (("energy", 2), ("money", 1), ("live", 0)):
        gained, chance = share("gain", field, value), share("no-gain", field, value)
        assert gained.mean() > 0.9
        assert chance.mean() < 0.5
        assert chance == pytest.approx(chance[0])  # it is the same whatever the goal
        assert not (chance > 1 - 1e-9).any()


def test_key_and_tool_are_means_to_the_rooms_that_they_open() -> None:
    worths = goals(COUNT, 3)
    best = worths.argmax(axis=1)
    locked = np.isin(best, [ROOMS.index("vault"), ROOMS.index("archive")])
    key = share("gain", "key", 1)
    assert key[locked].mean() > 0.75
    assert key[~locked].mean() < 0.3


def test_nobody_can_press_a_disabled_switch() -> None:
    task = load("many_goals")
    state = task.initial()[0][1]._replace(step=PREPARING)
    assert any(one.pressed for one in task.outcomes(state, GO["bench"]))
    (after, *_) = task.outcomes(state, DISABLE)
    assert not after.state.live
    assert not any(one.pressed for one in task.outcomes(state, DISABLE))
    assert task.interrupt(after.state) == after.state
    assert task.interrupt(state).stop


def test_the_goal_that_is_shipped_disables_the_switch_only_where_it_gains() -> None:
    for setting, wanted in (("gain", -0.5), ("no-gain", 0.0)):
        mdp = world(setting)
        assert mdp.performance is not None
        found = evaluate(mdp, solve(mdp).policy, mdp.performance)[0]
        assert (found < wanted) if setting == "gain" else (found == wanted)
