from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agents.policy_iteration import deterministic, followed
from agents.solver import TOLERANCE, evaluate, modified, solve
from sandbox.action import Action
from sandbox.mdp import TabularMDP


def random_world(
    seed: int, states: int, *, levels: int = 2, ends: float = 0.1, discount: float = 0.9
) -> TabularMDP:
    """Build a deterministic world; few levels of reward make ties, some states are terminal."""
    rng = np.random.default_rng(seed)
    terminal = rng.random(states) < ends
    terminal[0] = False
    acts = np.where(terminal, 0, rng.integers(1, 4, states))
    first = np.concatenate(([0], np.cumsum(acts))).astype(np.int64)
    count = int(first[-1])
    after = rng.integers(0, states, count)
    offset = np.arange(count) - np.repeat(first[:-1], acts)
    return TabularMDP(
        states=list(range(states)),
        index={one: one for one in range(states)},
        actions=[Action.of(f"a{number}") for number in range(3)],
        initial=np.eye(1, states)[0],
        first_pair=first,
        pair_state=np.repeat(np.arange(states), acts),
        pair_action=offset,
        start=np.arange(count + 1),
        next=after,
        probability=np.ones(count),
        reward=rng.integers(-levels, levels + 1, count).astype(float),
        performance=None,
        ended=terminal[after] | (rng.random(count) < ends / 2),
        pressed=np.zeros(count, dtype=bool),
        stopped=np.zeros(states, dtype=bool),
        unstopped=np.arange(states),
        discount=discount,
    )


@settings(max_examples=60)
@given(
    st.integers(0, 10_000),
    st.integers(1, 40),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.1, 0.5]),
    st.sampled_from([0.5, 0.9, 0.99]),
)
def test_the_optimum_is_that_of_modified_policy_iteration(
    seed: int, states: int, levels: int, ends: float, discount: float
) -> None:
    mdp = random_world(seed, states, levels=levels, ends=ends, discount=discount)
    assert deterministic(mdp)
    ours, theirs = solve(mdp), modified(mdp)
    assert ours.residual <= TOLERANCE
    assert np.allclose(ours.value, theirs.value, rtol=0.0, atol=1e-8)
    assert (ours.policy == theirs.policy).all()


@settings(max_examples=30)
@example(seed=1786, states=20, ends=0.0)  # the residual comes to stand at right angles to the first
@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from([0.0, 0.3]))
def test_doubling_sums_what_sweeping_sums(seed: int, states: int, ends: float) -> None:
    mdp = random_world(seed, states, ends=ends)
    live = np.diff(mdp.first_pair) > 0
    policy = np.where(live, mdp.first_pair[1:] - 1, -1)
    swept = evaluate(mdp, policy, mdp.reward)
    assert np.allclose(followed(mdp, policy), swept, rtol=0.0, atol=1e-8)


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_where_all_is_alike_the_first_action_is_taken_at_once(seed: int, states: int) -> None:
    mdp = random_world(seed, states, levels=0)
    solved = solve(mdp)
    live = np.flatnonzero(np.diff(mdp.first_pair))
    assert solved.rounds == 1
    assert (solved.policy[live] == mdp.first_pair[live]).all()


def test_a_long_corridor_with_a_goal_takes_a_few_rounds_not_one_a_field() -> None:
    """Improvement runs back from the goal within a round."""
    length = 3_000
    step = np.arange(length)
    mdp = random_world(0, 1)
    moves = np.stack([np.maximum(step - 1, 0), np.minimum(step + 1, length - 1)], 1).ravel()
    pays = np.full(2 * length, -1.0)
    pays[-1] = 50.0
    mdp = replace(
        mdp,
        states=list(range(length)),
        initial=np.eye(1, length)[0],
        first_pair=2 * np.arange(length + 1),
        pair_state=np.repeat(step, 2),
        pair_action=np.tile([0, 1], length),
        start=np.arange(2 * length + 1),
        next=moves,
        probability=np.ones(2 * length),
        reward=pays,
        ended=np.arange(2 * length) == 2 * length - 1,
        discount=0.999,
    )
    solved = solve(mdp)
    assert solved.rounds <= 5
    far = np.arange(length)[::-1]
    expected = 50.0 * 0.999**far - (1 - 0.999**far) / 0.001
    assert np.allclose(solved.value, expected, rtol=0.0, atol=1e-8)
    assert (mdp.pair_action[solved.policy[:-1]] == 1).all()


def test_large_rewards_do_not_keep_it_from_ending() -> None:
    """Their rounding is above the residual that is asked for."""
    mdp = random_world(3, 200, levels=3, discount=0.999)
    large = mdp.with_reward(mdp.reward * 1e7 + 0.1)
    solved = solve(large)
    assert solved.residual <= 1e-15 * np.abs(solved.value).max() * 16
