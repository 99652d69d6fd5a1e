"""Solve one compiled world under many rewards at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.solver import TOLERANCE
from sandbox.errors import ContractError
from sandbox.mdp import Flags, Floats, Ints, TabularMDP

SWEEPS = 20


@dataclass(frozen=True)
class Solutions:
    """Hold the optima of one world under G rewards.

    Attributes:
        value: `(G, S)` discounted reward from each state.
        q: `(G, P)` discounted reward of each pair.
        residual: greatest |max_a q - value| over goals and states.
    """

    value: Floats
    q: Floats
    residual: float

    def optimal(self, mdp: TabularMDP, tie: float = 1e-7) -> Flags:
        """Return `(G, P)`: the pairs within `tie` of the best of their state."""
        best: Flags = self.q >= self.value[:, mdp.pair_state] - tie
        return best


def solve_many(mdp: TabularMDP, rewards: Floats, tolerance: float = TOLERANCE) -> Solutions:
    """Find the optimum under each row of `rewards` `(G, N)` by modified policy iteration.

    Raises:
        ContractError: if the residual does not fall to `tolerance`.
    Source: Puterman 1994, section 6.5.
    """
    live = np.flatnonzero(np.diff(mdp.first_pair))
    starts = mdp.first_pair[live]
    now = np.add.reduceat(mdp.probability * rewards, mdp.start[:-1], axis=1)
    later = mdp.probability * np.where(mdp.ended, 0.0, mdp.discount)
    value = np.zeros((len(rewards), len(mdp.states)))
    for _ in range(2_000):
        q = now + np.add.reduceat(later * value[:, mdp.next], mdp.start[:-1], axis=1)
        best = np.zeros_like(value)
        best[:, live] = np.maximum.reduceat(q, starts, axis=1)
        residual = float(np.max(np.abs(best - value), initial=0.0))
        if residual <= tolerance * (1.0 - mdp.discount):
            return Solutions(best, q, residual)
        value = _evaluated(mdp, now, later, best, _first_best(mdp, q, best))
    raise ContractError(f"the solver stopped at a residual of {residual:.2e}")


def _first_best(mdp: TabularMDP, q: Floats, best: Floats) -> Ints:
    """Return `(G, L)`: the first best pair of each of the L states that have pairs."""
    starts = mdp.first_pair[:-1][np.diff(mdp.first_pair) > 0]
    ranked = np.where(q >= best[:, mdp.pair_state], np.arange(q.shape[1]), q.shape[1])
    first: Ints = np.minimum.reduceat(ranked, starts, axis=1)
    return first


def _evaluated(mdp: TabularMDP, now: Floats, later: Floats, value: Floats, policy: Ints) -> Floats:
    """Follow each goal's policy for some sweeps, all goals side by side."""
    live = np.flatnonzero(np.diff(mdp.first_pair))
    first, count = mdp.start[policy], np.diff(mdp.start)[policy]
    gain = np.take_along_axis(now, policy, axis=1)
    row = len(mdp.states) * np.arange(len(value))[:, None]
    # By the k-th outcome of all goals and states at once; a missing one weighs nothing.
    slots = [np.where(step < count, first + step, 0) for step in range(int(count.max(initial=0)))]
    weights = [np.where(step < count, later[slot], 0.0) for step, slot in enumerate(slots)]
    places = [row + mdp.next[slot] for slot in slots]
    for _ in range(SWEEPS):
        swept, flat = gain.copy(), value.ravel()
        for weight, place in zip(weights, places, strict=True):
            swept += weight * flat.take(place)
        value[:, live] = swept
    return value


def visited(mdp: TabularMDP, allowed: Flags, steps: int) -> Floats:
    """Return `(G, S)`: where G agents are after `steps`, choosing evenly among `allowed` `(G, P)`.

    An episode that has ended stays in the state where it ended.
    """
    live = np.diff(mdp.first_pair) > 0
    starts = mdp.first_pair[:-1][live]
    counts = np.ones((len(allowed), len(mdp.states)))
    counts[:, live] = np.add.reduceat(allowed, starts, axis=1)
    share = allowed / counts[:, mdp.pair_state]
    chance = share[:, mdp.outcome_pair] * mdp.probability
    source = mdp.pair_state[mdp.outcome_pair]
    here = np.tile(mdp.initial, (len(allowed), 1))
    order = np.argsort(mdp.next, kind="stable")
    arrives, first = np.unique(mdp.next[order], return_index=True)
    for _ in range(steps):
        flow = (here[:, source] * chance)[:, order]
        after = np.where(live, 0.0, here)
        after[:, arrives] += np.add.reduceat(flow, first, axis=1)
        here = after
    return here
