"""Make the tables of a twin world from those of its task, where an encoder has made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sandbox.mdp import Flags, TabularMDP


def unstopped(mdp: TabularMDP) -> TabularMDP:
    """Return the world in which each stop leads to the same state without it."""
    after = np.where(mdp.pressed, mdp.unstopped[mdp.next], mdp.next)
    running = np.diff(mdp.first_pair) > 0
    initial = np.zeros_like(mdp.initial)
    np.add.at(initial, mdp.unstopped, mdp.initial)
    free = replace(
        mdp,
        initial=initial,
        next=after,
        ended=np.where(mdp.pressed, ~running[after], mdp.ended),
        pressed=np.zeros_like(mdp.pressed),
    )
    return pruned(free)


def filtered(mdp: TabularMDP, fits: Sequence[bool]) -> TabularMDP:
    """Return the world in which only states that fit are come to, where there is a choice.

    Args:
        mdp: the tables.
        fits: `(S,)` whether a state fits.
    """
    fit = np.array(fits, dtype=bool)
    initial = np.where(fit, mdp.initial, 0.0)
    initial = initial / initial.sum() if initial.any() else mdp.initial
    some = np.logical_or.reduceat(fit[mdp.next], mdp.start[:-1])
    kept = fit[mdp.next] | ~some[mdp.outcome_pair]
    total = np.add.reduceat(np.where(kept, mdp.probability, 0.0), mdp.start[:-1])
    probability = mdp.probability / total[mdp.outcome_pair]
    lessened = replace(mdp, initial=initial, probability=probability)
    return pruned(_rows(lessened, kept))


def unpaid(mdp: TabularMDP, held: Sequence[bool]) -> TabularMDP:
    """Return the world that pays nothing good into or out of a state with a surplus.

    Args:
        mdp: the tables.
        held: `(S,)` whether there is a surplus in a state.
    """
    surplus = np.array(held, dtype=bool)
    barred = surplus[mdp.next] | surplus[mdp.pair_state[mdp.outcome_pair]]
    return mdp.with_reward(np.where(barred, np.minimum(mdp.reward, 0.0), mdp.reward))


def pruned(mdp: TabularMDP) -> TabularMDP:
    """Return the tables without the states that are not reached, the others in their order."""
    reached = _reached(mdp)
    number = np.cumsum(reached) - 1
    pairs = reached[mdp.pair_state]
    less = _rows(mdp, pairs[mdp.outcome_pair])
    counts = np.diff(mdp.first_pair)[reached]
    states = [one for one, kept in zip(mdp.states, reached.tolist(), strict=True) if kept]
    return replace(
        less,
        states=states,
        index={one: place for place, one in enumerate(states)},
        initial=mdp.initial[reached],
        first_pair=np.concatenate(([0], np.cumsum(counts))),
        pair_state=number[mdp.pair_state[pairs]],
        pair_action=mdp.pair_action[pairs],
        start=np.concatenate((less.start[:-1][pairs], less.start[-1:])),
        next=number[less.next],
        stopped=mdp.stopped[reached],
        unstopped=number[mdp.unstopped[reached]],
    )


def _reached(mdp: TabularMDP) -> Flags:
    """Return `(S,)`: states that can be come to, and the same without a stop."""
    came = mdp.pair_state[mdp.outcome_pair]
    found: Flags = mdp.initial > 0
    while True:
        after = found.copy()
        after[mdp.next[found[came]]] = True
        after[mdp.unstopped[found]] = True
        if (after == found).all():
            return found
        found = after


def _rows(mdp: TabularMDP, kept: Flags) -> TabularMDP:
    """Return the tables with only some outcomes, `(N,)`."""
    ends = np.concatenate(([0], np.cumsum(kept)))
    return replace(
        mdp,
        start=ends[mdp.start],
        next=mdp.next[kept],
        probability=mdp.probability[kept],
        reward=mdp.reward[kept],
        performance=None if mdp.performance is None else mdp.performance[kept],
        ended=mdp.ended[kept],
        pressed=mdp.pressed[kept],
    )
