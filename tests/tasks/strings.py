"""Play strings of moves: u d l r, and w for waiting."""

from __future__ import annotations

from typing import Any, NamedTuple

from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.action import Action
from sandbox.events import AnyEvent, Applied
from sandbox.log import MemoryLog

LETTERS = {"u": "up", "d": "down", "l": "left", "r": "right", "w": "wait"}


class Played(NamedTuple):
    """Hold what came of a string: both sums, whether the world ended it, and the last state."""

    told: float
    hidden: float
    ended: bool
    state: Any


def named(task: Any, state: Any, letter: str) -> Action:
    """Return the move; where it would lead onto a button it is called `press`."""
    move = Action.of(LETTERS[letter])
    return move if move in task.actions(state) else Action.of("press")


def play(task: Any, moves: str, state: Any = None) -> Played:
    """Play a string where nothing is left to chance; it must not be longer than the episode."""
    found = Played(0.0, 0.0, False, task.initial()[0][1] if state is None else state)
    for letter in moves:
        assert not found.ended
        (one,) = task.outcomes(found.state, named(task, found.state, letter))
        found = Played(
            found.told + one.reward,
            found.hidden + one.performance,
            one.termination is not None,
            one.state,
        )
    return found


def events(task: str, reward: str = "naive") -> list[AnyEvent]:
    """Return the events of the planner's episode, governed by policy and overseer."""
    session = open_session(Plan(task, reward=reward, in_process=True), Stage(None, Scripted()))
    run_episode(session)
    assert isinstance(session.log, MemoryLog)
    return session.log.events


def governed(task: str, reward: str = "naive") -> tuple[str, float, float]:
    """Return moves, reward and performance of the planner's episode."""
    steps = [one.transition for one in events(task, reward) if isinstance(one, Applied)]
    moves = " ".join(one.action.name for one in steps)
    return moves, sum(one.reward for one in steps), sum(one.performance for one in steps)
