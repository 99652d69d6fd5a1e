"""Solve a compiled task exactly: the best policy and the value of every action."""

from __future__ import annotations

import numpy as np

from agents import kernels, policy_iteration
from agents.bellman import TOLERANCE, Solution, action_values, greedy, small, tie
from agents.course import Backup, Course
from agents.rows import wide
from sandbox.errors import ContractError
from sandbox.mdp import Floats, Ints, TabularMDP

__all__ = [
    "TOLERANCE",
    "Solution",
    "action_values",
    "evaluate",
    "evaluate_by_chance",
    "greedy",
    "modified",
    "solve",
]


SWEEPS = 40
"""Sweeps that evaluate a policy between two improvements."""

SETTLED = 0.002
"""Part of the states that may still change their action when a policy is evaluated to the end."""

REST = 10
"""Rounds between two such evaluations, which take about as long as these at the most."""

ACCELERATED = 2_000
"""Rounds after which policies are evaluated by sweeps alone, which never fail to converge."""

ROUNDS = 10_000
"""Improvements that are tried at most."""

SECONDS = 6e-7
"""Seconds that numpy takes for an outcome in all, roughly."""


def solve(mdp: TabularMDP, tolerance: float = TOLERANCE, *, kernel: str | None = None) -> Solution:
    """Find the optimum, stopping on the Bellman residual.

    Ties go to the action that the task lists first, so that the same task always gives the same
    policy, by any kernel (see `agents.kernels`).

    Raises:
        ContractError: if the residual does not fall to `tolerance`.
    """
    if policy_iteration.deterministic(mdp):
        return policy_iteration.iterate(mdp, tolerance, kernel=kernel)
    return modified(mdp, tolerance, kernel=kernel)


def modified(
    mdp: TabularMDP,
    tolerance: float = TOLERANCE,
    *,
    settle: bool = True,
    kernel: str | None = None,
) -> Solution:
    """Find the optimum by modified policy iteration.

    Policies are evaluated by a number of sweeps. With `settle` one that hardly changes any more is
    evaluated to the end, which saves the sweeps that a discount near 1 would take. The residual,
    not equality of policies, ends the search: tied policies may alternate.

    Raises:
        ContractError: if the residual does not fall to `tolerance`.
    Source: Puterman 1994, section 6.5 (modified policy iteration).
    """
    loop = kernels.compiled(len(mdp.next) * SECONDS, "solving_loops.sums", kernel) and not wide(
        np.diff(mdp.start)
    )
    backup = Backup.of(mdp, loop=loop)
    every = backup.rows()
    value, policy = np.zeros(len(mdp.states)), np.full(len(mdp.states), -1, dtype=np.int64)
    for rounds in range(1, ROUNDS):
        q = every.sums(value, backup.pay)
        # No tie is broken on the way: a policy worse by a tie's width would never settle.
        best, found = greedy(mdp, q, 0.0, loop=loop)
        residual = float(np.max(np.abs(best - value), initial=0.0))
        end = small(mdp, value, tolerance)
        if residual <= end:
            first = greedy(mdp, q, tie(value), loop=loop)[1]
            return Solution(best, q, first, residual, rounds)
        kept = (policy >= 0) & (q[policy] >= best - end)
        calm = np.count_nonzero(~kept) <= SETTLED * len(kept)
        policy = np.where(kept, policy, found)
        course = backup.course(policy)
        value = course.sweep(best, SWEEPS)
        if settle and calm and rounds % REST == 0 and rounds <= ACCELERATED:
            value = course.settle(value, end / 2.0)
    raise ContractError(f"the solver stopped at a residual of {residual:.2e}")


def evaluate(mdp: TabularMDP, policy: Ints, gain: Floats, tolerance: float = 1e-10) -> Floats:
    """Return `(S,)`, the discounted sum of `gain` `(N,)` that `policy` collects."""
    return _evaluated(Course.of(mdp.with_reward(gain), policy), mdp, tolerance)


def evaluate_by_chance(
    mdp: TabularMDP, shares: Floats, gain: Floats, tolerance: float = 1e-10
) -> Floats:
    """Return the same for a policy that takes each pair with its chance, `shares` `(P,)`."""
    return _evaluated(Course.by_chance(mdp.with_reward(gain), shares), mdp, tolerance)


def _evaluated(course: Course, mdp: TabularMDP, tolerance: float) -> Floats:
    """Return the value of a course, settled and then swept until nothing changes."""
    value = course.settle(np.zeros(len(mdp.states)), tolerance * (1.0 - mdp.discount))
    for _ in range(100_000):
        new = course.sweep(value, 1)
        change = float(np.max(np.abs(new - value), initial=0.0))
        value = new
        if change <= tolerance:
            return value
    raise ContractError("the policy's value did not settle")
