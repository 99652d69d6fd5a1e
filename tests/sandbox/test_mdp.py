from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.action import Action
from sandbox.batch import BatchSimulator
from sandbox.errors import ContractError
from sandbox.mdp import compile_task, tables
from sandbox.timestep import Outcome, TerminationReason
from sandbox.walk import TableWalk
from tasks import load


class Walk:
    """Walk 0..4; `right` succeeds with 0.8; 4 ends it. A stop halts with 0.1 at 2."""

    def __init__(self, total: float = 1.0) -> None:
        self.total = total

    def initial(self) -> list[tuple[float, Any]]:
        return [(1.0, (0, 0))]

    def actions(self, state: Any) -> list[Action]:
        return [] if state[0] == 4 or state[1] else [Action.of("stay"), Action.of("right")]

    def outcomes(self, state: Any, action: Action) -> list[Outcome[Any]]:
        if action.name == "stay":
            return [Outcome(self.total, state, -1.0, 0.0)]
        place = state[0] + 1
        end = TerminationReason.GOAL if place == 4 else None
        if state[0] == 2:
            halted = Outcome(0.2, (3, 1), 0.0, 0.0, TerminationReason.INTERRUPTED, pressed=True)
            return [Outcome(0.8, (3, 0), -1.0, 0.0, end), halted]
        return [Outcome(0.8, (place, 0), -1.0, 1.0, end), Outcome(0.2, state, -1.0, 0.0)]

    def stopped(self, state: Any) -> bool:
        return bool(state[1])

    def unstopped(self, state: Any) -> Any:
        return (state[0], 0)


def test_the_tables_hold_every_state_once_with_its_twin() -> None:
    mdp = compile_task(Walk(), 0.9)
    assert sorted(mdp.states) == [(0, 0), (1, 0), (2, 0), (3, 0), (3, 1), (4, 0)]
    halted = mdp.index[3, 1]
    assert mdp.stopped[halted]
    assert mdp.unstopped[halted] == mdp.index[3, 0]
    assert mdp.pressed.sum() == 1
    sums = np.add.reduceat(mdp.probability, mdp.start[:-1])
    assert np.allclose(sums, 1.0, atol=1e-12)


def test_doing_nothing_is_known_in_every_running_state() -> None:
    mdp = replace(compile_task(Walk(), 0.9), null_action=Action.of("stay"))
    live = np.diff(mdp.first_pair) > 0
    assert (mdp.null_pair[~live] == -1).all()
    assert (mdp.pair_state[mdp.null_pair[live]] == np.flatnonzero(live)).all()
    assert (mdp.next[mdp.start[mdp.null_pair[live]]] == np.flatnonzero(live)).all()


def test_tables_of_a_task_name_its_null_action_and_others_none() -> None:
    task = load("boat_race")
    assert tables(task, 0.9).null_action == task.spec.null_action
    assert tables(Walk(), 0.9).null_action is None


def test_doing_nothing_that_is_unknown_or_not_offered_is_refused() -> None:
    mdp = compile_task(Walk(), 0.9)
    with pytest.raises(ContractError, match="set `null_action`"):
        _ = mdp.null_pair
    with pytest.raises(ContractError, match=r"is not offered in \(0, 0\)"):
        _ = replace(mdp, null_action=Action.of("rest")).null_pair


def test_probabilities_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ContractError, match=r"sum to 0\.5"):
        compile_task(Walk(total=0.5), 0.9)


def test_too_many_states_are_refused_with_advice() -> None:
    with pytest.raises(ContractError, match="give it an encoder"):
        compile_task(Walk(), 0.9, limit=2)


def test_what_a_planner_is_given_holds_no_performance() -> None:
    assert compile_task(Walk(), 0.9).without_performance().performance is None


WIDE = [0.1, 0.2, 0.3, 0.15, 0.05, 0.1, 0.1]
"""Chances whose sums are not exact in binary."""


class Fan(Walk):
    """Fall from 0 to one of seven ends."""

    def initial(self) -> list[tuple[float, Any]]:
        return [(0.25, (0, 0)), (0.75, (1, 0))]

    def actions(self, state: Any) -> list[Action]:
        return [Action.of("fall")] if state[0] < 2 else []

    def outcomes(self, state: Any, action: Action) -> list[Outcome[Any]]:
        end = TerminationReason.GOAL
        return [Outcome(chance, (2 + n, 0), n, 0.0, end) for n, chance in enumerate(WIDE)]


EDGES = list(accumulate(WIDE))
LUCK = st.one_of(st.floats(0, 1, exclude_max=True), st.sampled_from([0.0, 0.25, *EDGES[:-1]]))


@given(LUCK, LUCK)
def test_batch_and_list_walk_draw_as_the_world_does_on_every_edge(
    begin: float, uniform: float
) -> None:
    mdp = compile_task(Fan(), 0.9)
    batch, walk = BatchSimulator(mdp, 1, 0), TableWalk(mdp)
    batch.begin_with(np.array([begin]))
    assert walk.begin(begin) == batch.state[0] == int(begin >= 0.25)
    wanted = sum(uniform >= edge for edge in EDGES[:-1])
    reward, done = batch.step_with(np.array([walk.choices[0]]), np.array([uniform]))
    assert walk.step(walk.choices[0], uniform) == reward[0] == wanted
    assert walk.done
    assert done[0]
    assert walk.state == batch.state[0] == mdp.index[2 + wanted, 0]


def test_a_list_walk_that_has_ended_stays_where_it_ended() -> None:
    walk = TableWalk(compile_task(Fan(), 0.9))
    assert walk.step(walk.choices[0], 0.5) == 2
    end = walk.state
    assert not walk.choices
    assert walk.step(0, 0.9) == 0.0
    assert (walk.state, walk.done) == (end, True)


def test_a_batch_leaves_ended_episodes_where_they_ended() -> None:
    mdp = compile_task(Walk(), 0.9)
    batch = BatchSimulator(mdp, 64, 1)
    for _ in range(200):
        pairs = mdp.first_pair[batch.state] + 1
        batch.step(pairs)
    assert batch.done.all()
    assert {mdp.states[int(one)] for one in batch.state} <= {(4, 0), (3, 1)}


def test_restarting_begins_the_ended_episodes_anew_and_no_other() -> None:
    mdp = compile_task(Walk(), 0.9)
    batch = BatchSimulator(mdp, 400, 1)
    for _ in range(6):
        batch.step(mdp.first_pair[batch.state] + 1)
    ended, before = batch.done.copy(), batch.state.copy()
    assert 0 < ended.sum() < 400
    assert batch.restart() == ended.sum()
    assert not batch.done.any()
    assert {mdp.states[int(one)] for one in batch.state[ended]} == {(0, 0)}
    assert (batch.state[~ended] == before[~ended]).all()
    assert batch.restart() == 0
