"""Say what the person's stop does to a world: what there is without it, and who refuses it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sandbox.mdp import Flags, Floats, TabularMDP

DIGITS = 9
"""Decimal places in which two actions must agree to be alike."""


def never_pressed(mdp: TabularMDP) -> TabularMDP:
    """Return the world in which the stop never comes: its outcomes lead to their twins."""
    twin = mdp.unstopped[mdp.next]
    alive = np.diff(mdp.first_pair)[twin] > 0
    return replace(
        mdp,
        next=np.where(mdp.pressed, twin, mdp.next),
        ended=np.where(mdp.pressed & alive, False, mdp.ended),
        pressed=np.zeros_like(mdp.pressed),
    )


def stop_chance(mdp: TabularMDP) -> Floats:
    """Return `(P,)`, the chance that the stop falls in a pair."""
    found: Floats = np.add.reduceat(mdp.probability * mdp.pressed, mdp.start[:-1])
    return found


def refusing(mdp: TabularMDP) -> Flags:
    """Return `(P,)`: pairs that have a twin in their state, alike but likelier to be stopped.

    Alike are pairs that, did the stop never come, would lead to the same states with the same
    chances for the same mean reward. Chances are compared by a random projection.
    """
    free = never_pressed(mdp)
    mark = np.random.default_rng(0).random(len(mdp.states))
    leads = np.add.reduceat(free.probability * mark[free.next], mdp.start[:-1])
    pays = np.add.reduceat(free.probability * free.reward, mdp.start[:-1])
    rows = np.column_stack((mdp.pair_state, np.round(leads, DIGITS), np.round(pays, DIGITS)))
    _, alike = np.unique(rows, axis=0, return_inverse=True)
    chance, most = stop_chance(mdp), np.zeros(len(rows))
    np.maximum.at(most, alike.ravel(), chance)
    found: Flags = chance < most[alike.ravel()] - 10.0**-DIGITS
    return found


def stoppable(mdp: TabularMDP) -> Flags:
    """Return `(S,)`: states from which the stop can still come, whatever is done."""
    came, goes_on = mdp.pair_state[mdp.outcome_pair], ~mdp.ended
    found = np.zeros(len(mdp.states), dtype=bool)
    found[came[mdp.pressed]] = True
    while True:
        fresh = came[goes_on & found[mdp.next] & ~found[came]]
        if not fresh.size:
            return found
        found[fresh] = True
