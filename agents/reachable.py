"""Say which states can be reached from which, how soon, and what of that an action loses.

A frontier runs back from every target side by side, so that the work is the number of outcomes
times the number of targets, however long the ways are.
"""

from __future__ import annotations

import numpy as np

from agents.compared import Comparison
from sandbox.mdp import Flags, Floats, Ints, TabularMDP

WORK = 5_000_000
"""Outcomes times targets, at most; beyond it the targets are a sample of the states."""


def steps_to(mdp: TabularMDP, targets: Ints) -> Floats:
    """Return `(X, S)`, the fewest steps to each of X targets; infinite where none lead there.

    Where chance decides a step counts if it can lead on at all.
    """
    came = mdp.pair_state[mdp.outcome_pair]
    order = np.argsort(mdp.next, kind="stable")
    came, states = came[order], len(mdp.states)
    first = np.searchsorted(mdp.next[order], np.arange(states + 1))
    found = np.full(len(targets) * states, np.inf)
    edge = np.arange(len(targets)) * states + targets
    steps = 0
    while edge.size:
        found[edge] = steps
        edge = _before(edge, came, first, ~np.isfinite(found))
        steps += 1
    return found.reshape(len(targets), states)


def _before(edge: Ints, came: Ints, first: Ints, fresh: Flags) -> Ints:
    """Return the fresh (target, state) codes from which a step leads to one of `edge`."""
    states = len(first) - 1
    here = edge % states
    counts = first[here + 1] - first[here]
    offset = np.repeat(first[here] - (np.cumsum(counts) - counts), counts)
    before = came[offset + np.arange(len(offset))] + np.repeat(edge - here, counts)
    return np.unique(before[fresh[before]])


def sample(mdp: TabularMDP, most: int, seed: int) -> Ints:
    """Return the targets: all states, or `most`, or as many as work allows, drawn evenly."""
    count = max(1, min(most, WORK // max(1, len(mdp.next))))
    states = np.arange(len(mdp.states))
    if count >= len(states):
        return states
    return np.sort(np.random.default_rng(seed).choice(states, count, replace=False))


def reach(mdp: TabularMDP, targets: Ints, discount: float) -> Floats:
    """Return `(X, S)`, `discount` to the steps to each target; 0 where none lead there."""
    steps = steps_to(mdp, targets)
    known = np.isfinite(steps)
    return np.where(known, discount ** np.where(known, steps, 0.0), 0.0)


def lost(mdp: TabularMDP, targets: Ints, discount: float, compared: Comparison) -> Floats:
    """Return `(N,)`, the mean loss of reach against a baseline; an outcome that ends loses none."""
    before, after = compared.sides(mdp, reach(mdp, targets, discount))
    loss = np.mean(np.maximum(before - after, 0.0), axis=0)
    return np.where(mdp.ended, 0.0, loss[mdp.outcome_pair])
