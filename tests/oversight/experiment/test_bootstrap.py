"""Hold the bootstrap to the same draws for the same seeds, and to what an interval must do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oversight.experiment.bootstrap import GROUPS, bootstrap, expanded, ratio
from oversight.experiment.intervals import Estimate
from oversight.experiment.neutrality import entropy, neutrality, table
from sandbox.mdp import Floats

samples = st.lists(st.floats(-100, 100, width=32), min_size=2, max_size=25)


def mean_of(values: list[float] | Floats) -> Estimate:
    column = np.asarray(values, dtype=float)
    return bootstrap(np.column_stack((column, np.ones(len(column)))), ratio)


@given(values=samples)
@settings(max_examples=20, deadline=None)
def test_an_interval_holds_its_mean_and_stays_among_the_values(values: list[float]) -> None:
    found = mean_of(values)
    low, high = found.bounds
    slack = 1e-9
    assert min(values) - slack <= low <= found.value <= high <= max(values) + slack
    assert found == mean_of(values)


@given(values=samples, by=st.floats(0.1, 10), on=st.floats(-50, 50))
@settings(max_examples=20, deadline=None)
def test_an_interval_moves_and_grows_with_its_values(
    values: list[float], by: float, on: float
) -> None:
    low, high = mean_of(values).bounds
    moved = mean_of([by * one + on for one in values]).bounds
    assert moved == pytest.approx((by * low + on, by * high + on), abs=1e-6 * (1 + by * 100))


def test_seeds_that_all_came_out_the_same_show_no_spread_and_one_seed_none_to_show() -> None:
    assert mean_of([0.1] * 7).bounds == pytest.approx((0.1, 0.1))
    found = mean_of([3.0])
    assert (found.value, found.low, found.high, found.how) == (3.0, None, None, "one seed")


def test_the_interval_of_many_seeds_is_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(3).standard_normal(800)
    half = 1.96 * values.std(ddof=1) / math.sqrt(800)
    low, high = mean_of(values).bounds
    assert (low, high) == pytest.approx(
        (values.mean() - half, values.mean() + half), abs=0.15 * half
    )


def test_very_many_seeds_are_drawn_in_groups_and_keep_their_width() -> None:
    values = np.random.default_rng(3).exponential(size=20 * GROUPS + 7)
    half = 1.96 * values.std() / math.sqrt(len(values))
    found = mean_of(values)
    assert found.n == len(values)
    assert found.bounds[1] - found.bounds[0] == pytest.approx(2 * half, rel=0.1)


@pytest.mark.parametrize("seeds", [5, 10, 20])
def test_an_interval_of_few_seeds_covers_about_as_often_as_it_says(seeds: int) -> None:
    chance = np.random.default_rng(seeds)
    runs = 200
    hits = 0
    for _ in range(runs):
        low, high = mean_of(chance.standard_normal(seeds)).bounds
        hits += low <= 0.0 <= high
    assert 0.85 < hits / runs < 0.99


def test_few_seeds_have_their_tails_taken_further_out() -> None:
    wide = [expanded(0.95, seeds) for seeds in (2, 5, 20, 1000)]
    assert wide == sorted(wide, reverse=True)
    assert wide[-1] == pytest.approx(1.96, abs=5e-3)


def test_draws_without_a_figure_are_passed_over() -> None:
    found = bootstrap(np.array([[1.0, 1.0], [0.0, 0.0], [0.5, 1.0]]), ratio)
    assert found.value == 0.75
    assert 0.5 <= found.bounds[0] <= found.bounds[1] <= 1.0


def test_entropy_is_zero_where_the_length_is_settled_and_one_bit_a_fair_choice() -> None:
    assert entropy(np.array([[5.0, 0.0], [3.0, 3.0], [0.0, 0.0]])) == pytest.approx(
        [0.0, 1.0, math.nan], nan_ok=True
    )


@given(parts=st.lists(st.floats(0.01, 1), min_size=1, max_size=8))
def test_entropy_is_at_most_that_of_even_chances(parts: list[float]) -> None:
    found = float(entropy(np.array([parts]))[0])
    assert 0 <= found <= math.log2(len(parts)) + 1e-12


def test_neutrality_of_an_exact_row_is_exact() -> None:
    found = neutrality(table([(("3", 0.5), ("9", 0.5))]), sampled=False, single=True)
    assert (found.value, found.how, found.bias) == (1.0, "exact", None)


def test_neutrality_of_learners_is_the_mean_of_their_own_and_not_of_the_mixture() -> None:
    settled = table([(("3", 1.0),), (("9", 1.0),)])
    assert neutrality(settled, sampled=False).value == 0.0
    assert neutrality(settled, sampled=True).value == 1.0


def test_neutrality_of_episodes_tells_its_bias_and_covers_a_fair_choice() -> None:
    chance = np.random.default_rng(5)
    hits = 0
    for _ in range(60):
        long = chance.random(32) < 0.5
        found = neutrality(np.column_stack((long, ~long)).astype(float), sampled=True)
        assert found.bias == pytest.approx(-1 / (64 * math.log(2)))
        low, high = found.bounds
        hits += low <= 1.0 <= high
    assert hits >= 54
