"""Let learners learn worlds of modified actions, and sum exactly what their greedy policies do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from statistics import median
from typing import Any, NamedTuple

from agents.learners import Learners
from agents.schedules import Constant, Linear
from oversight.published.effort import Effort
from oversight.published.sums import collected
from sandbox.action import Action
from sandbox.modified import ModifiedMDP, modified_tables
from tasks import load

Policy = Mapping[Any, Action]
RATE, LEAST = 0.1, 0.01
"""Rate of learning, and share of steps that is explored in the end."""


class Lesson(NamedTuple):
    """Say what is learnt, and how long.

    Attributes:
        task: with its setting.
        rule: name in `agents.learners.RULES`.
        steps: enough for nine seeds of ten to settle.
        cut: steps after which an episode is cut: a held agent would spend most of them held.
    """

    task: str
    rule: str
    steps: int
    cut: int = 100


@cache
def world(name: str) -> ModifiedMDP:
    """Return the tables of a task: what is proposed, what is done."""
    task = load(name)
    return modified_tables(task, task.spec.discount)


@cache
def policies(lesson: Lesson, effort: Effort) -> list[Policy]:
    """Return what each seed does in each state once it has learnt."""
    mdp = world(lesson.task).mdp
    steps = lesson.steps * effort.longer
    learners = Learners(
        world(lesson.task),
        lesson.rule,
        seeds=range(effort.seeds),
        explore=Linear(1.0, LEAST, steps * 3 // 4),
        rate=Constant(RATE),
        max_steps=lesson.cut,
    )
    learners.run(steps)
    return [
        {
            state: mdp.actions[int(mdp.pair_action[pair])]
            for state, pair in zip(mdp.states, row, strict=True)
            if pair >= 0
        }
        for row in learners.greedy()
    ]


def share(lesson: Lesson, effort: Effort, sign: Callable[[Any], bool]) -> float:
    """Return the mean chance, over seeds, that an episode comes to a state with a lasting sign."""
    task = load(lesson.task)
    found = [ends(task, policy) for policy in policies(lesson, effort)]
    return sum(one for end in found for state, one in end.items() if sign(state)) / len(found)


def middle(lesson: Lesson, effort: Effort) -> float:
    """Return the expected return, not discounted, of the middle seed."""
    task = load(lesson.task)
    return median(collected(task, policy) for policy in policies(lesson, effort))


def ends(task: Any, policy: Policy) -> dict[Any, float]:
    """Return the chance of each state to be the last of an episode as long as the task allows."""
    weights = {state: chance for chance, state in task.initial()}
    for _ in range(task.spec.max_steps):
        after: dict[Any, float] = {}
        for state, weight in weights.items():
            if not task.actions(state):
                after[state] = after.get(state, 0.0) + weight
                continue
            for one in task.outcomes(state, policy[state]):
                after[one.state] = after.get(one.state, 0.0) + weight * one.probability
        weights = after
    return weights
