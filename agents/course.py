"""Evaluate one policy: its states, what they pay, and where they lead, as a linear map.

The value of a policy solves v = pay + discount * P v. Sweeping v -> pay + discount * P v takes
about 30 / (1 - discount) sweeps; the system is settled in far fewer by BiCGSTAB.

Source: van der Vorst 1992, BiCGSTAB; for policy evaluation, Gargiani et al. 2023, Inexact policy
iteration methods.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agents.rows import Rows, rows
from sandbox.mdp import Floats, Ints, TabularMDP

Product = Callable[[Floats], Floats]

PATIENCE = 200
"""Steps of two products each after which a system that does not settle is left as it is."""

TINY = 1e-280
"""A scalar product below this is a breakdown."""

ORTHOGONAL = 1e-14
"""Share of what it could be, below which a scalar product is nothing but rounding."""


@dataclass(frozen=True)
class Backup:
    """Hold a world as its Bellman backup wants it.

    Attributes:
        pay: `(P,)` expected reward of each pair.
        start: `(P,)` first outcome of each pair.
        count: `(P,)` its outcomes.
        weight: `(N,)` discounted chance of each outcome; 0 where the episode ends.
        place: `(N,)` where it leads.
        loop: sum by compiled loops.
    """

    pay: Floats
    start: Ints
    count: Ints
    weight: Floats
    place: Ints
    loop: bool = False

    @classmethod
    def of(cls, mdp: TabularMDP, discount: float | None = None, *, loop: bool = False) -> Backup:
        """Return the backup of `mdp`, under its own discount if none is given."""
        weight = mdp.probability * (mdp.discount if discount is None else discount)
        weight[mdp.ended] = 0.0
        start, count = mdp.start[:-1], np.diff(mdp.start)
        gain = mdp.probability * mdp.reward
        pay = np.add.reduceat(gain, start) if len(start) else gain
        return cls(pay, start, count, weight, mdp.next, loop)

    def rows(self, pairs: Ints | None = None) -> Rows:
        """Return what follows `pairs`; all of them, if none are named."""
        at = slice(None) if pairs is None else pairs
        return rows(self.start[at], self.count[at], self.weight, self.place, loop=self.loop)

    def course(self, policy: Ints) -> Course:
        """Return the course of `policy`, `(S,)`."""
        live = np.flatnonzero(policy >= 0)
        pairs = policy[live]
        return Course(live, self.pay[pairs], self.rows(pairs))


@dataclass(frozen=True)
class Course:
    """Hold what a policy does from each state where it acts.

    Attributes:
        live: `(L,)` states in which it acts.
        pay: `(L,)` expected reward of a step.
        rows: the discounted chance of each outcome, 0 where the episode ends, and where it leads.
    """

    live: Ints
    pay: Floats
    rows: Rows

    @classmethod
    def of(cls, mdp: TabularMDP, policy: Ints) -> Course:
        """Return the course of `policy`, `(S,)`."""
        return Backup.of(mdp).course(policy)

    @classmethod
    def by_chance(cls, mdp: TabularMDP, shares: Floats, discount: float | None = None) -> Course:
        """Return the course of a policy that takes each pair with its chance, `shares` `(P,)`."""
        backup = Backup.of(mdp, discount)
        live, size = np.flatnonzero(np.diff(mdp.first_pair)), len(mdp.states)
        taken = np.flatnonzero(shares)
        many = backup.count[taken]
        pair = np.repeat(taken, many)
        first = np.repeat(backup.start[taken] - (np.cumsum(many) - many), many)
        outcome = np.arange(len(pair)) + first
        pay = np.bincount(mdp.pair_state, shares * backup.pay, size)[live]
        count = np.bincount(mdp.pair_state[pair], minlength=size)[live]
        chance = shares[pair] * backup.weight[outcome]
        follows = rows(np.cumsum(count) - count, count, chance, mdp.next[outcome])
        return cls(live, pay.astype(np.float64), follows)

    def sweep(self, value: Floats, times: int) -> Floats:
        """Return `value` `(S,)` after a number of sweeps."""
        value = value.copy()
        everywhere = len(self.live) == len(value)
        for _ in range(times if len(self.live) else 0):
            swept = self.rows.sums(value, self.pay)
            if everywhere:
                value = swept
            else:
                value[self.live] = swept
        return value

    def settle(self, value: Floats, residual: float) -> Floats:
        """Return a value from which a sweep changes at most `residual`, or the nearest found.

        States in which the policy does not act keep their `value`.
        """
        if not len(self.live):
            return value
        full = value.copy()
        start = full[self.live]
        left = self.rows.sums(full, self.pay) - start
        nothing = np.zeros_like(start)
        direction = np.zeros_like(full)

        def product(vector: Floats) -> Floats:
            direction[self.live] = vector
            return vector - self.rows.sums(direction, nothing)

        full[self.live] = start + _bicgstab(product, left, residual)
        return full


def _bicgstab(product: Product, right: Floats, residual: float) -> Floats:
    """Return x with |right - product(x)| <= residual, or the nearest that was found."""
    x = nearest = np.zeros_like(right)
    rest, shadow, direction = right.copy(), right.copy(), right.copy()
    rho, least = float(shadow @ rest), float(np.max(np.abs(right)))
    for _ in range(PATIENCE):
        along = product(direction)
        met = float(shadow @ along)
        if least <= residual or abs(rho) < TINY or abs(met) <= ORTHOGONAL * _size(shadow, along):
            break  # a step along what is at right angles to the shadow would be one of rounding
        alpha = rho / met
        middle = rest - alpha * along
        across = product(middle)
        omega = float(across @ middle) / (float(across @ across) or TINY)
        x = x + alpha * direction + omega * middle
        rest = middle - omega * across
        size = float(np.max(np.abs(rest)))
        if not np.isfinite(size):
            break
        if size < least:
            nearest, least = x, size
        rho, before = float(shadow @ rest), rho
        direction = rest + (rho / before) * (alpha / (omega or TINY)) * (direction - omega * along)
    return nearest


def _size(one: Floats, other: Floats) -> float:
    """Return what the scalar product of two vectors is at the most."""
    return float(np.linalg.norm(one) * np.linalg.norm(other))
