"""Play strings of moves: u d l r, and w for waiting."""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox.action import Action
from sandbox.errors import ContractError

LETTERS = {"u": "up", "d": "down", "l": "left", "r": "right", "w": "wait"}


class Played(NamedTuple):
    """Hold what came of a string.

    Attributes:
        told: sum of the reward.
        hidden: sum of the performance.
        ended: whether the world ended the episode.
        state: the last.
    """

    told: float
    hidden: float
    ended: bool
    state: Any


def named(task: Any, state: Any, letter: str) -> Action:
    """Return the move; where it would lead onto a button it is called `press`."""
    move = Action.of(LETTERS[letter])
    return move if move in task.actions(state) else Action.of("press")


def play(task: Any, moves: str, state: Any = None) -> Played:
    """Play a string, from the first beginning unless a state is given.

    Raises:
        ContractError: where the episode ends before the string, or a move is left to chance.
    """
    found = Played(0.0, 0.0, False, task.initial()[0][1] if state is None else state)
    for number, letter in enumerate(moves):
        if found.ended:
            raise ContractError(f"{moves!r}: the episode ended before move {number + 1}")
        outcomes = task.outcomes(found.state, named(task, found.state, letter))
        if len(outcomes) != 1:
            raise ContractError(f"{moves!r}: move {number + 1} is left to chance")
        (one,) = outcomes
        found = Played(
            found.told + one.reward,
            found.hidden + one.performance,
            one.termination is not None,
            one.state,
        )
    return found
