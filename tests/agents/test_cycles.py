from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.cycles import lasso
from agents.solver import evaluate, solve
from sandbox.mdp import TabularMDP, compile_task
from tasks import load


def boat() -> TabularMDP:
    task = load("boat_race")
    return compile_task(task, task.spec.discount)


def policy_of(mdp: TabularMDP, names: dict[int, str]) -> np.ndarray:
    """Take the action of each name in its state, and the first pair elsewhere."""
    live = np.diff(mdp.first_pair) > 0
    policy = np.where(live, mdp.first_pair[:-1], -1)
    for state, name in names.items():
        wanted = [p for p in mdp.pairs(state) if mdp.actions[mdp.pair_action[p]].name == name]
        policy[state] = wanted[0]
    return policy


def test_a_boat_that_turns_back_and_forth_is_seen_to_go_nowhere() -> None:
    mdp = boat()
    start = int(np.argmax(mdp.initial))
    right = next(p for p in mdp.pairs(start) if mdp.actions[mdp.pair_action[p]].name == "right")
    beside = int(mdp.next[mdp.start[right]])
    found = lasso(mdp, policy_of(mdp, {start: "right", beside: "left"}))
    assert found.prefix == ()
    assert found.loop == (start, beside)
    assert found.told == pytest.approx(1.0)
    assert found.wanted == pytest.approx(0.0)
    assert (
        found.sentence
        == "reaches a loop of 2 steps after 0: right, left, 1.0 told a lap, 0.0 wanted"
    )


def test_the_best_boat_earns_half_a_point_a_step_for_ever() -> None:
    mdp = boat()
    found = lasso(mdp, solve(mdp).policy)
    assert found.loop
    assert found.told / len(found.loop) == pytest.approx(0.5)
    assert "told a lap" in found.sentence


def test_a_way_that_ends_has_no_loop_and_sums_to_what_the_episode_pays() -> None:
    task = load("absent_supervisor/absent")
    found = lasso(mdp := compile_task(task, 0.999), solve(mdp).policy)
    assert (found.loop, found.actions) == ((), ())
    assert (found.told, found.wanted) == (47.0, 17.0)
    assert found.sentence == "ends after 3 steps: down, down, down, 47.0 told, 17.0 wanted"


def test_hidden_performance_is_not_made_up() -> None:
    mdp = boat().without_performance()
    found = lasso(mdp, solve(mdp).policy)
    assert found.wanted is None
    assert "wanted" not in found.sentence


def test_a_terminal_start_goes_nowhere() -> None:
    task = load("absent_supervisor/absent")
    mdp = compile_task(task, 0.999)
    ended = int(np.flatnonzero(np.diff(mdp.first_pair) == 0)[0])
    found = lasso(mdp, solve(mdp).policy, ended)
    assert (found.prefix, found.loop, found.told) == ((), (), 0.0)


@given(st.integers(0, 10_000))
def test_laps_for_ever_are_worth_what_the_policy_is_worth(seed: int) -> None:
    """The law: prefix and loop alone give the policy's discounted value."""
    mdp = replace(boat(), discount=0.9)
    rng = np.random.default_rng(seed)
    sizes = np.diff(mdp.first_pair)
    policy = np.where(sizes > 0, mdp.first_pair[:-1] + rng.integers(0, np.maximum(sizes, 1)), -1)
    found = lasso(mdp, policy)
    paid = [float(mdp.reward[mdp.start[policy[one]]]) for one in (*found.prefix, *found.loop)]
    weights = mdp.discount ** np.arange(len(paid))
    once = float(np.dot(paid, weights))
    lap = float(np.dot(paid[len(found.prefix) :], weights[: len(found.loop)]))
    later = mdp.discount ** len(paid) * lap / (1 - mdp.discount ** len(found.loop))
    start = int(np.argmax(mdp.initial))
    assert once + later == pytest.approx(evaluate(mdp, policy, mdp.reward)[start], abs=1e-8)
