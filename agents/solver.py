"""Solve a compiled task exactly: the best policy and the value of every action."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.errors import ContractError
from sandbox.mdp import Floats, Ints, TabularMDP

TOLERANCE = 1e-9
"""Greatest Bellman residual of a solution, and the width of a tie, in units of reward."""


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
    return np.add.reduceat(mdp.probability * (mdp.reward + later), mdp.start[:-1])


def greedy(mdp: TabularMDP, q: Floats, tie: float) -> tuple[Floats, Ints]:
    """Return the greatest q of each state and its first pair within `tie` of it."""
    live = np.diff(mdp.first_pair) > 0
    value = np.zeros(len(mdp.states))
    policy = np.full(len(mdp.states), -1, dtype=np.int64)
    if live.any():
        starts = mdp.first_pair[:-1][live]
        value[live] = np.maximum.reduceat(q, starts)
        tied = q >= value[mdp.pair_state] - tie
        ranked = np.where(tied, np.arange(len(q)), len(q))
        policy[live] = np.minimum.reduceat(ranked, starts)
    return value, policy


def solve(mdp: TabularMDP, tolerance: float = TOLERANCE, sweeps: int = 40) -> Solution:
    """Find the optimum by modified policy iteration, stopping on the Bellman residual.

    Ties go to the action that the task lists first, so that the same task always gives the same
    policy. The residual, not equality of policies, ends the search: tied policies may alternate.

    Raises:
        ContractError: if the residual does not fall to `tolerance`.
    Source: Puterman 1994, section 6.5 (modified policy iteration).
    """
    value = np.zeros(len(mdp.states))
    for rounds in range(1, 10_000):
        q = action_values(mdp, value)
        # No tie is broken on the way: a policy worse by a tie's width would never settle.
        best, policy = greedy(mdp, q, 0.0)
        residual = float(np.max(np.abs(best - value), initial=0.0))
        if residual <= tolerance * (1.0 - mdp.discount):
            return Solution(best, q, greedy(mdp, q, TOLERANCE)[1], residual, rounds)
        value = _sweep(mdp, best, policy, sweeps)
    raise ContractError(f"the solver stopped at a residual of {residual:.2e}")


def _chosen(mdp: TabularMDP, policy: Ints) -> tuple[Ints, Ints, Ints]:
    """Return live states, their outcomes under `policy`, and the offsets of these."""
    live = np.flatnonzero(policy >= 0)
    pairs = policy[live]
    counts = mdp.start[pairs + 1] - mdp.start[pairs]
    offsets = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
    rows = np.arange(int(counts.sum())) + np.repeat(mdp.start[pairs] - offsets, counts)
    return live, rows, offsets


def _sweep(mdp: TabularMDP, value: Floats, policy: Ints, sweeps: int) -> Floats:
    """Evaluate `policy` from `value` for a number of sweeps."""
    live, rows, offsets = _chosen(mdp, policy)
    if not len(live):
        return value
    weight = mdp.probability[rows]
    now = np.add.reduceat(weight * mdp.reward[rows], offsets)
    later = weight * np.where(mdp.ended[rows], 0.0, mdp.discount)
    follow = mdp.next[rows]
    for _ in range(sweeps):
        value[live] = now + np.add.reduceat(later * value[follow], offsets)
    return value


def evaluate(mdp: TabularMDP, policy: Ints, gain: Floats, tolerance: float = 1e-10) -> Floats:
    """Return `(S,)`, the discounted sum of `gain` `(N,)` that `policy` collects."""
    live, rows, offsets = _chosen(mdp, policy)
    value = np.zeros(len(mdp.states))
    if not len(live):
        return value
    weight = mdp.probability[rows]
    now = np.add.reduceat(weight * gain[rows], offsets)
    later = weight * np.where(mdp.ended[rows], 0.0, mdp.discount)
    for _ in range(100_000):
        new = now + np.add.reduceat(later * value[mdp.next[rows]], offsets)
        change = float(np.max(np.abs(new - value[live])))
        value[live] = new
        if change <= tolerance:
            return value
    raise ContractError("the policy's value did not settle")
