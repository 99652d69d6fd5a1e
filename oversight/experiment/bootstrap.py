"""Draw seeds again, to see how far a figure would be off with other seeds.

A figure is a function of sums over seeds: a mean is a sum of values over a sum of ones. So a draw
is a row of counts, how often each seed was drawn, and all draws of all sums are one product of
matrices. The counts depend only on the number of seeds: figures of the same seeds are drawn
together, which pairs them, and the same rows give the same bytes.

The interval is bias-corrected and accelerated (BCa), with its tails taken further out for few
seeds, as Student's t asks. It says nothing of what no seed showed: where all seeds came out the
same, it has no width.

Source: Efron 1987, Better Bootstrap Confidence Intervals; Hesterberg 2015, What Teachers Should
Know About the Bootstrap (the expanded interval).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from oversight.experiment.beta import student
from oversight.experiment.intervals import LEVEL, Estimate
from sandbox.mdp import Floats

Statistic = Callable[[Floats], Floats]
"""From sums of terms, [draws, terms], to the figure of each draw, [draws]."""

DRAWS, SEED = 2000, 20_260
GROUPS = 256
"""More seeds than this are drawn in so many groups of seeds."""


def bootstrap(terms: Floats, statistic: Statistic, level: float = LEVEL) -> Estimate:
    """Return a figure of sums over seeds, with its interval.

    Args:
        terms: to be summed, [seeds, terms].
        statistic: the figure, of the sums; NaN where it cannot be had.
        level: chance to cover.
    """
    rows = len(terms)
    value = float(statistic(terms.sum(axis=0, keepdims=True))[0])
    grouped = _grouped(terms)
    if len(grouped) < 2:  # noqa: PLR2004 (one seed shows no spread)
        return Estimate(value, None, None, rows, "one seed")
    if (grouped == grouped[0]).all():
        return Estimate(value, value, value, rows, "bootstrap")
    drawn = statistic(_counts(len(grouped)) @ grouped)
    drawn = np.sort(drawn[np.isfinite(drawn)])
    left_out = statistic(grouped.sum(axis=0) - grouped)
    wide = expanded(level, len(grouped))
    low, high = _bounds(value, drawn, left_out[np.isfinite(left_out)], wide)
    return Estimate(value, low, high, rows, "bootstrap")


def ratio(sums: Floats) -> Floats:
    """Return the first sum over the second: a mean, where the second counts."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = sums[:, 0] / sums[:, 1]
    return found


@lru_cache(maxsize=64)
def expanded(level: float, seeds: int) -> float:
    """Return the deviations on each side at which few seeds cover as many do."""
    return math.sqrt(seeds / (seeds - 1)) * student(level, seeds - 1)


def _bounds(value: float, drawn: Floats, left_out: Floats, wide: float) -> tuple[float, float]:
    """Return the interval: quantiles of what was drawn, shifted for bias and skewness."""
    fuzz = 1e-12 * max(1.0, abs(value))
    if not len(drawn) or drawn[-1] - drawn[0] <= fuzz:
        return value, value
    normal = NormalDist()
    under = float((drawn < value - fuzz).mean() + (drawn <= value + fuzz).mean()) / 2
    shift = normal.inv_cdf(min(max(under, 0.5 / len(drawn)), 1 - 0.5 / len(drawn)))
    skew = _acceleration(left_out)
    points = []
    for deviations in (-wide, wide):
        moved = shift + deviations
        points.append(normal.cdf(shift + moved / max(1 - skew * moved, 1e-9)))
    low, high = (float(one) for one in np.quantile(drawn, points))
    return min(low, value), max(high, value)


def _acceleration(left_out: Floats) -> float:
    """Return how fast the spread grows with the figure, from the figures without each seed."""
    if not len(left_out):
        return 0.0
    off = left_out.mean() - left_out
    spread = float((off**2).sum())
    return float((off**3).sum()) / (6 * spread**1.5) if spread > 1e-24 else 0.0  # noqa: PLR2004


def _grouped(terms: Floats) -> Floats:
    """Sum the terms of every so many seeds, if there are very many."""
    if len(terms) <= GROUPS:
        return terms
    found = np.zeros((GROUPS, terms.shape[1]))
    np.add.at(found, np.arange(len(terms)) % GROUPS, terms)
    return found


@lru_cache(maxsize=4)
def _counts(seeds: int) -> Floats:
    """Return how often each seed is drawn, [draws, seeds]."""
    chance = np.random.default_rng(SEED)
    counts = chance.multinomial(seeds, np.full(seeds, 1.0 / seeds), size=DRAWS)
    return counts.astype(np.float64)
