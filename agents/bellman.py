"""Hold what every solver needs: the Bellman backup, the greedy policy, and a solution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.rows import plain
from sandbox.mdp import Floats, Ints, TabularMDP

TOLERANCE = 1e-9
"""Greatest Bellman residual of a solution, and the width of a tie, in units of reward."""

ROUNDING = 8.0 * float(np.finfo(np.float64).eps)
"""Part of the greatest value that a residual cannot be told from zero within."""


@dataclass(frozen=True)
class Solution:
    """Hold the optimum of one compiled task.

    Attributes:
        value: `(S,)` discounted reward from each state.
        q: `(P,)` discounted reward of each pair.
        policy: `(S,)` best pair of each state; -1 where it is terminal.
        residual: greatest |max_a q - value| over states.
        rounds: improvements made.
    """

    value: Floats
    q: Floats
    policy: Ints
    residual: float
    rounds: int


def action_values(mdp: TabularMDP, value: Floats) -> Floats:
    """Return `(P,)`, the expected reward plus discounted `value` of each pair."""
    later = np.where(mdp.ended, 0.0, mdp.discount * value[mdp.next])
    gain = mdp.probability * (mdp.reward + later)
    return np.add.reduceat(gain, mdp.start[:-1]) if len(gain) > len(mdp.start) - 1 else gain


def greedy(mdp: TabularMDP, q: Floats, within: float, *, loop: bool = False) -> tuple[Floats, Ints]:
    """Return the greatest q of each state and its first pair within so much of it.

    With `loop`, by the compiled loop.
    """
    if loop:
        from agents.solving_loops import best

        first = plain(mdp.first_pair, np.int64)
        found = np.empty(len(mdp.states)), np.empty(len(mdp.states), dtype=np.int64)
        best(first, q, within, *found)
        return found
    live = np.diff(mdp.first_pair) > 0
    value = np.zeros(len(mdp.states))
    policy = np.full(len(mdp.states), -1, dtype=np.int64)
    if live.any():
        starts = mdp.first_pair[:-1][live]
        value[live] = np.maximum.reduceat(q, starts)
        tied = q >= value[mdp.pair_state] - within
        ranked = np.where(tied, np.arange(len(q)), len(q))
        policy[live] = np.minimum.reduceat(ranked, starts)
    return value, policy


def small(mdp: TabularMDP, value: Floats, tolerance: float) -> float:
    """Return the residual at which values are within `tolerance` of the optimum.

    It is not below what doubles can tell from zero at this size of value.
    """
    size = float(np.max(np.abs(value), initial=0.0))
    return max(tolerance * (1.0 - mdp.discount), ROUNDING * size)


def tie(value: Floats) -> float:
    """Return within how much of each other actions tie: what rounding can make of equals."""
    return max(TOLERANCE, 4.0 * ROUNDING * float(np.max(np.abs(value), initial=0.0)))


def first_best(q: Floats, pairs: Sequence[int]) -> int:
    """Return the best of `pairs`; of several that tie, the first, however they were rounded."""
    values = q[np.asarray(pairs)]
    return pairs[int(np.argmax(values >= values.max() - tie(values)))]
