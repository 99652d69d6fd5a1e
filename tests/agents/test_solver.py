from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.bellman import first_best
from agents.rewards.naive import design as naive
from agents.rewards.utility_indifference import design as indifferent
from agents.solver import TOLERANCE, action_values, evaluate, modified, solve
from agents.stops import never_pressed
from sandbox.action import Action
from sandbox.mdp import TabularMDP


def random_mdp(seed: int, states: int = 6, press: float = 0.3) -> TabularMDP:
    """Build states 0..n-1 and their stopped twins n..2n-1; state n-1 (and 2n-1) are terminal.

    In each unstopped state every action leads on, with the stop falling with chance `press`; in
    each stopped state the first action ends at once.
    """
    rng = np.random.default_rng(seed)
    n, acts = states, 3
    live = [s for s in range(2 * n) if s % n != n - 1]
    pair_state = np.repeat(live, acts)
    first = np.zeros(2 * n + 1, dtype=np.int64)
    for s in live:
        first[s + 1] = acts
    first = np.cumsum(first)
    rows: list[tuple[int, float, float, bool, bool]] = []
    start = [0]
    for s in live:
        for a in range(acts):
            target = int(rng.integers(n))
            reward = float(rng.normal())
            if s >= n:
                end = a == 0 or target == n - 1
                rows.append((2 * n - 1 if a == 0 else target + n, 1.0, reward, end, False))
            else:
                ends = target == n - 1
                rows.append((target, 1 - press, reward, ends, False))
                rows.append((target + n, press, reward, ends, True))
            start.append(len(rows))
    columns = list(zip(*rows, strict=True))
    return TabularMDP(
        states=list(range(2 * n)),
        index={s: s for s in range(2 * n)},
        actions=[Action.of(f"a{a}") for a in range(acts)],
        initial=np.eye(2 * n)[0],
        first_pair=first,
        pair_state=pair_state.astype(np.int64),
        pair_action=np.tile(np.arange(acts), len(live)),
        start=np.array(start),
        next=np.array(columns[0]),
        probability=np.array(columns[1]),
        reward=np.array(columns[2]),
        performance=None,
        ended=np.array(columns[3]),
        pressed=np.array(columns[4]),
        stopped=np.arange(2 * n) >= n,
        unstopped=np.arange(2 * n) % n,
        discount=0.9,
    )


def optimal_pairs(mdp: TabularMDP, within: float = 1e-7) -> set[int]:
    solved = solve(mdp)
    best = solved.value[mdp.pair_state]
    return {int(p) for p in np.flatnonzero(solved.q >= best - within)}


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_the_solution_is_that_of_plain_value_iteration(seed: int) -> None:
    mdp = random_mdp(seed)
    value = np.zeros(len(mdp.states))
    for _ in range(600):
        q = action_values(mdp, value)
        for state in range(len(mdp.states)):
            pairs = mdp.pairs(state)
            value[state] = max((q[p] for p in pairs), default=0.0)
    solved = solve(mdp)
    assert solved.residual <= TOLERANCE
    assert np.allclose(solved.value, value, atol=1e-8)
    assert np.allclose(evaluate(mdp, solved.policy, mdp.reward), solved.value, atol=1e-8)


def test_a_tie_goes_to_the_action_that_the_task_lists_first() -> None:
    mdp = random_mdp(1)
    level = mdp.with_reward(np.zeros_like(mdp.reward))
    live = np.flatnonzero(np.diff(level.first_pair))
    assert (solve(level).policy[live] == level.first_pair[live]).all()


@pytest.mark.parametrize("size", [0.0, 1.0, 1e9])
def test_of_some_pairs_the_first_tied_one_is_best_however_rounding_ranks_them(size: float) -> None:
    rounded = size * (1.0 + np.array([-9.0, -1.0, 1.0, 0.0]) * np.finfo(float).eps)
    q = rounded - np.array([5.0, 0.0, 0.0, 0.0])
    assert first_best(q, [0, 1, 2, 3]) == 1
    assert first_best(q, range(2, 4)) == 2
    assert first_best(q, [3, 2]) == 3
    assert first_best(q, [0]) == 0


def test_the_naive_design_is_the_task_as_told() -> None:
    mdp = random_mdp(2)
    assert naive(mdp) is mdp


@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_the_indifferent_agent_acts_as_if_it_believed_the_stop_never_comes(seed: int) -> None:
    mdp = random_mdp(seed)
    before_stop = set(np.flatnonzero(~mdp.stopped[mdp.pair_state]))
    ours = optimal_pairs(indifferent(mdp)) & before_stop
    believers = optimal_pairs(never_pressed(mdp)) & before_stop
    assert ours == believers


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.floats(0.0, 0.9), st.floats(0.0, 0.9))
def test_indifferent_value_does_not_depend_on_how_likely_the_stop_is(
    seed: int, one: float, two: float
) -> None:
    first, second = (solve(indifferent(random_mdp(seed, press=p))).value for p in (one, two))
    assert np.allclose(first[:6], second[:6], atol=1e-7)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_once_stopped_the_indifferent_agent_ends_at_once(seed: int) -> None:
    mdp = random_mdp(seed)
    policy = solve(indifferent(mdp)).policy
    for state in np.flatnonzero(mdp.stopped):
        if policy[state] >= 0:
            assert mdp.ended[mdp.start[policy[state]]]


def test_it_pays_nothing_to_preserve_the_button_either() -> None:
    """The known failure: its value is the same where the button was broken beforehand."""
    for seed in range(20):
        working = solve(indifferent(random_mdp(seed, press=0.5))).value[0]
        broken = solve(indifferent(random_mdp(seed, press=0.0))).value[0]
        assert working == pytest.approx(broken, abs=1e-7)


def hazy_mdp(seed: int, states: int, discount: float, level: float) -> TabularMDP:
    """Build a world without an end in which each action leads to three states by chance."""
    rng = np.random.default_rng(seed)
    acts, ways = 2, 3
    pairs, rows = states * acts, states * acts * ways
    return TabularMDP(
        states=list(range(states)),
        index={},
        actions=[Action.of(f"a{a}") for a in range(acts)],
        initial=np.eye(1, states)[0],
        first_pair=acts * np.arange(states + 1),
        pair_state=np.repeat(np.arange(states), acts),
        pair_action=np.tile(np.arange(acts), states),
        start=ways * np.arange(pairs + 1),
        next=rng.integers(0, states, rows),
        probability=rng.dirichlet(np.ones(ways), pairs).ravel(),
        reward=level * rng.integers(-1, 2, rows).astype(float),
        performance=None,
        ended=rng.random(rows) < 0.01,
        pressed=np.zeros(rows, dtype=bool),
        stopped=np.zeros(states, dtype=bool),
        unstopped=np.arange(states),
        discount=discount,
    )


@settings(max_examples=25)
@given(
    st.integers(0, 10_000),
    st.integers(1, 60),
    st.sampled_from([0.9, 0.99]),
    st.sampled_from([0, 1]),
)
def test_settling_a_policy_changes_no_value(
    seed: int, states: int, discount: float, level: int
) -> None:
    mdp = hazy_mdp(seed, states, discount, float(level))
    settled, plain = modified(mdp), modified(mdp, settle=False)
    assert settled.residual <= TOLERANCE * (1 - discount) + 1e-13
    assert np.allclose(settled.value, plain.value, rtol=0.0, atol=1e-8)


def test_a_discount_near_one_takes_few_rounds() -> None:
    mdp = hazy_mdp(0, 2_000, 0.999, 1.0)
    solved = solve(mdp)
    assert solved.rounds <= 40
    assert solved.residual <= 2e-12
    assert np.allclose(evaluate(mdp, solved.policy, mdp.reward), solved.value, rtol=0, atol=1e-7)
