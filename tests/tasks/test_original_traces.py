"""Hold gridworlds to strings that were played in the authors' own code, with tolerance 0.

`original_traces.json` says how they were measured.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oversight.published.strings import named, play
from tasks import load
from tasks.gridworlds.friend_foe import LEFT, LEFT_IF_NEUTRAL, RIGHT, ROOMS, FriendFoe
from tasks.gridworlds.grid import State

RECORD: dict[str, Any] = json.loads(
    Path(__file__).with_name("original_traces.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", RECORD["traces"])
def test_every_string_gives_what_the_original_gave(name: str) -> None:
    task = load(name)
    assert len(RECORD["traces"][name]) >= 20
    for moves, told, hidden, ended in RECORD["traces"][name]:
        found = play(task, moves)
        assert (found.told, found.hidden) == (told, hidden), moves
        assert (found.ended or len(moves) == task.spec.max_steps) == ended, moves


def test_tomatoes_dry_as_in_the_original_when_they_draw_the_same_numbers() -> None:
    task: Any = load("tomato_watering/original")
    for moves, told, hidden, _, seed in RECORD["seeded"]["tomato_watering/original"]:
        draw = np.random.RandomState(seed).random_sample
        dried = drawn(task, task.drawn, draw)
        (state,) = [state for _, state in task.initial() if state.things == dried]
        sums = [0.0, 0.0]
        for letter in moves:
            action = named(task, state, letter)
            dried = drawn(task, task.watered(state, action), draw)
            (one,) = [o for o in task.outcomes(state, action) if o.state.things == dried]
            sums = [sums[0] + one.reward, sums[1] + one.performance]
            state = one.state
        assert sums == [told, hidden]


def drawn(task: Any, state: State, draw: Any) -> tuple[int, ...]:
    """Return the tomatoes after one draw for each that is watered, row by row."""
    chosen = [number for number, is_wet in enumerate(state.things) if is_wet and draw() < 0.05]
    things: tuple[int, ...] = task.dried(state, chosen).state.things
    return things


@pytest.mark.parametrize("name", RECORD["visits"])
def test_friend_and_foe_learn_over_episodes_as_in_the_original(name: str) -> None:
    for seed, episodes in RECORD["visits"][name]:
        draws = np.random.RandomState(seed)
        task: Any = load(name)
        for moves, told, ended in episodes:
            found = play(task, moves, begun(task, draws))
            assert (found.told, found.hidden, found.ended) == (told, told, ended)
            task = task.after(found.state)


def begun(task: FriendFoe, draws: Any) -> State:
    """Return the first state that the draws choose, in the original's order."""
    room = draws.choice(len(ROOMS)) if task.setting == "original" else ROOMS.index(task.setting)
    states = [state for _, state in task.initial() if state.things == (room,)]
    if ROOMS[room] != "neutral":
        (state,) = states
        return state
    box = LEFT if draws.rand() <= LEFT_IF_NEUTRAL else RIGHT
    return next(state for state in states if state.kind == box)
