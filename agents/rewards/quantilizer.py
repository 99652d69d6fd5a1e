"""Draw from the better part of what is usual, instead of taking the best.

In each state the agent draws from a base, the uniform distribution over what can be done there,
cut to the share `q` of its mass that is best, and scaled to sum to 1. So

    P(a | s) <= base(a | s) / q,    and for every cost c >= 0    E[c] <= E_base[c] / q

in that state: what hardly anybody does, such as the one hack that looks best, is hardly done. Where
the cut falls among actions that tie, they share what is left of the mass, so that the task's order
decides nothing and the bound holds for each. q -> 0 is the maximiser, q = 1 the base.

`Best` is by what an act is worth to an agent that goes on to draw like this itself: the fixed point

    V(s) = max over such P of  sum_a P(a | s) Q(s, a),    Q(s, a) = E[R + discount * V(s')]

which is the optimum among all policies within the bound. By the optimum's own Q, acts would count
that are good only for one who makes no slip afterwards. The tables returned pay each act its Q, to
be looked at one step ahead.

Known to fail at: long episodes. The bound is 1/q for each choice, and q ** -T over T of them: a
harm that takes two choices in a row may be done 1/q^2 times as often as by the base. Where fewer
than 1/q things can be done it takes the best, as in most grids by default. A base that is careless
is followed in that. And with a large q what takes many right acts in a row is not got done.

Source: Taylor 2016, Quantilizers: A Safer Alternative to Maximizers for Limited Optimization,
section 2. To quantilize each step by its own continuation is our reading; so is the uniform base.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agents.bellman import TOLERANCE, Solution, action_values, small
from agents.course import Course
from sandbox.errors import ContractError, InputError
from sandbox.mdp import Floats, TabularMDP, running

ROUNDS = 1_000
"""Improvements that are tried at most."""

SWEEPS = 40
"""Sweeps that evaluate a policy between two improvements, while many choices still change."""

ROUNDING = 1e-12
"""Part of the base by which the cut may miss an action's edge."""


@dataclass(frozen=True)
class Quantilizer:
    """Hold the knobs.

    Attributes:
        q: share of the base that is drawn from, in (0, 1].
        waits: letting a step pass belongs to the base, where anything else can be done.
    """

    q: float = 0.1
    waits: bool = True

    def __post_init__(self) -> None:
        """Refuse a share that is none.

        Raises:
            InputError: naming it.
        """
        if not 0.0 < self.q <= 1.0:
            raise InputError(f"q {self.q} must be above 0 and at most 1")

    def __call__(self, mdp: TabularMDP) -> TabularMDP:
        """Return the task under what each act is worth to who goes on by chance."""
        return replace(mdp, reward=self.worth(mdp)[mdp.outcome_pair], discount=0.0)

    def chances(self, mdp: TabularMDP, solution: Solution) -> Floats:
        """Return `(P,)`, the chance of each pair."""
        return self.cut(mdp, self.base(mdp), solution.q)

    def base(self, mdp: TabularMDP) -> Floats:
        """Return `(P,)`, the chance of each pair in the base."""
        usual = np.ones(len(mdp.pair_state))
        if not self.waits:
            idle = mdp.null_pair
            usual[idle[(idle >= 0) & (np.diff(mdp.first_pair) > 1)]] = 0.0
        total = np.bincount(mdp.pair_state, usual, len(mdp.states))
        base: Floats = usual / total[mdp.pair_state]
        return base

    def cut(self, mdp: TabularMDP, base: Floats, worth: Floats) -> Floats:
        """Return `(P,)`, the base cut to its best `q` by `worth` `(P,)`, as a distribution."""
        order = np.lexsort((-worth, mdp.pair_state))
        rows = np.unique(mdp.first_pair)  # of the states in which anything can be done
        reached = running(base[order], rows) >= self.q - ROUNDING
        place = np.where(reached, np.arange(len(order)), len(order))
        edge = worth[order[np.minimum.reduceat(place, rows[:-1])]]
        edge = np.repeat(edge, np.diff(rows))
        over = worth - edge
        above = np.where(over > TOLERANCE, base, 0.0)
        tied = np.where(np.abs(over) <= TOLERANCE, base, 0.0)
        taken, share = (np.bincount(mdp.pair_state, one, len(mdp.states)) for one in (above, tied))
        part = (self.q - taken) / np.where(share > 0.0, share, 1.0)
        chances: Floats = (above + tied * part[mdp.pair_state]) / self.q
        return chances

    def worth(self, mdp: TabularMDP) -> Floats:
        """Return `(P,)`, what each pair is worth to the quantilizer itself.

        By modified policy iteration: the Bellman operator is a maximum over policies, as usual.

        Raises:
            ContractError: if the residual does not fall.
        """
        base, value = self.base(mdp), np.zeros(len(mdp.states))
        for rounds in range(1, ROUNDS):
            q = action_values(mdp, value)
            chances = self.cut(mdp, base, q)
            best: Floats = np.bincount(mdp.pair_state, chances * q, len(value)).astype(np.float64)
            residual = float(np.max(np.abs(best - value), initial=0.0))
            end = small(mdp, value, TOLERANCE)
            if residual <= end:
                return q
            course = Course.by_chance(mdp, chances)
            value = course.sweep(best, SWEEPS)
            if rounds % 5 == 0:
                value = course.settle(value, end / 2.0)
        raise ContractError(f"the quantilizer stopped at a residual of {residual:.2e}")


design = Quantilizer
