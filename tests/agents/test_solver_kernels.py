"""The optimum by either kernel, against the definition."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.kernels import installed
from agents.rows import Jagged, Looped, Wide
from agents.solver import TOLERANCE, Solution, evaluate, modified, solve
from sandbox.mdp import Floats, TabularMDP
from tests.agents.test_solver import hazy_mdp
from tests.agents.worlds import KERNELS, ragged_world, worlds


def value_of(mdp: TabularMDP, pairs: tuple[int, ...]) -> Floats:
    """Return the value of a policy, `(S,)`, by solving its linear equations."""
    size = len(mdp.states)
    leads, pays = np.zeros((size, size)), np.zeros(size)
    for state, pair in enumerate(pairs):
        for row in range(int(mdp.start[pair]), int(mdp.start[pair + 1])) if pair >= 0 else ():
            pays[state] += mdp.probability[row] * mdp.reward[row]
            leads[state, mdp.next[row]] += mdp.probability[row] * (not mdp.ended[row])
    found: Floats = np.linalg.solve(np.eye(size) - mdp.discount * leads, pays).astype(np.float64)
    return found


def same(one: Solution, other: Solution) -> bool:
    fields = ("value", "q", "policy", "residual")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in fields)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("ways", [1, 3])
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), discount=st.sampled_from([0.0, 0.5, 0.9, 0.99]))
def test_it_is_the_best_of_all_policies_and_the_first_of_the_best_actions(
    kernel: str, ways: int, seed: int, discount: float
) -> None:
    mdp = ragged_world(seed, 4, ways=ways, levels=1, discount=discount)
    choices = [list(mdp.pairs(state)) or [-1] for state in range(4)]
    best = np.max([value_of(mdp, policy) for policy in product(*choices)], axis=0)
    found = solve(mdp, kernel=kernel)
    assert np.allclose(found.value, best, rtol=0.0, atol=1e-8)
    assert found.residual <= TOLERANCE
    for state, pairs in enumerate(choices):
        if pairs != [-1]:
            q = found.q[pairs]
            assert found.policy[state] == pairs[int(np.argmax(q >= q.max() - TOLERANCE))]


@settings(max_examples=60)
@given(worlds(most=40))
def test_both_kernels_solve_to_the_last_bit_alike(mdp: TabularMDP) -> None:
    pytest.importorskip("numba")
    assert same(solve(mdp, kernel="numpy"), solve(mdp, kernel="numba"))
    assert same(modified(mdp, kernel="numpy"), modified(mdp, kernel="numba"))


@pytest.mark.skipif(not installed(), reason="numba (extra fast) is missing")
@pytest.mark.parametrize("discount", [0.9, 0.999])
def test_both_kernels_settle_a_slow_world_alike(discount: float) -> None:
    mdp = hazy_mdp(1, 300, discount, 1.0)
    one, other = (solve(mdp, kernel=kernel) for kernel in ("numpy", "numba"))
    assert same(one, other)
    assert one.rounds == other.rounds


@pytest.mark.parametrize("kernel", KERNELS)
def test_of_large_rewards_the_first_tied_action_is_taken_though_they_round(kernel: str) -> None:
    for seed in range(5):
        mdp = ragged_world(seed, 60, ways=1, levels=1, ends=0.0, discount=0.99)
        large = mdp.with_reward(mdp.reward * 1e6 + 0.1)
        plain = mdp.with_reward(mdp.reward + 1e-7)
        assert np.array_equal(solve(large, kernel=kernel).policy, solve(plain).policy)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_pair_with_many_outcomes_is_solved_alike(kernel: str) -> None:
    mdp = ragged_world(5, 30, ways=120)
    assert int(np.diff(mdp.start).max()) > 64
    found = solve(mdp, kernel=kernel)
    assert np.allclose(evaluate(mdp, found.policy, mdp.reward), found.value, rtol=0.0, atol=1e-8)
    assert same(found, solve(mdp, kernel="numpy"))


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=30),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_every_way_of_summing_rows_sums_them(lengths: list[int], seed: int, shuffled: bool) -> None:
    rng = np.random.default_rng(seed)
    count = np.array(lengths)
    first, outcomes = np.cumsum(count) - count, int(count.sum())
    if shuffled:
        order = rng.permutation(len(count))
        first, count = first[order], count[order]
    weight, place = rng.random(outcomes), rng.integers(0, 7, outcomes)
    value, pay = rng.normal(size=7), rng.normal(size=len(count))
    plain = [
        sum(weight[n] * value[place[n]] for n in range(begin, begin + many)) + more
        for begin, many, more in zip(first.tolist(), count.tolist(), pay, strict=True)
    ]
    kinds = (Jagged, Wide, Looped) if installed() else (Jagged, Wide)
    found = [kind.of(first, count, weight, place).sums(value, pay) for kind in kinds]
    assert all(np.allclose(one, plain, rtol=0.0, atol=1e-12) for one in found)
    assert np.array_equal(found[0], found[-1]) or not installed()
