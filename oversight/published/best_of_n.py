"""Choose the best of n by a proxy: how far that goes from the base, and what it gains of the gold.

Source: Gao, Schulman and Hilton 2022, Scaling Laws for Reward Model Overoptimization, for the
distance; the gains follow from normal scores of which proxy and gold share a part.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from oversight.published.effort import Effort
from oversight.published.figure import Figure
from oversight.published.quadrature import below, normal, panels

SHARE, SEED, CHUNK = 0.6, 29, 100_000
"""Correlation of proxy and gold, the seed of draws, and how many are drawn at once."""


def divergence(count: int) -> float:
    """Return the KL divergence of the best of `count` from one draw, integrated, in nats.

    By rank the base is uniform on [0, 1], and the best has the density n r^(n-1).
    """
    rank, weight = panels([0.0, 1.0 / count, 1.0], 400)
    thick = count * rank ** (count - 1)
    return float(weight @ (thick * np.log(np.maximum(thick, 1e-300))))


def closed(count: int) -> float:
    """Return the same in closed form: log n - (n - 1) / n."""
    return math.log(count) - (count - 1) / count


def greatest(count: int) -> float:
    """Return the mean of the greatest of `count` standard normal draws, integrated."""
    value, weight = normal(0.0, 1.0)
    return float(weight @ (count * value * below(value) ** (count - 1)))


def gold(count: int, draws: int) -> float:
    """Return the mean gold of what is best of `count` by the proxy, drawn."""
    chance, total = np.random.default_rng(SEED), 0.0
    for _ in range(0, draws, CHUNK):
        best = chance.standard_normal((CHUNK, count))
        other = chance.standard_normal((CHUNK, count))
        proxy = SHARE * best + math.sqrt(1 - SHARE**2) * other
        total += float(best[np.arange(CHUNK), proxy.argmax(axis=1)].sum())
    return total / draws


DISTANCES = (
    (2, 0.193147),
    (4, 0.636294),
    (10, 1.402585),
    (16, 1.835089),
    (64, 3.174508),
    (100, 3.615170),
    (1000, 5.908755),
)
OF_TEN = 1.538753
GAO = "Gao, Schulman & Hilton 2022, best of n"
ORDER = "order statistics of the normal distribution, computed apart from this code"
EXACT = (
    *(
        Figure(f"KL of the best of {count}, {words}", figure, partial(found, count), 1e-6, GAO)
        for count, figure in DISTANCES
        for words, found in (("integrated", divergence), ("closed form", closed))
    ),
    Figure("greatest of 10", OF_TEN, partial(greatest, 10), 1e-6, ORDER),
)


def figures(effort: Effort) -> tuple[Figure, ...]:
    """Return the distances, and the gain, which is drawn."""
    gain = Figure(
        f"gold of the best of 10, correlation {SHARE}, {effort.goals} draws",
        SHARE * OF_TEN,
        partial(gold, 10, effort.goals),
        5.0 / math.sqrt(effort.goals),  # five deviations, which are less than 1, of the mean
        ORDER,
    )
    return (*EXACT, gain)
