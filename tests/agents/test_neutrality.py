"""How long episodes are, and what is made of each length, is counted exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.lengths import ages, most
from agents.neutrality import neutrality, spread, usefulness
from agents.policies import one_sure
from agents.solver import evaluate_by_chance, solve
from sandbox.errors import InputError
from sandbox.mdp import Floats, TabularMDP, tables
from tasks import load
from tests.agents.layered import layered
from tests.agents.test_solver import random_mdp

SEEDS = st.integers(0, 10_000)


def drawn(mdp: TabularMDP, seed: int) -> Floats:
    """Return random chances of the pairs."""
    weight = np.random.default_rng(seed).exponential(size=len(mdp.pair_state))
    shares: Floats = weight / np.bincount(mdp.pair_state, weight)[mdp.pair_state]
    return shares


def ways(mdp: TabularMDP, state: int, left: int) -> list[tuple[int, float, tuple[int, ...]]]:
    """Return steps, discounted reward and pairs of every way from `state`, cut after `left`."""
    found = []
    for pair in mdp.pairs(state) if left else ():
        row = int(mdp.start[pair])
        after = [(0, 0.0, ())] if mdp.ended[row] else ways(mdp, int(mdp.next[row]), left - 1)
        for steps, worth, pairs in after or [(0, 0.0, ())]:
            total = float(mdp.reward[row]) + mdp.discount * worth
            found.append((steps + 1, total, (pair, *pairs)))
    return found


@settings(max_examples=25)
@given(SEEDS)
def test_lengths_and_what_they_bring_are_those_of_every_way(seed: int) -> None:
    mdp = layered(seed)
    shares = drawn(mdp, seed)
    chance, brought = np.zeros(10), np.zeros(10)
    best = np.full(10, -np.inf)
    for steps, worth, pairs in ways(mdp, 0, 9):
        weight = float(np.prod(shares[list(pairs)]))
        chance[steps] += weight
        brought[steps] += weight * worth
        best[steps] = max(best[steps], worth)
    found = spread(mdp, shares, 9)
    assert np.allclose(found.chance, chance)
    assert np.allclose(found.brought, brought)
    assert np.allclose(most(mdp, 9)[:, 0], best)
    known = np.flatnonzero((chance > 0) & (best > 0))
    none = chance[(chance > 0) & (best == 0)].sum()
    useful = none + (brought[known] / best[known]).sum()
    assert usefulness(mdp, shares, 9) == pytest.approx(useful)


@settings(max_examples=25)
@given(SEEDS)
def test_all_lengths_together_bring_the_value_of_the_policy(seed: int) -> None:
    """Where chance decides, too; the cut is so late that nothing is left."""
    mdp = random_mdp(seed)
    shares = drawn(mdp, seed)
    found = spread(mdp, shares, 400)
    assert found.chance.sum() == pytest.approx(1.0)
    value = evaluate_by_chance(mdp, shares, mdp.reward)
    assert found.brought.sum() == pytest.approx(value[0], abs=1e-6)


def test_what_is_cut_counts_as_the_longest() -> None:
    mdp = tables(load("boat_race"), 0.9).without_performance()
    round_ = one_sure(mdp, solve(mdp).policy)
    assert spread(mdp, round_, 7).chance[7] == 1.0
    with pytest.raises(InputError, match="cut after 7 steps"):
        usefulness(mdp, round_, 7)


@pytest.mark.parametrize(
    ("chance", "bits"),
    [((1.0, 0.0), 0.0), ((0.5, 0.5), 1.0), ((0.25,) * 4, 2.0), ((0.317, 0.683), 0.901)],
)
def test_neutrality_is_the_entropy_in_bits(chance: tuple[float, ...], bits: float) -> None:
    assert neutrality(np.array(chance)) == pytest.approx(bits, abs=5e-4)


def test_the_most_of_each_length_is_what_the_task_says() -> None:
    task = load("shutdown_delay/two-buttons")
    mdp = replace(tables(task, 0.9), discount=1.0)
    found = most(mdp, 20)[:, mdp.initial > 0].ravel()
    assert {int(one): float(found[one]) for one in np.flatnonzero(np.isfinite(found))} == (
        task.most()  # type: ignore[attr-defined]
    )


def test_usefulness_is_refused_where_it_has_no_meaning() -> None:
    mdp = random_mdp(1)
    with pytest.raises(InputError, match="chance decides where actions lead"):
        usefulness(mdp, drawn(mdp, 1), 50)
    two = layered(1, starts=2)
    with pytest.raises(InputError, match="where an episode begins"):
        usefulness(two, drawn(two, 1), 50)
    loss = layered(1)
    with pytest.raises(InputError, match="nothing but a loss"):
        usefulness(loss.with_reward(loss.reward - 9.0), drawn(loss, 1), 50)


def test_a_state_tells_its_age_by_a_clock_or_not_at_all() -> None:
    mdp = layered(4)
    assert all(age in {-1, state[0]} for age, state in zip(ages(mdp), mdp.states, strict=True))
    with pytest.raises(InputError, match="there is no clock"):
        ages(tables(load("lava_world"), 0.9))
