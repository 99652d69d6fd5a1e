from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.finite_horizon import backward, gained
from agents.solver import solve
from sandbox.errors import InputError
from sandbox.mdp import Floats, Ints, TabularMDP
from tests.agents.worlds import KERNELS, ragged_world, worlds

STEPS = st.integers(0, 7)
DISCOUNT = st.sampled_from([1.0, 0.9, 0.3, 0.0])


def ways(mdp: TabularMDP, pair: int) -> list[tuple[float, float, bool, int]]:
    """Return chance, reward, end and next state of what can come of a pair."""
    rows = range(int(mdp.start[pair]), int(mdp.start[pair + 1]))
    return [
        (float(mdp.probability[n]), float(mdp.reward[n]), bool(mdp.ended[n]), int(mdp.next[n]))
        for n in rows
    ]


def by_recursion(mdp: TabularMDP, steps: int, discount: float) -> list[float]:
    """Return the greatest gain from each state, as one would define it."""

    @cache
    def worth(state: int, left: int) -> float:
        if not left:
            return 0.0
        return max((taken(pair, left) for pair in mdp.pairs(state)), default=0.0)

    def taken(pair: int, left: int) -> float:
        return sum(
            chance * (pays + (0.0 if over else discount * worth(to, left - 1)))
            for chance, pays, over, to in ways(mdp, pair)
        )

    return [worth(state, steps) for state in range(len(mdp.states))]


def followed(mdp: TabularMDP, plan: list[Ints], discount: float) -> Floats:
    """Return what a plan of `(S,)` pairs for each step gains, stage after stage."""
    value = np.zeros(len(mdp.states))
    for pairs in reversed(plan):
        fresh = np.zeros_like(value)
        for state in np.flatnonzero(pairs >= 0):
            fresh[state] = sum(
                chance * (pays + (0.0 if over else discount * value[to]))
                for chance, pays, over, to in ways(mdp, int(pairs[state]))
            )
        value = fresh
    return value


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=40)
@given(mdp=worlds(), steps=STEPS, discount=DISCOUNT)
def test_it_is_the_recursion_that_defines_it(
    kernel: str, mdp: TabularMDP, steps: int, discount: float
) -> None:
    found = backward(mdp, steps, discount=discount, kernel=kernel)
    assert np.allclose(found.value, by_recursion(mdp, steps, discount), rtol=0.0, atol=1e-12)
    assert found.policy is None


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("seed", range(6))
def test_no_plan_of_all_that_there_are_gains_more(kernel: str, seed: int) -> None:
    mdp = ragged_world(seed, 3, actions=2, ways=2)
    choices = [list(mdp.pairs(state)) or [-1] for state in range(3)]
    rules = [np.array(one) for one in product(*choices)]
    plans = [followed(mdp, list(plan), 0.8) for plan in product(rules, repeat=3)]
    found = backward(mdp, 3, discount=0.8, kernel=kernel)
    assert np.allclose(found.value, np.max(plans, axis=0), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=40)
@given(mdp=worlds(), steps=STEPS, discount=DISCOUNT)
def test_the_kept_policy_gains_the_value_and_no_earlier_action_ties(
    kernel: str, mdp: TabularMDP, steps: int, discount: float
) -> None:
    found = backward(mdp, steps, discount=discount, keep=True, kernel=kernel)
    plan = [found.pairs(mdp, step) for step in range(steps)]
    assert np.allclose(followed(mdp, plan, discount), found.value, rtol=0.0, atol=1e-8)
    for step, pairs in enumerate(plan):
        later = backward(mdp, steps - step - 1, discount=discount, kernel=kernel).value
        for state, chosen in enumerate(pairs.tolist()):
            q = [
                sum(p * (r + (0.0 if over else discount * later[to])) for p, r, over, to in one)
                for one in (ways(mdp, pair) for pair in mdp.pairs(state))
            ]
            if not q:
                assert chosen == -1
                continue
            rank = chosen - int(mdp.first_pair[state])
            assert q[rank] >= max(q) - 1.1e-9
            assert all(one < max(q) - 0.9e-9 for one in q[:rank])


@settings(max_examples=40)
@given(worlds(most=40), STEPS, DISCOUNT, st.booleans())
def test_both_kernels_give_the_same_to_the_last_bit(
    mdp: TabularMDP, steps: int, discount: float, keep: bool
) -> None:
    pytest.importorskip("numba")
    one, other = (
        backward(mdp, steps, discount=discount, keep=keep, kernel=kernel)
        for kernel in ("numpy", "numba")
    )
    assert np.array_equal(one.value, other.value)
    assert not keep or np.array_equal(one.policy, other.policy)  # type: ignore[arg-type]


@settings(max_examples=40)
@given(worlds(), STEPS, DISCOUNT, st.integers(0, 2**32 - 1))
def test_a_given_policy_gains_what_its_steps_gain(
    mdp: TabularMDP, steps: int, discount: float, seed: int
) -> None:
    drawn = np.random.default_rng(seed).integers(0, 3, len(mdp.pair_state)) + 0.0
    drawn[mdp.first_pair[:-1][np.diff(mdp.first_pair) > 0]] += 1.0
    weights: Floats = drawn / np.bincount(mdp.pair_state, drawn, len(mdp.states))[mdp.pair_state]
    value = np.zeros(len(mdp.states))
    for _ in range(steps):
        fresh = np.zeros_like(value)
        for pair, weight in enumerate(weights.tolist()):
            fresh[mdp.pair_state[pair]] += weight * sum(
                chance * (pays + (0.0 if over else discount * value[to]))
                for chance, pays, over, to in ways(mdp, pair)
            )
        value = fresh
    found = gained(mdp, steps, weights, discount=discount)
    assert np.allclose(found, value, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("seed", range(3))
def test_many_steps_come_to_the_optimum_without_an_end(kernel: str, seed: int) -> None:
    mdp = ragged_world(seed, 30, ends=0.05)
    found = backward(mdp, 300, keep=True, kernel=kernel)
    best = solve(mdp, kernel=kernel)
    assert np.allclose(found.value, best.value, rtol=0.0, atol=1e-8)
    assert np.array_equal(found.pairs(mdp, 0), best.policy)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("actions", "kind"), [(3, np.int8), (128, np.int8), (129, np.int16)])
def test_a_policy_is_kept_in_the_smallest_numbers(
    kernel: str, actions: int, kind: type[np.generic]
) -> None:
    mdp = ragged_world(1, 3, actions=actions, levels=50, ways=1, full=True)
    found = backward(mdp, 4, keep=True, kernel=kernel)
    assert found.policy is not None
    assert found.policy.dtype == kind
    assert np.allclose(found.value, by_recursion(mdp, 4, mdp.discount))
    assert int(found.policy.max()) > actions // 4


@pytest.mark.parametrize("kernel", KERNELS)
def test_no_step_is_worth_nothing_and_has_no_policy(kernel: str) -> None:
    found = backward(ragged_world(0, 5), 0, keep=True, kernel=kernel)
    assert found.value.tolist() == [0.0] * 5
    assert found.policy is not None
    assert found.policy.shape == (0, 5)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_pair_with_more_outcomes_than_columns_pay_for_is_solved_alike(kernel: str) -> None:
    mdp = ragged_world(3, 20, ways=150)
    assert int(np.diff(mdp.start).max()) > 64
    found = backward(mdp, 5, discount=1.0, kernel=kernel)
    assert np.allclose(found.value, by_recursion(mdp, 5, 1.0), rtol=0.0, atol=1e-12)


def test_what_cannot_be_is_refused_in_a_line() -> None:
    mdp = ragged_world(0, 4)
    with pytest.raises(InputError, match="at least 0, not -1"):
        backward(mdp, -1)
    with pytest.raises(InputError, match="between 0 and 1, not 2"):
        backward(mdp, 1, discount=2.0)
    with pytest.raises(InputError, match="sum to 1"):
        gained(mdp, 1, np.zeros(len(mdp.pair_state)))
    with pytest.raises(InputError, match="keep=True"):
        backward(mdp, 1).pairs(mdp, 0)
