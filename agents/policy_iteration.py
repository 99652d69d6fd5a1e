"""Solve a deterministic world exactly: policies are evaluated by pointer doubling.

Where each pair has one outcome, a policy is a map s -> next(s). Composing the map with itself
doubles the steps that are summed, so that a policy is evaluated in about log2(36 / (1 - discount))
rounds of three gathers, without error but rounding. Between evaluations an improvement runs back
along the pairs that lead to what has improved, for as long as it is found or work allows.

Source: Howard 1960 (policy iteration); Hillis & Steele 1986 (pointer doubling).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agents import kernels
from agents.bellman import TOLERANCE, Solution, action_values, greedy, small
from sandbox.errors import ContractError
from sandbox.mdp import Flags, Floats, Ints, TabularMDP

WORK = 8
"""Backups of an improvement, in times the number of pairs, before the policy is evaluated anew."""

GONE = 1e-18
"""Weight below which what comes later is not counted."""

ROUNDS = 10_000
"""Policies that are tried at most."""

SECONDS = 1e-6
"""Seconds that numpy takes for a pair in all, roughly."""


def deterministic(mdp: TabularMDP) -> bool:
    """Tell whether every pair has one outcome."""
    return len(mdp.next) == len(mdp.start) - 1


def followed(mdp: TabularMDP, policy: Ints) -> Floats:
    """Return `(S,)`, the discounted reward of `policy` in a deterministic world."""
    pair = np.maximum(policy, 0)
    live = policy >= 0
    value = np.where(live, mdp.reward[pair], 0.0)
    weight = np.where(live & ~mdp.ended[pair], mdp.discount, 0.0)
    after = np.where(live, mdp.next[pair], np.arange(len(policy)))
    while weight.max(initial=0.0) > GONE:
        value = value + weight * value[after]
        weight = weight * weight[after]
        after = after[after]
    return value


class _Back:
    """Find the pairs that lead to a state."""

    def __init__(self, mdp: TabularMDP) -> None:
        goes_on = np.flatnonzero(~mdp.ended)
        self.pairs = goes_on[np.argsort(mdp.next[goes_on], kind="stable")]
        counts = np.bincount(mdp.next[goes_on], minlength=len(mdp.states))
        self.first = np.concatenate(([0], np.cumsum(counts)))

    def to(self, states: Ints) -> Ints:
        """Return the pairs that lead to any of `states`."""
        first, counts = self.first[states], self.first[states + 1] - self.first[states]
        offsets = np.cumsum(counts) - counts
        found: Ints = self.pairs[np.arange(int(counts.sum())) + np.repeat(first - offsets, counts)]
        return found


def _improve(
    mdp: TabularMDP, back: _Back, value: Floats, policy: Ints, pairs: Ints, margin: float
) -> None:
    """Take better pairs among `pairs`, then among those that lead to what improved, and so on.

    The values stay below those of the policy, so that the next evaluation can only raise them.
    """
    left = WORK * len(mdp.next)
    while len(pairs) and left > 0:
        left -= len(pairs)
        later = np.where(mdp.ended[pairs], 0.0, mdp.discount * value[mdp.next[pairs]])
        q = mdp.reward[pairs] + later
        better = q > value[mdp.pair_state[pairs]] + margin
        pairs, q = pairs[better], q[better]
        order = np.argsort(q, kind="stable")  # of several pairs of a state the best is written last
        states = mdp.pair_state[pairs[order]]
        value[states], policy[states] = q[order], pairs[order]
        pairs = back.to(np.unique(states))


def _followed_by_loop(mdp: TabularMDP, policy: Ints) -> Floats:
    """Return what `followed` does, by the compiled loop."""
    from agents.solving_loops import follow

    size = len(policy)
    value, path, depth = np.empty(size), np.empty(size, np.int64), np.empty(size, np.int64)
    follow(policy, *_outcomes(mdp), mdp.discount, path, depth, value)
    return value


def _improve_by_loop(
    mdp: TabularMDP, back: _Back, value: Floats, policy: Ints, margin: float
) -> None:
    """Do what `_improve` does, by the compiled loop."""
    from agents.solving_loops import improve

    size, work = len(policy), WORK * len(mdp.next)
    ahead = back.first, back.pairs, kernels.plain(mdp.pair_state, np.int64), *_outcomes(mdp)
    queue, waiting = np.empty(size, np.int64), np.zeros(size, bool)
    improve(*ahead, mdp.discount, margin, work, queue, waiting, value, policy)


def _outcomes(mdp: TabularMDP) -> tuple[Ints, Floats, Flags]:
    """Return next state, reward and end of each outcome as loops want them."""
    plain = kernels.plain
    return plain(mdp.next, np.int64), plain(mdp.reward, np.float64), plain(mdp.ended, np.bool_)


def _told_by_policy(mdp: TabularMDP, found: Solution, margin: float) -> Solution:
    """Return what was found with the value of its policy, unless that misses the optimum."""
    value = followed(mdp, found.policy)
    q = action_values(mdp, value)
    best, _ = greedy(mdp, q, 0.0)
    residual = float(np.max(np.abs(best - value), initial=0.0))
    if residual > margin:
        return found
    return replace(found, value=best, q=q, residual=residual)


def iterate(mdp: TabularMDP, tolerance: float, *, kernel: str | None = None) -> Solution:
    """Find the optimum of a deterministic world; ties go to the action listed first.

    A policy is changed only where another action is better by more than the residual that ends the
    search, so that policies that tie do not alternate. The value is in the end that of the policy
    that is returned, by pointer doubling, whichever kernel found it.

    Raises:
        ContractError: if the policies do not settle.
    """
    loop = kernels.compiled(len(mdp.next) * SECONDS, kernel)
    back = _Back(mdp)
    _, policy = greedy(mdp, action_values(mdp, np.zeros(len(mdp.states))), 0.0, loop=loop)
    for rounds in range(1, ROUNDS):
        value = _followed_by_loop(mdp, policy) if loop else followed(mdp, policy)
        q = action_values(mdp, value)
        best, _ = greedy(mdp, q, 0.0, loop=loop)
        residual = float(np.max(np.abs(best - value), initial=0.0))
        margin = small(mdp, value, tolerance)
        if residual <= margin:
            first = greedy(mdp, q, TOLERANCE, loop=loop)[1]
            found = Solution(best, q, first, residual, rounds)
            same = not loop and np.array_equal(first, policy)
            return found if same else _told_by_policy(mdp, found, margin)
        if loop:
            _improve_by_loop(mdp, back, value, policy, margin)
        else:
            _improve(mdp, back, value, policy, np.arange(len(q)), margin)
    raise ContractError(f"policies did not settle: a residual of {residual:.2e} is left")
