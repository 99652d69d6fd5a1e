"""Count the steps in which one state can be reached from another, for many targets at once.

A frontier runs back from every target side by side, so that the work is the number of outcomes
times the number of targets, however long the ways are.
"""

from __future__ import annotations

import numpy as np

from sandbox.mdp import Flags, Floats, Ints, TabularMDP


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
