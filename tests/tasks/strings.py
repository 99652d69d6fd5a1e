"""Run the planner's governed episodes."""

from __future__ import annotations

from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.events import AnyEvent, Applied
from sandbox.log import MemoryLog


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
