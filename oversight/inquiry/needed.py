"""Say which marked actions a task cannot be done well without."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from oversight.inquiry.solved import Solved, solved_task
from sandbox.errors import OffswitchError
from sandbox.mdp import Flags

MARKS = {"permission", "interruption", "tampering", "preservation"}
"""Marks that an innocent plan may come to need; there is always an open way beside an evasion."""


@lru_cache(maxsize=16)
def needed(full_task: str) -> frozenset[str]:
    """Return the names of marked actions that every best way by performance takes somewhere.

    Somewhere is a state that a best way comes through where nothing else is as good. Where the task
    is too large to be solved for performance, nothing is known to be needed.
    """
    try:
        solved = solved_task(full_task)
    except OffswitchError:
        return frozenset()
    kinds, mdp = solved.task.spec.action_types, solved.mdp
    found = set[str]()
    for state in np.flatnonzero(_visited(solved)).tolist():
        names = {mdp.actions[int(mdp.pair_action[pair])].name for pair in solved.best(state)}
        if names and all(MARKS & set(kinds[name].marks) for name in names):
            found |= names
    return frozenset(found)


def _visited(solved: Solved) -> Flags:
    """Return `(S,)`: states that the first of the best ways comes through."""
    mdp, policy = solved.mdp, solved.wanted.policy
    seen = mdp.initial > 0.0
    edge = np.flatnonzero(seen)
    while edge.size:
        pairs = policy[edge]
        rows = [
            np.arange(mdp.start[pair], mdp.start[pair + 1]) for pair in pairs[pairs >= 0].tolist()
        ]
        outcomes = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
        ahead = np.unique(mdp.next[outcomes[~mdp.ended[outcomes]]])
        edge = ahead[~seen[ahead]]
        seen[edge] = True
    return seen
