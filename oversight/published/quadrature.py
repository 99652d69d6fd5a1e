"""Integrate smooth functions of one variable by Gauss and Legendre's rule, panel by panel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from sandbox.mdp import Floats

NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)
TAIL = 12.0
"""Deviations beyond which a normal distribution has less than 1e-32 of its mass."""


def panels(edges: Sequence[float], count: int) -> tuple[Floats, Floats]:
    """Return nodes and weights, each stretch between two edges cut into `count` panels.

    A function must be smooth between two edges; where it is not, an edge belongs.
    """
    cuts = np.concatenate([np.linspace(low, high, count + 1) for low, high in pairwise(edges)])
    low, high = cuts[:-1], cuts[1:]
    half = ((high - low) / 2)[:, None]
    nodes = ((high + low) / 2)[:, None] + half * NODES
    return nodes.ravel(), (half * WEIGHTS).ravel()


def normal(mean: float, deviation: float, *edges: float, count: int = 60) -> tuple[Floats, Floats]:
    """Return values of a normal variable, and the weight of each in an expectation.

    Args:
        mean: of the variable.
        deviation: of the same.
        edges: where what is to be integrated is not smooth.
        count: panels between two edges.
    """
    low, high = mean - TAIL * deviation, mean + TAIL * deviation
    inner = sorted(one for one in edges if low < one < high)
    values, weights = panels([low, *inner, high], count)
    return values, weights * density((values - mean) / deviation) / deviation


def density(at: Floats) -> Floats:
    """Return the density of the standard normal distribution."""
    found: Floats = np.exp(-at * at / 2) / math.sqrt(2 * math.pi)
    return found


def below(at: Floats | float) -> Floats:
    """Return the chance that a standard normal variable is below `at`."""
    return np.array([math.erfc(-one / math.sqrt(2)) / 2 for one in np.atleast_1d(at)])
