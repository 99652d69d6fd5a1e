"""Solve a deterministic world exactly: policies are evaluated by pointer doubling.

Where each pair has one outcome, a policy is a map s -> next(s). Composing the map with itself
doubles the steps that are summed, so that a policy is evaluated in about log2(36 / (1 - discount))
rounds of three gathers, without error but rounding. Between evaluations an improvement runs back
along the pairs that lead to what has improved, for as long as it is found or work allows.

Source: Howard 1960 (policy iteration); Hillis & Steele 1986 (pointer doubling).
"""

from __future__ import annotations

import numpy as np

from agents import kernels
from agents.bellman import Solution, action_values, greedy, small, tie
from agents.rows import plain
from sandbox.errors import ContractError
from sandbox.mdp import Floats, Ints, TabularMDP

WORK = 4
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
        after = mdp.next[goes_on]
        # Numbers of sixteen bits are sorted by radix.
        small_as_can_be = after.astype(np.min_scalar_type(len(mdp.states)))
        self.pairs = goes_on[np.argsort(small_as_can_be, kind="stable")]
        counts = np.bincount(after, minlength=len(mdp.states))
        self.first = np.concatenate(([0], np.cumsum(counts)))

    def to(self, states: Ints) -> Ints:
        """Return the pairs that lead to any of `states`."""
        first, counts = self.first[states], self.first[states + 1] - self.first[states]
        offsets = np.cumsum(counts) - counts
        found: Ints = self.pairs[np.arange(int(counts.sum())) + np.repeat(first - offsets, counts)]
        return found


class _Numpy:
    """Evaluate and improve policies by numpy."""

    def __init__(self, mdp: TabularMDP) -> None:
        self._mdp, self._back = mdp, _Back(mdp)

    def followed(self, policy: Ints) -> Floats:
        """Return the value of `policy`, `(S,)`."""
        return followed(self._mdp, policy)

    def improve(self, value: Floats, policy: Ints, margin: float) -> bool:
        """Take better pairs, then those that lead to what improved, and so on; tell if there were.

        The values stay below those of the policy, so that the next evaluation can only raise them.
        """
        mdp, pairs, left = self._mdp, np.arange(len(self._mdp.next)), WORK * len(self._mdp.next)
        latest = np.empty(len(value), dtype=np.int64)
        found = False
        while len(pairs) and left > 0:
            left -= len(pairs)
            later = np.where(mdp.ended[pairs], 0.0, mdp.discount * value[mdp.next[pairs]])
            q, states = mdp.reward[pairs] + later, mdp.pair_state[pairs]
            better = np.flatnonzero(q > value[states] + margin)
            q, states, pairs = q[better], states[better], pairs[better]
            np.maximum.at(value, states, q)
            best = np.flatnonzero(q == value[states])
            states, pairs = states[best], pairs[best]
            # Of several best pairs of a state the last one counts, once.
            latest[states] = pairs
            once = latest[states] == pairs
            policy[states[once]] = pairs[once]
            found |= len(states) > 0
            pairs = self._back.to(states[once])
        return found


class _Loops:
    """Evaluate and improve policies by compiled loops."""

    def __init__(self, mdp: TabularMDP) -> None:
        back, size = _Back(mdp), len(mdp.states)
        self._outcomes = (
            plain(mdp.next, np.int64),
            plain(mdp.reward, np.float64),
            plain(mdp.ended, np.bool_),
        )
        self._ahead = back.first, back.pairs, plain(mdp.pair_state, np.int64), *self._outcomes
        self._discount, self._work = mdp.discount, WORK * len(mdp.next)
        self._path, self._depth = np.empty(size, np.int64), np.empty(size, np.int64)
        self._waiting = np.zeros(size, bool)

    def followed(self, policy: Ints) -> Floats:
        """Return the value of `policy`, `(S,)`."""
        from agents.solving_loops import follow

        value = np.empty(len(policy))
        follow(policy, *self._outcomes, self._discount, self._path, self._depth, value)
        return value

    def improve(self, value: Floats, policy: Ints, margin: float) -> bool:
        """Do what `_Numpy.improve` does, one state at a time."""
        from agents.solving_loops import improve

        scratch = self._path, self._waiting
        limits = self._discount, margin, self._work
        return bool(improve(*self._ahead, *limits, *scratch, value, policy))


def iterate(mdp: TabularMDP, tolerance: float, *, kernel: str | None = None) -> Solution:
    """Find the optimum of a deterministic world; ties go to the action listed first.

    A policy is changed only where another action is better by more than the residual that ends the
    search, so that policies that tie do not alternate.

    Raises:
        ContractError: if the policies do not settle.
    """
    loop = kernels.compiled(len(mdp.next) * SECONDS, "solving_loops.improve", kernel)
    work = _Loops(mdp) if loop else _Numpy(mdp)
    _, policy = greedy(mdp, action_values(mdp, np.zeros(len(mdp.states))), 0.0, loop=loop)
    for rounds in range(1, ROUNDS):
        value = work.followed(policy)
        margin = small(mdp, value, tolerance)
        if not work.improve(value, policy, margin):
            _, first = greedy(mdp, action_values(mdp, value), tie(value), loop=loop)
            return _solution(mdp, first, value, margin, rounds)
    raise ContractError(f"policies did not settle in {ROUNDS:,} rounds")


def _solution(mdp: TabularMDP, policy: Ints, value: Floats, margin: float, rounds: int) -> Solution:
    """Return `policy`, the first that is greedy for `value`, with its own value.

    It is told by pointer doubling, so that the numbers do not depend on the kernel. Where nearly
    tied actions make the policy miss the optimum, `value` is kept.
    """
    for one in (followed(mdp, policy), value):
        q = action_values(mdp, one)
        best, _ = greedy(mdp, q, 0.0)
        residual = float(np.max(np.abs(best - one), initial=0.0))
        if residual <= margin:
            break
    return Solution(best, q, policy, residual, rounds)
