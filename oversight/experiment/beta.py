"""Compute the beta distribution, the chance below a point and its inverse, and Student's t by it.

The chance is the continued fraction of the regularised incomplete beta function, evaluated where it
converges fast; its inverse halves a bracket until no float lies between, and so cannot diverge.

Source: NIST Digital Library of Mathematical Functions, 8.17.4 and 8.17.22.
"""

from __future__ import annotations

import math

TINY = 1e-300
"""Stands for zero where it would be divided by."""
TERMS = 100_000
"""Of the fraction, at the most; it takes about the root of the larger parameter."""


def below(at: float, first: float, second: float) -> float:
    """Return the chance that a beta variable with these two parameters is below `at`."""
    if at <= 0.0 or at >= 1.0:
        return float(at >= 1.0)
    if at > (first + 1.0) / (first + second + 2.0):
        return 1.0 - _small(1.0 - at, second, first)
    return _small(at, first, second)


def quantile(chance: float, first: float, second: float) -> float:
    """Return the point below which a beta variable is with this chance."""
    if chance <= 0.0 or chance >= 1.0:
        return float(chance >= 1.0)
    low, high = 0.0, 1.0
    while True:
        middle = (low + high) / 2
        if middle in {low, high}:
            return middle
        if below(middle, first, second) < chance:
            low = middle
        else:
            high = middle


def student(level: float, freedom: int) -> float:
    """Return the deviations on each side that hold `level` of Student's t distribution."""
    square = quantile(1.0 - level, freedom / 2, 0.5)
    return math.sqrt(freedom * (1.0 - square) / square)


def _small(at: float, first: float, second: float) -> float:
    """Return the same chance left of the bulk, where the fraction converges fast."""
    scale = math.lgamma(first + second) - math.lgamma(first) - math.lgamma(second)
    power = scale + first * math.log(at) + second * math.log1p(-at)
    return math.exp(power) / (first * _fraction(at, first, second))


def _fraction(at: float, first: float, second: float) -> float:
    """Return 1 + d1/(1 + d2/(1 + ...)) of 8.17.22, front to back by Lentz's two ratios."""
    value, ahead, behind = 1.0, 1.0, 0.0
    for term in range(1, TERMS):
        half, odd = divmod(term, 2)
        both = first + 2 * half
        if odd:
            step = -(first + half) * (first + second + half) * at / (both * (both + 1))
        else:
            step = half * (second - half) * at / ((both - 1) * both)
        behind = 1.0 / ((1.0 + step * behind) or TINY)
        ahead = (1.0 + step / ahead) or TINY
        value *= ahead * behind
        if abs(ahead * behind - 1.0) < 1e-15:  # noqa: PLR2004 (of a float)
            break
    return value
