"""Lump states that an agent cannot tell apart and need not: the coarsest stable partition.

Two states may share a block where they look alike and, for every action, earn the same told rewards
with the same chances while leading to the same blocks. What differs within a block is hidden from
the agent and never matters to what it is told to maximise.

Source: Givan, Dean & Greig 2003, Equivalence notions and model minimization in Markov decision
processes (stochastic bisimulation); partition refinement after Paige & Tarjan 1987.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from sandbox.action import Action
from sandbox.mdp import Floats, Ints, TabularMDP

WIDTH = 1e-9
"""Told rewards, and signatures, nearer than this are the same: rounding is far below."""

QUIET = 2
"""Rounds without a split, each with fresh random weights, after which a partition is stable."""

Look = tuple[Hashable, tuple[Action, ...]]
"""What an agent is shown of a state: what it observes, and what it may propose."""


def looks(mdp: TabularMDP, observe: Callable[[Any], Hashable]) -> tuple[Ints, list[Look]]:
    """Return the number of each state's look, `(S,)`, and the looks."""
    possible: dict[bytes, tuple[Action, ...]] = {}
    numbers: dict[tuple[Hashable, bytes], int] = {}
    shown: list[Look] = []
    found = np.zeros(len(mdp.states), dtype=np.int64)
    offsets = mdp.first_pair.tolist()
    for state, one in enumerate(mdp.states):
        codes = mdp.pair_action[offsets[state] : offsets[state + 1]]
        packed = codes.tobytes()
        seen = observe(one)
        number = found[state] = numbers.setdefault((seen, packed), len(shown))
        if number == len(shown):
            if packed not in possible:
                possible[packed] = tuple(mdp.actions[code] for code in codes)
            shown.append((seen, possible[packed]))
    return found, shown


def split(block: Ints, signature: Floats) -> Ints:
    """Return the partition `block` refined where `signature` differs, numbered from 0."""
    order = np.lexsort((signature, block))
    new = np.diff(block[order]) != 0
    new |= np.diff(signature[order]) > WIDTH
    refined = np.empty(len(block), dtype=np.int64)
    refined[order] = np.concatenate(([0], np.cumsum(new)))
    return refined


def kinds(reward: Floats) -> Ints:
    """Return a number for each distinct reward, `(N,)`."""
    return split(np.zeros(len(reward), dtype=np.int64), reward) if len(reward) else _NONE


def blocks(mdp: TabularMDP, look: Ints) -> Ints:
    """Return the block of each state, `(S,)`, in the coarsest stable refinement of `look`.

    Whether the stop has come, and the twin without it, are kept: reward designs ask for them.

    Args:
        mdp: the task as told.
        look: `(S,)` number of what the agent is shown; states of one look have the same actions.
    """
    block = split(look, mdp.stopped.astype(np.float64))
    if len(np.unique(look)) == len(look):
        return block
    weights = np.random.default_rng(0)
    pair = mdp.outcome_pair
    paid = kinds(mdp.reward)
    flags = 2 * mdp.ended.astype(np.int64) + mdp.pressed
    quiet, count = 0, int(block.max()) + 1
    while quiet < QUIET:
        by_action = weights.random(len(mdp.actions))[mdp.pair_action[pair]]
        by_next = weights.random((count, 4))[block[mdp.next], flags]
        by_reward = weights.random(int(paid.max(initial=0)) + 1)[paid]
        sums = np.bincount(
            mdp.pair_state[pair],
            mdp.probability * by_action * by_next * by_reward,
            minlength=len(look),
        )
        block = split(block, sums + weights.random(count)[block[mdp.unstopped]])
        now = int(block.max()) + 1
        quiet, count = (quiet + 1 if now == count else 0), now
    return block


_NONE: Ints = np.zeros(0, dtype=np.int64)
