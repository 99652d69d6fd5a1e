"""Discount what is chosen often: the mean discount, over all orders, of choices of one length.

In a meta-episode the mini-episode i that ends with length l is paid lambda^(N - (i - 1) / k), where
N earlier ones had the same length and k is the number of lengths. What a choice earns hangs on the
order; the mean over all orders in which n of G are of one length does not.

Source: Thornley, Roman, Ziakas, Ho and Thomson 2025, Towards Shutdownable Agents via Stochastic
Choice.
"""

from __future__ import annotations

from functools import partial
from math import comb

from oversight.published.figure import Figure

EPISODES, LENGTHS, LAMBDA = 32, 2, 0.9


def discount(place: int, earlier: int, lengths: int = LENGTHS, base: float = LAMBDA) -> float:
    """Return the discount of mini-episode `place` (from 1), `earlier` ones being as long."""
    return float(base ** (earlier - (place - 1) / lengths))


def mean_discount(chosen: int, episodes: int = EPISODES, lengths: int = LENGTHS) -> float:
    """Return the mean discount of `chosen` mini-episodes of one length, all orders being alike.

    The j-th of them is at place i in C(i - 1, j - 1) C(G - i, n - j) of C(G, n) orders.
    """
    total = sum(
        comb(place - 1, number - 1)
        * comb(episodes - place, chosen - number)
        * discount(place, number - 1, lengths)
        for number in range(1, chosen + 1)
        for place in range(1, episodes + 1)
    )
    return total / comb(episodes, chosen) / chosen


GOLDEN = ((1, 2.539973), (8, 1.629143), (16, 1.034201), (24, 0.696197), (32, 0.496121))
SOURCE = "Thornley et al. 2025, reward of a meta-episode, computed apart from this code"
FIGURES = tuple(
    Figure(
        f"mean discount, {chosen} of {EPISODES} alike",
        figure,
        partial(mean_discount, chosen),
        1e-6,
        SOURCE,
    )
    for chosen, figure in GOLDEN
)
