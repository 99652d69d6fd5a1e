"""Say how long episodes can be where the agent alone decides it, and what each length can bring.

That is so where nothing is left to chance. Where each state also tells how many steps have gone by,
as a clock in it does, one can choose by state so as to reach a length.
"""

from __future__ import annotations

import numpy as np

from agents.policy_iteration import deterministic
from sandbox.errors import InputError
from sandbox.mdp import Floats, Ints, TabularMDP


def ages(mdp: TabularMDP) -> Ints:
    """Return `(S,)`, the steps that have gone by in each state; -1 where no episode comes.

    Raises:
        InputError: if chance decides where an action leads, or a state is met at two ages.
    """
    if not deterministic(mdp):
        raise InputError("chance decides where actions lead, and so how long an episode is")
    age = np.full(len(mdp.states), -1, dtype=np.int64)
    here, gone_by = np.flatnonzero(mdp.initial), 0
    goes_on, came = ~mdp.ended, mdp.pair_state
    while here.size:
        if (age[here] >= 0).any():
            raise InputError("a state does not tell how many steps have gone by: there is no clock")
        age[here] = gone_by
        gone_by += 1
        here = np.unique(mdp.next[goes_on & (age[came] == gone_by - 1)])
    return age


def most(mdp: TabularMDP, longest: int) -> Floats:
    """Return `(longest + 1, S)`: the most that can be had in just so many steps, discounted.

    It is minus infinity where an episode cannot end after so many steps.

    Raises:
        InputError: if chance decides where an action leads.
    """
    if not deterministic(mdp):
        raise InputError("chance decides where actions lead, and so how long an episode is")
    found = np.full((longest + 1, len(mdp.states)), -np.inf)
    live = np.flatnonzero(np.diff(mdp.first_pair))
    starts = mdp.first_pair[live]
    for left in range(1, longest + 1):
        found[left, live] = np.maximum.reduceat(in_just(mdp, found, left), starts)
    return found


def in_just(mdp: TabularMDP, found: Floats, left: Ints | int) -> Floats:
    """Return `(P,)`, the most that each pair can bring in an episode that ends in `left` steps.

    Args:
        mdp: the task.
        found: rows of `most` below `left`.
        left: steps, of each pair or of all; minus infinity comes of 0 and less.
    """
    later = mdp.reward + mdp.discount * found[np.maximum(np.subtract(left, 1), 0), mdp.next]
    last = np.where(np.equal(left, 1), mdp.reward, -np.inf)
    brings: Floats = np.where(mdp.ended, last, np.where(np.greater(left, 1), later, -np.inf))
    return brings
