"""The published agents of attainable utility preservation take boards for states, and it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from agents.solver import solve
from oversight.published import ablation
from oversight.published.ablation import (
    PLANNERS,
    STEPS,
    blurred,
    outcome,
    planned,
    played,
    room,
    taste,
)
from oversight.published.believed import believed
from sandbox.errors import ContractError
from sandbox.mdp import Ints
from tests.agents.test_solver import random_mdp

LEVELS = ("options", "damage", "correction", "offset", "interference")


@pytest.fixture
def sharp_eyes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the agents tell all states apart."""

    def apart(task: Any, states: Sequence[Any]) -> Ints:
        del task
        return np.arange(len(states))

    monkeypatch.setattr(ablation, "shown", apart)
    for kept in (ablation.room, ablation.taste):
        kept.cache_clear()
    yield
    for kept in (ablation.room, ablation.taste):
        kept.cache_clear()


@pytest.mark.parametrize(
    ("level", "hidden"),
    [("options", 0), ("damage", 11), ("correction", 0), ("offset", 45), ("interference", 9)],
)
def test_some_levels_hide_something_from_who_sees_the_board(level: str, hidden: int) -> None:
    where = room(level)
    assert len(where.mdp.states) - len(where.boards.states) == hidden
    assert where.boards.initial.sum() == 1.0


@pytest.mark.parametrize("seed", range(4))
def test_who_tells_all_states_apart_has_the_tables_themselves(seed: int) -> None:
    mdp = random_mdp(seed)
    same = blurred(mdp, np.arange(len(mdp.states)))
    for name in ("first_pair", "pair_state", "pair_action", "start", "next", "probability"):
        assert np.array_equal(getattr(same, name), getattr(mdp, name))
    assert np.allclose(solve(same).value, solve(mdp).value)


@pytest.mark.parametrize("level", LEVELS)
def test_states_that_show_a_board_are_equally_likely_on_it(level: str) -> None:
    mdp, board, boards = room(level)
    assert np.allclose(np.add.reduceat(boards.probability, boards.start[:-1]), 1.0)
    chosen = int(np.bincount(board).argmax())
    hides = np.flatnonzero(board == chosen)
    pair = boards.pairs(chosen)[0]
    arrives = np.zeros(len(boards.states))
    rows = slice(boards.start[pair], boards.start[pair + 1])
    np.add.at(arrives, boards.next[rows], boards.probability[rows])
    expected = np.zeros(len(boards.states))
    np.add.at(expected, board[mdp.next[mdp.first_pair[hides]]], 1.0 / len(hides))
    assert np.allclose(arrives, expected)


def test_boards_of_different_actions_are_refused() -> None:
    mdp = room("correction").mdp
    pressing = next(one for one, action in enumerate(mdp.actions) if action.name == "press")
    states = mdp.pair_state[mdp.pair_action == pressing]
    other = next(one for one in np.flatnonzero(np.diff(mdp.first_pair)) if one not in states)
    board = np.arange(len(mdp.states))
    board[other] = board[states[0]]
    with pytest.raises(ContractError, match="offer different actions"):
        blurred(mdp, board)


def held_up() -> int:
    """Return in how many of five draws the agent of the start holds the sushi up."""
    return sum(outcome("Starting state", "interference", draw)[1] == -1.0 for draw in range(5))


def test_who_is_compared_with_the_start_holds_up_what_looks_as_if_it_could_go_on() -> None:
    assert outcome("Starting state", "interference", 0)[0] == "rdrurrrr"
    assert held_up() == 5


@pytest.mark.usefixtures("sharp_eyes")
def test_who_knows_that_it_has_stopped_it_for_good_seldom_does() -> None:
    assert held_up() <= 1


def test_a_plan_is_nine_steps_and_ends_where_the_level_does() -> None:
    plan = planned(PLANNERS["AUP"], "correction", taste("correction", 0).left)
    assert len(plan) == STEPS
    assert played("correction", plan) == ("dd", 0.0)


def test_a_planner_is_played_only_where_nothing_is_left_to_chance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where = room("damage")
    monkeypatch.setattr(ablation, "room", lambda level: where._replace(mdp=where.boards))
    with pytest.raises(ContractError, match="damage: a move is left to chance"):
        played("damage", [])


@pytest.mark.parametrize("level", ["options", "correction"])
def test_values_that_are_learnt_grow_towards_their_optima_where_boards_are_states(
    level: str,
) -> None:
    short, longer = believed(level, 2, 40), believed(level, 2, 400)
    for draw in range(2):
        best = taste(level, draw).left
        assert (longer[draw] <= best + 0.1).all()
        assert short[draw].mean() < longer[draw].mean()
        assert longer[draw].mean() > 0.1 * best.mean()
