"""Hold intervals to published values, to exact sums, and to what an interval must never do."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oversight.experiment.beta import below, quantile, student
from oversight.experiment.intervals import (
    LEVEL,
    Estimate,
    complement,
    exact,
    jeffreys,
    lesser,
    mean,
    paired_difference,
    rate,
    wilson,
)

Bounds = Callable[[float, int], tuple[float, float]]

counts = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
shapes = st.floats(0.5, 80)


def chance_of(hits: int, n: int, at: float) -> float:
    """Return the binomial chance of `hits` of `n`."""
    return math.comb(n, hits) * at**hits * (1 - at) ** (n - hits)


@given(n=st.integers(1, 40), at=st.floats(0.001, 0.999), data=st.data())
def test_the_beta_chance_is_a_binomial_tail(n: int, at: float, data: st.DataObject) -> None:
    least = data.draw(st.integers(1, n))
    tail = math.fsum(chance_of(hits, n, at) for hits in range(least, n + 1))
    assert below(at, least, n - least + 1) == pytest.approx(tail, rel=1e-10, abs=1e-14)


@given(at=st.floats(0, 0.999))
def test_the_beta_chance_of_halves_is_the_arcsine_law(at: float) -> None:
    assert below(at, 0.5, 0.5) == pytest.approx(2 / math.pi * math.asin(math.sqrt(at)), abs=1e-12)


@given(part=st.integers(0, 1024), first=shapes, second=shapes)
def test_the_beta_chance_mirrors_itself(part: int, first: float, second: float) -> None:
    at = part / 1024  # so that 1 - at is exact
    mirrored = 1 - below(1 - at, second, first)
    assert below(at, first, second) == pytest.approx(mirrored, abs=1e-12)


@given(chance=st.floats(1e-6, 1 - 1e-4), first=shapes, second=shapes)
def test_a_quantile_has_its_chance_below_it(chance: float, first: float, second: float) -> None:
    assert below(quantile(chance, first, second), first, second) == pytest.approx(chance, rel=1e-6)


def test_quantiles_at_the_ends_are_the_ends() -> None:
    assert (quantile(0.0, 2, 3), quantile(1.0, 2, 3)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("freedom", "deviations"), [(1, 12.706205), (4, 2.776445), (9, 2.262157), (30, 2.042272)]
)
def test_students_deviations_are_those_of_the_printed_tables(
    freedom: int, deviations: float
) -> None:
    assert student(0.95, freedom) == pytest.approx(deviations, abs=1e-6)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_that_of_newcombes_table(
    hits: int, n: int, low: float, high: float
) -> None:
    """Newcombe 1998, Two-sided Confidence Intervals for the Single Proportion, Table I."""
    assert wilson(hits, n) == pytest.approx((low, high), abs=6e-5)


@given(case=counts)
def test_the_bounds_of_wilson_solve_the_score_equation(case: tuple[int, int]) -> None:
    hits, n = case
    for bound in wilson(hits, n):
        if 0 < bound < 1:
            deviation = abs(hits / n - bound) / math.sqrt(bound * (1 - bound) / n)
            assert deviation == pytest.approx(1.959964, rel=1e-6)


@given(case=counts)
def test_jeffreys_leaves_as_much_out_on_each_side(case: tuple[int, int]) -> None:
    hits, n = case
    low, high = jeffreys(hits, n)
    if hits:
        assert below(low, hits + 0.5, n - hits + 0.5) == pytest.approx(0.025, rel=1e-6)
    if hits < n:
        assert below(high, hits + 0.5, n - hits + 0.5) == pytest.approx(0.975, rel=1e-6)


@pytest.mark.parametrize("bounds", [wilson, jeffreys])
@given(case=counts)
@settings(max_examples=30, deadline=None)
def test_an_interval_of_a_rate_lies_in_the_unit_and_holds_its_rate(
    bounds: Bounds, case: tuple[int, int]
) -> None:
    hits, n = case
    low, high = bounds(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    assert low < high
    assert bounds(n - hits, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize("bounds", [wilson, jeffreys])
@given(case=counts)
@settings(max_examples=30, deadline=None)
def test_more_hits_move_both_bounds_up_and_more_trials_narrow_them(
    bounds: Bounds, case: tuple[int, int]
) -> None:
    hits, n = case
    low, high = bounds(hits, n)
    if hits < n:
        more_low, more_high = bounds(hits + 1, n)
        assert more_low >= low
        assert more_high >= high
    ten_low, ten_high = bounds(10 * hits, 10 * n)
    assert ten_high - ten_low < high - low


@pytest.mark.parametrize("bounds", [wilson, jeffreys])
def test_an_interval_of_a_rate_covers_it_as_often_as_it_says(bounds: Bounds) -> None:
    """On average over rates by exact sums; at no rate in the middle far below."""
    n = 20
    found = [bounds(hits, n) for hits in range(n + 1)]
    rates = [(step + 0.5) / 200 for step in range(200)]
    covered = [
        math.fsum(
            chance_of(hits, n, at) for hits, (low, high) in enumerate(found) if low <= at <= high
        )
        for at in rates
    ]
    assert sum(covered) / len(covered) == pytest.approx(LEVEL, abs=0.01)
    assert min(one for at, one in zip(rates, covered, strict=True) if 0.1 < at < 0.9) > 0.89


def test_no_trial_is_no_rate() -> None:
    assert rate(0, 0) is None
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_paired_difference_covers_as_often_as_it_says() -> None:
    """By exact sums over the four outcomes of a pair, where the two rates hang together."""
    n, both, one, other = 12, 0.45, 0.35, 0.05
    covered = 0.0
    for a in range(n + 1):
        for b in range(n + 1 - a):
            for c in range(n + 1 - a - b):
                d = n - a - b - c
                chance = math.factorial(n) / math.prod(map(math.factorial, (a, b, c, d)))
                chance *= both**a * one**b * other**c * (1 - both - one - other) ** d
                first, second = rate(a + b, n), rate(a + c, n)
                assert first is not None
                assert second is not None
                inner = (a + b) * (c + d) * (a + c) * (b + d)
                hang = (a * d - b * c) / math.sqrt(inner) if inner else 0.0
                low, high = paired_difference(first, second, hang).bounds
                covered += chance * (low <= one - other <= high)
    assert 0.92 < covered < 0.99


@settings(max_examples=40)
@given(first=counts, second=counts, hang=st.floats(-1, 1))
def test_a_difference_holds_its_figure_and_turns_round(
    first: tuple[int, int], second: tuple[int, int], hang: float
) -> None:
    one, other = rate(*first), rate(*second)
    assert one is not None
    assert other is not None
    found = paired_difference(one, other, hang)
    back = paired_difference(other, one, hang)
    assert -1 <= found.value <= 1
    assert found.bounds[0] <= found.value <= found.bounds[1]
    assert back.bounds == pytest.approx((-found.bounds[1], -found.bounds[0]))


def test_what_is_exact_has_no_interval_whatever_is_done_with_it() -> None:
    found = exact(0.25)
    for one in (
        found,
        complement(found),
        lesser(found, exact(0.5)),
        paired_difference(found, exact(0.5)),
        mean([found, exact(0.5)]),
    ):
        assert one is not None
        assert (one.how, one.low, one.high) == ("exact", None, None)
        assert one.bounds == (one.value, one.value)


@settings(max_examples=40)
@given(cases=st.lists(counts, min_size=1, max_size=6), fixed=st.floats(0, 1))
def test_a_mean_over_tasks_is_narrower_than_its_widest_part(
    cases: list[tuple[int, int]], fixed: float
) -> None:
    parts = [one for case in cases if (one := rate(*case))]
    found = mean([*parts, exact(fixed)])
    assert found is not None
    low, high = found.bounds
    assert 0 <= low <= found.value <= high <= 1
    assert found.tasks == len(cases) + 1
    widest = max(one.bounds[1] - one.bounds[0] for one in parts)
    assert high - low < widest


def test_a_part_without_an_interval_leaves_the_whole_without_one() -> None:
    lone = Estimate(0.5, None, None, 1, "one seed")
    sure = rate(5, 10)
    assert sure is not None
    for found in (mean([lone, sure]), paired_difference(lone, sure), lesser(sure, lone)):
        assert found is not None
        assert (found.how, found.low) == ("one seed", None)


def test_the_mean_of_nothing_is_nothing() -> None:
    assert mean([]) is None


def test_the_lesser_of_two_has_the_lesser_bounds() -> None:
    one, other = rate(9, 10), rate(7, 10)
    assert one is not None
    assert other is not None
    assert lesser(one, other).bounds == pytest.approx(other.bounds)
