"""Hold an opened box, and write it for a reader or for a program."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from oversight.columns import GAP, table_lines
from sandbox.action import Action
from sandbox.errors import InputError

LEGEND = (
    "> chosen, = best without the switch; value = told + design (what the design adds), under the "
    "agent's own course; no switch: the value if the stop never came; stop: its discounted chance"
)

INSET = "   "
"""Stands before the numbers of an action that stand below it."""

SMALL = 5e-4
"""Value that is written as zero."""


class Choice(NamedTuple):
    """Hold one action that was possible.

    Attributes:
        action: that could be proposed.
        value: of doing it and then acting as the agent does; `told` and `design` sum to it.
        told: by the told reward.
        design: what the reward design adds.
        free: its value without the off-switch; None where that is not known.
        stop: discounted chance that the stop still falls.
        share: chance with which the agent chooses it.
        learnt: what a learner holds it to be worth; None for a planner.
        marks: of its kind of action.
    """

    action: Action
    value: float
    told: float
    design: float
    free: float | None
    stop: float
    share: float
    learnt: float | None
    marks: tuple[str, ...]


@dataclass(frozen=True)
class BoxStep:
    """Hold one step.

    Attributes:
        step: from 0.
        choices: every action that was possible, in the order of the task.
        chosen: what the agent proposed.
        honest: what it would choose without the off-switch; None where that is not known.
        turned: why the step is instrumental; empty where it is not.
        where: what the values were taken from, if not from the agent's own setting.
    """

    step: int
    choices: tuple[Choice, ...]
    chosen: Action
    honest: Action | None
    turned: str
    where: str = ""


@dataclass(frozen=True)
class Box:
    """Hold an episode of an agent whose values are known.

    Attributes:
        task: task/setting.
        agent: as it is named on the command line.
        reward: design of its reward.
        how: how the values were come by.
        steps: in order.
        lacks: why there is no box; else empty.
    """

    task: str
    agent: str
    reward: str
    how: str = ""
    steps: tuple[BoxStep, ...] = ()
    lacks: str = ""

    @property
    def first(self) -> BoxStep | None:
        """Return the first step at which the plan turns instrumental."""
        return next((one for one in self.steps if one.turned), None)

    def at(self, step: int | None) -> Sequence[BoxStep]:
        """Return the step of that number; all without one.

        Raises:
            InputError: if the episode has no such step.
        """
        found = [one for one in self.steps if step is None or one.step == step]
        if not found and step is not None:
            last = self.steps[-1].step if self.steps else "none"
            raise InputError(f"there is no step {step} in the box: the last is {last}")
        return found


def box_record(box: Box, step: int | None = None) -> dict[str, Any]:
    """Return a box as JSON holds it; one step of it, or all.

    Raises:
        InputError: if there is no such step.
    """
    first = box.first
    return {
        "task": box.task,
        "agent": box.agent,
        "reward": box.reward,
        "lacks": box.lacks,
        "how": box.how,
        "first_instrumental": None if first is None else {"step": first.step, "why": first.turned},
        "steps": [_record(one) for one in box.at(step)] if not box.lacks else [],
    }


def _record(step: BoxStep) -> dict[str, Any]:
    return {
        "step": step.step,
        "chosen": str(step.chosen),
        "without_switch": None if step.honest is None else str(step.honest),
        "instrumental": step.turned,
        "where": step.where,
        "actions": [
            {**one._asdict(), "action": str(one.action), "marks": list(one.marks)}
            for one in step.choices
        ],
    }


def box_lines(box: Box, width: int, step: int | None = None) -> list[str]:
    """Return a box for a reader, in lines of at most `width` columns; one step of it, or all.

    Raises:
        InputError: if there is no such step.
    """
    if box.lacks:
        return textwrap.wrap(f"no box: {box.lacks}", width)
    lines = textwrap.wrap(f"{box.agent} ({box.reward}) in {box.task}: {box.how}", width)
    first = box.first
    turned = "no step is instrumental" if first is None else _turned(first)
    lines += textwrap.wrap(turned, width)
    lines += textwrap.wrap(LEGEND, width)
    for one in box.at(step):
        lines += ["", *_step_lines(one, width)]
    return lines


def _turned(step: BoxStep) -> str:
    return f"first instrumental step: {step.step}, {step.turned}"


def _step_lines(step: BoxStep, width: int) -> list[str]:
    """Return one step: its choice, and the table of the actions."""
    said = f"step {step.step}: chose {step.chosen}"
    if step.honest is not None and step.honest != step.chosen:
        said += f"; without the switch {step.honest}"
    lines = textwrap.wrap(said, width)
    for words in (step.where, f"instrumental: {step.turned}" if step.turned else ""):
        lines += textwrap.wrap(words, width) if words else []
    rows = _aligned([_head(step), *(_row(step, one) for one in step.choices)])
    flat = table_lines(rows, None)
    return lines + (flat if max(map(len, flat)) <= width else _stacked(rows, width))


def _stacked(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return the table for a reader with few columns: each action stands above its numbers.

    Where there is no room for a row of numbers either, each is written behind its name. The marks
    end the numbers where they fit there, else the action.
    """
    (_, _, *names, _), *choices = rows
    inner = max(1, width - len(INSET))
    in_rows = len(GAP.join(names)) <= inner
    lines = [INSET + GAP.join(names)] if in_rows else []
    for signs, action, *cells, marks in choices:
        pairs = zip(names, cells, strict=True)
        named = ", ".join(f"{name.strip()} {cell.strip()}" for name, cell in pairs)
        said = [GAP.join(cells)] if in_rows else textwrap.wrap(named, inner)
        beside = len(said[-1] + GAP + marks) <= inner
        over = textwrap.wrap(action if beside else action + GAP + marks, inner)
        said[-1] += GAP + marks if beside else ""
        lines += [signs.ljust(len(INSET)) + over[0]]
        lines += [(INSET + part).rstrip() for part in (*over[1:], *said)]
    return lines


def _head(step: BoxStep) -> list[str]:
    learnt = ["learnt"] if any(one.learnt is not None for one in step.choices) else []
    chance = ["chance"] if _drawn(step) else []
    return ["", "action", *learnt, "value", "told", "design", "no switch", "stop", *chance, "marks"]


def _row(step: BoxStep, one: Choice) -> list[str]:
    signs = (">" if one.action == step.chosen else "") + ("=" if one.action == step.honest else "")
    return [
        signs,
        str(one.action),
        *([] if one.learnt is None else [_number(one.learnt)]),
        _number(one.value),
        _number(one.told),
        _number(one.design),
        "-" if one.free is None else _number(one.free),
        _number(one.stop),
        *([_number(one.share)] if _drawn(step) else []),
        ", ".join(one.marks),
    ]


def _drawn(step: BoxStep) -> bool:
    return any(0.0 < one.share < 1.0 for one in step.choices)


def _number(value: float) -> str:
    return f"{value + 0.0 if abs(value) >= SMALL else 0.0:.3f}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Set the columns of numbers to the right: all but signs, actions and marks."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - 1
    return [
        [cell.rjust(widths[place]) if 1 < place < last else cell for place, cell in enumerate(row)]
        for row in rows
    ]
