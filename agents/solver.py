"""Solve a compiled task exactly: the best policy and the value of every action."""

from __future__ import annotations

import numpy as np

from agents import policy_iteration
from agents.bellman import TOLERANCE, Solution, action_values, greedy, small
from sandbox.errors import ContractError
from sandbox.mdp import Floats, Ints, TabularMDP

__all__ = ["TOLERANCE", "Solution", "action_values", "evaluate", "greedy", "modified", "solve"]


def solve(mdp: TabularMDP, tolerance: float = TOLERANCE) -> Solution:
    """Find the optimum, stopping on the Bellman residual.

    Ties go to the action that the task lists first, so that the same task always gives the same
    policy.

    Raises:
        ContractError: if the residual does not fall to `tolerance`.
    """
    if policy_iteration.deterministic(mdp):
        return policy_iteration.iterate(mdp, tolerance)
    return modified(mdp, tolerance)


def modified(mdp: TabularMDP, tolerance: float = TOLERANCE, sweeps: int = 40) -> Solution:
    """Find the optimum by modified policy iteration.

    The residual, not equality of policies, ends the search: tied policies may alternate.

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
        if residual <= small(mdp, value, tolerance):
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
