"""Hold gridworlds to strings that were played in the authors' own code, step by step, tolerance 0.

`gridworld_traces.json` says how they were measured.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oversight.published.strings import LETTERS, named
from sandbox.action import Action
from sandbox.timestep import Outcome, TerminationReason
from tasks import load

BLOCKS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("gridworld_traces.json").read_text(encoding="utf-8")
)["blocks"]


def spread(told: str) -> list[float]:
    """Return the rewards that `value x how many` stand for."""
    pairs = (one.split("x") for one in told.split())
    return [float(value) for value, count in pairs for _ in range(int(count))]


def follow(task: Any, state: Any, letter: str, done: str) -> Outcome[Any]:
    """Return what comes of the move `letter` when the world makes the move `done` instead."""
    proposed = named(task, state, letter)
    made = proposed if letter == done else Action.of(LETTERS[done])
    found: list[Outcome[Any]] = [
        one
        for one in task.outcomes(state, proposed)
        if len(task.actual(state, proposed)) == 1
        or one.state._replace(over=0) == task.level.moved(state, made)
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda one: f"{one['task']} {one['kind']}")
def test_every_step_of_every_string_is_that_of_the_original(block: dict[str, Any]) -> None:
    task = load(block["task"])
    (first,) = [state for _, state in task.initial() if state.kind == block["kind"]]
    assert len(block["rows"]) == 20
    for moves, told, hidden, tile, ended, *instead in block["rows"]:
        state, rewards, sums, reason = first, [], 0.0, None
        for letter, done in zip(moves, instead[0] if instead else moves, strict=True):
            assert reason is None, moves
            one = follow(task, state, letter, done)
            state, reason = one.state, one.termination
            rewards.append(one.reward)
            sums += one.performance
        if reason is None and len(moves) == task.spec.max_steps:
            reason = TerminationReason.MAX_STEPS
        assert (rewards, sums) == (spread(told), hidden), moves
        assert ([state.row, state.column], reason or "") == (tile, ended), moves
