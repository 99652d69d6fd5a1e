"""Solve a task for a number of steps, exactly, by backward induction.

With so many steps left, the value of a state is the greatest expected gain of one step plus the
value of where it leads with one step less left. Only two stages are held at a time; a policy, where
one is wanted, is kept in the smallest numbers that can hold it.

Source: Puterman 1994, section 4.5 (backward induction); 4.2 for the value of a given policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from agents import kernels
from agents.bellman import TOLERANCE
from agents.course import Backup, Course
from agents.rows import Looped, plain, wide
from sandbox.errors import InputError
from sandbox.mdp import Floats, Ints, TabularMDP

SECONDS = 1e-8
"""Seconds that numpy takes for an outcome in one step, roughly."""

Ranks = npt.NDArray[Any]
"""Places among the pairs of a state, in the smallest signed integers that hold them."""


@dataclass(frozen=True)
class FiniteSolution:
    """Hold the optimum of a number of steps.

    Attributes:
        value: `(S,)` greatest expected gain from each state, all steps being left.
        policy: `(H, S)` place of the chosen pair among those of its state, at each step from the
            first on; -1 in a terminal state. None if it was not wanted.
    """

    value: Floats
    policy: Ranks | None

    def pairs(self, mdp: TabularMDP, step: int) -> Ints:
        """Return `(S,)`, the chosen pair of each state at `step`; -1 where it is terminal.

        Raises:
            InputError: if the policy was not kept.
        """
        if self.policy is None:
            raise InputError("the policy was not kept: pass keep=True to backward")
        rank = self.policy[step].astype(np.int64)
        return np.where(rank < 0, -1, mdp.first_pair[:-1] + rank)


def backward(
    mdp: TabularMDP,
    steps: int,
    *,
    discount: float | None = None,
    keep: bool = False,
    kernel: str | None = None,
) -> FiniteSolution:
    """Find the optimum of `steps` steps; ties go to the action listed first.

    Args:
        mdp: the task.
        steps: after which nothing counts; none are worth 0.
        discount: per step; the task's own if None, 1 to add up what is gained as it is.
        keep: the policy of each step.
        kernel: see `agents.kernels`.

    Raises:
        InputError: if `steps` or `discount` is out of range.
    """
    discount = _checked(mdp, steps, discount)
    seconds = SECONDS * steps * len(mdp.next)
    loop = kernels.compiled(seconds, "solving_loops.induce", kernel) and not wide(
        np.diff(mdp.start)
    )
    backup = Backup.of(mdp, discount, loop=loop)
    most = int(np.diff(mdp.first_pair).max(initial=1))
    policy = np.full((steps if keep else 0, len(mdp.states)), -1, np.min_scalar_type(-most))
    value = np.zeros(len(mdp.states))
    if len(mdp.pair_state):
        induce = _by_loop if loop else _by_slots
        induce(mdp, backup, steps, value, policy)
    return FiniteSolution(value, policy if keep else None)


def gained(
    mdp: TabularMDP, steps: int, weights: Floats, *, discount: float | None = None
) -> Floats:
    """Return `(S,)`, what a policy that takes each pair with a chance gains in `steps` steps.

    Args:
        mdp: the task.
        steps: after which nothing counts.
        weights: `(P,)` chance of each pair in its state.
        discount: per step; the task's own if None.

    Raises:
        InputError: if chances do not sum to 1 in some state, or a number is out of range.
    """
    discount = _checked(mdp, steps, discount)
    live = np.flatnonzero(np.diff(mdp.first_pair))
    sums = np.bincount(mdp.pair_state, weights, len(mdp.states))[live]
    if len(weights) != len(mdp.pair_state) or (np.abs(sums - 1.0) > 1e-9).any():  # noqa: PLR2004
        raise InputError("weights are a chance for each pair, which sum to 1 in each state")
    return Course.by_chance(mdp, weights, discount).sweep(np.zeros(len(mdp.states)), steps)


def _checked(mdp: TabularMDP, steps: int, discount: float | None) -> float:
    """Return the discount.

    Raises:
        InputError: if it, or the number of steps, is out of range.
    """
    if steps < 0:
        raise InputError(f"steps are at least 0, not {steps}")
    if discount is not None and not 0.0 <= discount <= 1.0:
        raise InputError(f"a discount is between 0 and 1, not {discount}")
    return mdp.discount if discount is None else discount


def _by_slots(mdp: TabularMDP, backup: Backup, steps: int, value: Floats, policy: Ranks) -> None:
    """Fill `value` and `policy`: the first pairs of all states side by side, then the second.

    States with most pairs come first, so that no slot has a gap.
    """
    count = np.diff(mdp.first_pair)
    live = np.flatnonzero(count)
    order = live[np.argsort(-count[live], kind="stable")]
    having = np.searchsorted(-count[order], -np.arange(int(count.max())), side="left")
    pairs = np.concatenate([mdp.first_pair[order[:n]] + k for k, n in enumerate(having)])
    follows, pay = backup.rows(pairs), backup.pay[pairs]
    edges = np.concatenate(([0], np.cumsum(having)))
    for step in range(steps - 1, -1, -1):
        q = follows.sums(value, pay)
        slots = [q[begin:end] for begin, end in pairwise(edges)]
        best = slots[0].copy()
        for slot in slots[1:]:
            np.maximum(best[: len(slot)], slot, out=best[: len(slot)])
        if len(policy):
            policy[step, order] = _first(slots, best, policy.dtype)
        value[order] = best


def _first(slots: list[Floats], best: Floats, kind: np.dtype[Any]) -> Ranks:
    """Return the first slot within a tie of `best`: how many before it are all beyond."""
    limit = best - TOLERANCE
    beyond = slots[0] < limit
    rank = beyond.astype(kind)
    for slot in slots[1:]:
        here = beyond[: len(slot)]
        here &= slot < limit[: len(slot)]
        rank[: len(slot)] += here
    return rank


def _by_loop(mdp: TabularMDP, backup: Backup, steps: int, value: Floats, policy: Ranks) -> None:
    """Fill `value` and `policy` by the compiled loop."""
    from agents.solving_loops import induce

    laid = Looped.of(backup.start, backup.count, backup.weight, backup.place)
    first = plain(mdp.first_pair, np.int64)
    q = np.empty(int(np.diff(first).max(initial=1)))
    rank = np.full(len(value) if len(policy) else 0, -1, np.int64)
    for step in range(steps - 1, -1, -1):
        ahead = laid.offset, laid.weight, laid.place, backup.pay
        induce(first, *ahead, TOLERANCE, value.copy(), q, value, rank)
        if len(policy):
            policy[step] = rank
