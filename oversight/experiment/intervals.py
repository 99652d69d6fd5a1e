"""Put an interval around a figure, so that no mean stands bare.

A figure that was computed exactly has none and says so; one sampled seed has none and says that. A
rate of sampled episodes has Wilson's interval (or Jeffreys'), which keeps its width where all
episodes came out the same. Sums and differences of rates are put together from the intervals of
their parts by square and add: each part gives the distance from its figure to its bound.

Source: Wilson 1927; Brown, Cai and DasGupta 2001, Interval Estimation for a Binomial Proportion;
Newcombe 1998, Improved Confidence Intervals for the Difference between Binomial Proportions Based
on Paired Data (method 10, without its continuity correction); Zou and Donner 2008 for sums.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

from oversight.experiment.beta import quantile

LEVEL = 0.95
"""Chance with which an interval covers what it is about, in the long run."""

How = Literal["exact", "one seed", "wilson", "jeffreys", "bootstrap", "square and add"]
RateHow = Literal["wilson", "jeffreys"]


@dataclass(frozen=True)
class Estimate:
    """Hold a figure and how sure it is.

    Attributes:
        value: the figure.
        low: of its interval; None where there is none.
        high: of the same.
        n: rows that it rests on.
        how: exact (no interval is needed), one seed (none can be had), or the interval's method.
        left: rows that had no such figure, and were left out.
        tasks: over which it is a mean; 0 for a figure of one task.
        bias: what the figure is off by on average, where that is known; positive is too high.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    how: How
    left: int = 0
    tasks: int = 0
    bias: float | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the interval; an exact figure's is the figure, one seed's is not known (NaN)."""
        if self.low is not None and self.high is not None:
            return self.low, self.high
        missing = self.value if self.how == "exact" else math.nan
        return missing, missing


def exact(value: float, n: int = 1) -> Estimate:
    """Return a figure that was computed, not sampled."""
    return Estimate(value, None, None, n, "exact")


def deviations(level: float = LEVEL) -> float:
    """Return the standard deviations on each side that hold `level` of a normal distribution."""
    return NormalDist().inv_cdf((1.0 + level) / 2)


def wilson(hits: float, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's interval for `hits` of `n`; all of [0, 1] where n is 0."""
    if n == 0:
        return 0.0, 1.0
    part, square = hits / n, deviations(level) ** 2
    middle = (part + square / (2 * n)) / (1 + square / n)
    half = math.sqrt(square * (part * (1 - part) / n + square / (4 * n * n))) / (1 + square / n)
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return low, 1.0 if hits == n else min(1.0, middle + half)


def jeffreys(hits: float, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Return Jeffreys' interval for `hits` of `n`, which reaches 0 at no hits and 1 at n."""
    tail, first, second = (1.0 - level) / 2, hits + 0.5, n - hits + 0.5
    low = 0.0 if hits == 0 else quantile(tail, first, second)
    return low, 1.0 if hits == n else quantile(1.0 - tail, first, second)


def rate(hits: float, n: int, how: RateHow = "wilson", level: float = LEVEL) -> Estimate | None:
    """Return the part `hits` of `n` with its interval; None where n is 0."""
    if n == 0:
        return None
    low, high = (wilson if how == "wilson" else jeffreys)(hits, n, level)
    return Estimate(hits / n, low, high, n, how)


def paired_difference(one: Estimate, other: Estimate, correlation: float = 0.0) -> Estimate:
    """Return one rate less another, by Newcombe's square and add.

    Args:
        one: a rate with its interval, or exact.
        other: the same of the same seeds.
        correlation: of the two, over the seeds.
    """
    value = one.value - other.value
    if one.how == other.how == "exact":
        return exact(value, max(one.n, other.n))
    (one_low, one_high), (other_low, other_high) = one.bounds, other.bounds
    down = _joined(one.value - one_low, other_high - other.value, correlation)
    up = _joined(one_high - one.value, other.value - other_low, correlation)
    sampled = [each.n for each in (one, other) if each.how != "exact"]
    return _around(value, down, up, min(sampled))


def mean(parts: Sequence[Estimate]) -> Estimate | None:
    """Return the mean of independent figures, each of one task, by square and add."""
    if not parts:
        return None
    count = len(parts)
    value = math.fsum(one.value for one in parts) / count
    rows, left = sum(one.n for one in parts), sum(one.left for one in parts)
    if all(one.how == "exact" for one in parts):
        found = exact(value, rows)
    else:
        down = math.hypot(*(one.value - one.bounds[0] for one in parts)) / count
        up = math.hypot(*(one.bounds[1] - one.value for one in parts)) / count
        found = _around(value, down, up, rows)
    return replace(found, left=left, tasks=count)


def lesser(one: Estimate, other: Estimate) -> Estimate:
    """Return the lesser of two figures; its bounds are the lesser of theirs."""
    if one.how == other.how == "exact":
        return exact(min(one.value, other.value), max(one.n, other.n))
    value = min(one.value, other.value)
    low, high = (
        math.nan if any(map(math.isnan, pair)) else min(pair)
        for pair in zip(one.bounds, other.bounds, strict=True)
    )
    rows = min(each.n for each in (one, other) if each.how != "exact")
    found = _around(value, value - low, high - value, rows)
    return replace(found, left=max(one.left, other.left))


def complement(one: Estimate) -> Estimate:
    """Return the chance that something does not happen."""
    low, high = (None if bound is None else 1.0 - bound for bound in (one.high, one.low))
    return replace(one, value=1.0 - one.value, low=low, high=high)


def _joined(one: float, other: float, correlation: float) -> float:
    """Return how far a difference may be off, when its two parts may be off so far."""
    square = one * one + other * other - 2 * correlation * one * other
    return square if math.isnan(square) else math.sqrt(max(0.0, square))


def _around(value: float, down: float, up: float, rows: int) -> Estimate:
    """Return a figure with its interval; without one, where a part of it had none."""
    if math.isnan(down) or math.isnan(up):
        return Estimate(value, None, None, rows, "one seed")
    return Estimate(value, value - down, value + up, rows, "square and add")
