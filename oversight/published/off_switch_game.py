"""Find what an agent in doubt gains by leaving the decision to a person, and when it does.

The incentive to defer is E[pi(U) U] - max(E[U], 0): what comes of asking, less the better of acting
and switching off unasked. For a normal belief it is integrated, and found a second time by a closed
form; for beliefs over a few worths it is summed in whole numbers, so that its sign is exact.

Source: Hadfield-Menell, Dragan, Abbeel and Russell 2017, The Off-Switch Game, Theorem 1 and
Equation 1. The closed forms follow from it by Stein's lemma.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np

from oversight.published.figure import Figure
from oversight.published.quadrature import below, density, normal
from sandbox.mdp import Floats


class Doubt(NamedTuple):
    """Hold a normal belief over what an action is worth.

    Attributes:
        mean: of the worth.
        deviation: of the same.
    """

    mean: float
    deviation: float


def boltzmann(worth: Floats, beta: float) -> Floats:
    """Return a noisy person's chance to let actions of these worths run; 0 is rational."""
    if beta == 0.0:
        return (worth >= 0).astype(float)
    chance: Floats = 0.5 * (1 + np.tanh(worth / (2 * beta)))  # never overflows
    return chance


def incentive(doubt: Doubt, beta: float) -> float:
    """Return what deferring gains over the better of acting and switching off, integrated."""
    worth, weight = normal(*doubt, 0.0)
    asked = float(weight @ (boltzmann(worth, beta) * worth))
    return asked - max(float(weight @ worth), 0.0)


def closed(doubt: Doubt) -> float:
    """Return the same before a rational person, in closed form: s phi(m/s) - m Phi(-m/s)."""
    mean, deviation = abs(doubt.mean), doubt.deviation
    at = mean / deviation
    return float(deviation * density(np.array(at)) - mean * below(-at)[0])


def by_stein(doubt: Doubt, beta: float) -> float:
    """Return the same before a noisy person: s^2 E[pi'(U)] - |m| P(the person errs in the sign).

    Erring in the sign of the mean is to switch off though it is positive, or not to though it is
    negative.
    """
    worth, weight = normal(*doubt, 0.0)
    leave = boltzmann(worth, beta)
    slope = leave * (1 - leave) / beta
    errs = 1 - leave if doubt.mean >= 0 else leave
    return float(doubt.deviation**2 * (weight @ slope) - abs(doubt.mean) * (weight @ errs))


# The sign rule: who defers to a noisy person.

MEANS = [side * step / 8 for step in range(1, 9) for side in (-1, 1)]
DEVIATIONS = [step / 8 for step in range(1, 9)]
BETAS = [step / 8 for step in range(1, 13)]
GRID = [(Doubt(m, s), beta) for m, s, beta in product(MEANS, DEVIATIONS, BETAS)]
EDGE = 1e-12
"""Rounding left in an incentive that is 0."""


def breaks_sign_rule() -> int:
    """Return how many of `GRID` defer though |m| > s^2 / (2 beta), or do not though it is less."""
    broken = 0
    for doubt, beta in GRID:
        margin = doubt.deviation**2 / (2 * beta) - abs(doubt.mean)
        gained = incentive(doubt, beta)
        sign = 0 if abs(gained) < EDGE else math.copysign(1, gained)
        broken += sign != (0 if margin == 0 else math.copysign(1, margin))
    return broken


# Theorem 1, for beliefs of a few worths, in whole numbers.

Belief = list[tuple[int, int]]
"""Worths, each with its weight."""
BELIEFS, SEED = 2000, 17
TENTHS = range(11)


def beliefs() -> Iterator[Belief]:
    """Yield every belief in one worth of -3..3, and many in up to five."""
    yield from ([(worth, 1)] for worth in range(-3, 4))
    chance = np.random.default_rng(SEED)
    for _ in range(BELIEFS):
        size = int(chance.integers(1, 6))
        low, high = ((-3, 4), (0, 4), (-3, 1))[int(chance.integers(3))]
        drawn = zip(chance.integers(low, high, size), chance.integers(1, 10, size), strict=True)
        yield [(int(worth), int(weight)) for worth, weight in drawn]


def gain(belief: Belief, leave: Callable[[int], int], whole: int) -> int:
    """Return the incentive to defer, times the sum of the weights and `whole`.

    Args:
        belief: over the worth.
        leave: the person's chance to let a worth run, times `whole`.
        whole: what a chance of 1 counts as.
    """
    asked = sum(weight * leave(worth) * worth for worth, weight in belief)
    return asked - whole * max(sum(weight * worth for worth, weight in belief), 0)


def breaks_theorem_1() -> int:
    """Return how many beliefs do not defer to a rational person just where both signs can be."""
    broken = 0
    for belief in beliefs():
        gained = gain(belief, lambda worth: int(worth >= 0), 1)
        both = any(worth < 0 for worth, _ in belief) and any(worth > 0 for worth, _ in belief)
        broken += gained < 0 or (gained > 0) != both
    return broken


def coin(tenths: int) -> Callable[[int], int]:
    """Return a person who lets anything run in so many of ten cases."""
    return lambda worth: tenths


def defers_to_a_coin() -> int:
    """Return how many beliefs, before coins of 0, .1 .. 1, defer strictly."""
    return sum(gain(belief, coin(tenths), 10) > 0 for belief in beliefs() for tenths in TENTHS)


def certain_breaks() -> int:
    """Return how many certain robots, before a person of some chance, gain anything but -loss.

    Who is sure of u loses -u p by asking where u < 0, and u (1 - p) where u >= 0: nothing only
    before a person who never errs.
    """
    return sum(
        gain([(worth, 1)], coin(tenths), 10)
        != (worth * tenths if worth < 0 else -worth * (10 - tenths))
        for worth in range(-3, 4)
        for tenths in TENTHS
    )


RATIONAL = (
    (Doubt(0, 1), 0.398942),
    (Doubt(0, 0.5), 0.199471),
    (Doubt(0, 0.25), 0.099736),
    (Doubt(-0.25, 0.25), 0.020829),
    (Doubt(-0.25, 0.5), 0.098898),
    (Doubt(-0.25, 1), 0.286345),
    (Doubt(0.75, 0.5), 0.014653),
    (Doubt(0.75, 1), 0.131167),
)
NOISY = (
    (Doubt(0, 0.5), 0.5, 0.103310),
    (Doubt(0, 1), 1.0, 0.206621),
    (Doubt(0.25, 0.25), 0.1, 0.006475),
    (Doubt(-0.25, 0.25), 0.1, 0.006475),
    (Doubt(0.25, 0.5), 0.5, 0.0),
    (Doubt(-0.25, 0.5), 0.5, 0.0),
    (Doubt(0.25, 0.5), 1.0, -0.052077),
    (Doubt(-0.25, 0.5), 1.0, -0.052077),
    (Doubt(0.25, 1), 1.0, 0.092555),
    (Doubt(-0.25, 1), 1.0, 0.092555),
    (Doubt(0.25, 1), 1.5, 0.034966),
    (Doubt(-0.25, 1), 1.5, 0.034966),
)
"""Belief, beta of the person, and the incentive to six digits."""

PAPER = "Hadfield-Menell et al. 2017"
TABLE = f"{PAPER}, Equation 1, computed apart from this code"
FIGURES = (
    *(
        Figure(f"rational, m={at.mean:g} s={at.deviation:g}, {words}", figure, found, 1e-6, TABLE)
        for at, figure in RATIONAL
        for words, found in (
            ("integrated", partial(incentive, at, 0.0)),
            ("closed form", partial(closed, at)),
        )
    ),
    *(
        Figure(
            f"beta={beta:g}, m={at.mean:g} s={at.deviation:g}, {words}",
            figure,
            partial(found, at, beta),
            1e-6,
            TABLE,
        )
        for at, beta, figure in NOISY
        for words, found in (("integrated", incentive), ("by Stein's lemma", by_stein))
    ),
    Figure(
        f"beliefs that break the rule |m| <= s^2 / (2 beta), of {len(GRID)}",
        0,
        breaks_sign_rule,
        0.0,
        f"derived from {PAPER}, Equation 1",
    ),
    Figure(
        f"beliefs that break Theorem 1, of {BELIEFS + 7}",
        0,
        breaks_theorem_1,
        0.0,
        f"{PAPER}, Theorem 1",
    ),
    Figure(
        f"beliefs that defer strictly to a coin, of {(BELIEFS + 7) * len(TENTHS)}",
        0,
        defers_to_a_coin,
        0.0,
        f"{PAPER}, Equation 1",
    ),
    Figure(
        "certain robots that lose anything but their doubt in the person, of 77",
        0,
        certain_breaks,
        0.0,
        f"{PAPER}, Equation 1",
    ),
)
