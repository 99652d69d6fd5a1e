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

from sandbox.mdp import Floats, Ints, TabularMDP

Product = Callable[[Floats], Floats]

PATIENCE = 200
"""Steps of two products each after which a system that does not settle is left as it is."""

TINY = 1e-280
"""A scalar product below this is a breakdown."""


@dataclass(frozen=True)
class Course:
    """Hold what a policy does from each state where it acts.

    Attributes:
        live: `(L,)` states in which it acts.
        pay: `(L,)` expected reward of a step.
        offsets: `(L,)` first outcome of each.
        weight: `(M,)` discounted probability of each outcome; 0 where the episode ends.
        follow: `(M,)` next state of each outcome.
    """

    live: Ints
    pay: Floats
    offsets: Ints
    weight: Floats
    follow: Ints

    @classmethod
    def of(cls, mdp: TabularMDP, policy: Ints) -> Course:
        """Return the course of `policy`, `(S,)`."""
        live = np.flatnonzero(policy >= 0)
        pairs = policy[live]
        counts = mdp.start[pairs + 1] - mdp.start[pairs]
        offsets = np.cumsum(counts) - counts
        rows = np.arange(int(counts.sum())) + np.repeat(mdp.start[pairs] - offsets, counts)
        chance = mdp.probability[rows]
        pay = np.add.reduceat(chance * mdp.reward[rows], offsets) if len(live) else chance
        weight = np.where(mdp.ended[rows], 0.0, mdp.discount * chance)
        return cls(live, pay, offsets, weight, mdp.next[rows])

    @classmethod
    def by_chance(cls, mdp: TabularMDP, shares: Floats) -> Course:
        """Return the course of a policy that takes each pair with its chance, `shares` `(P,)`."""
        live = np.flatnonzero(np.diff(mdp.first_pair))
        offsets = mdp.start[mdp.first_pair[live]]
        chance = shares[mdp.outcome_pair] * mdp.probability
        pay = np.add.reduceat(chance * mdp.reward, offsets) if len(live) else chance
        weight = np.where(mdp.ended, 0.0, mdp.discount * chance)
        return cls(live, pay, offsets, weight, mdp.next)

    def sweep(self, value: Floats, times: int) -> Floats:
        """Return `value` `(S,)` after a number of sweeps."""
        value = value.copy()
        if len(self.live):
            for _ in range(times):
                value[self.live] = self.pay + self._later(value)
        return value

    def _later(self, value: Floats) -> Floats:
        """Return `(L,)`, the discounted value of what follows."""
        found: Floats = np.add.reduceat(self.weight * value[self.follow], self.offsets)
        return found

    def settle(self, value: Floats, residual: float) -> Floats:
        """Return a value from which a sweep changes at most `residual`, or the nearest found.

        States in which the policy does not act keep their `value`.
        """
        if not len(self.live):
            return value
        full = value.copy()
        start = full[self.live]
        left = self.pay + self._later(full) - start
        direction = np.zeros_like(full)

        def product(vector: Floats) -> Floats:
            direction[self.live] = vector
            return vector - self._later(direction)

        full[self.live] = start + _bicgstab(product, left, residual)
        return full


def _bicgstab(product: Product, right: Floats, residual: float) -> Floats:
    """Return x with |right - product(x)| <= residual, or the nearest that was found."""
    x = nearest = np.zeros_like(right)
    rest, shadow, direction = right.copy(), right.copy(), right.copy()
    rho, least = float(shadow @ rest), float(np.max(np.abs(right)))
    for _ in range(PATIENCE):
        if least <= residual or abs(rho) < TINY:
            break
        along = product(direction)
        alpha = rho / (float(shadow @ along) or TINY)
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
