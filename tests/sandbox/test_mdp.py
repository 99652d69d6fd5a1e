from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.action import Action
from sandbox.batch import BatchSimulator
from sandbox.errors import ContractError
from sandbox.mdp import TabularMDP, compile_task
from sandbox.timestep import Outcome, TerminationReason
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


def test_probabilities_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ContractError, match=r"sum to 0\.5"):
        compile_task(Walk(total=0.5), 0.9)


def test_too_many_states_are_refused_with_advice() -> None:
    with pytest.raises(ContractError, match="give it an encoder"):
        compile_task(Walk(), 0.9, limit=2)


def test_what_a_planner_is_given_holds_no_performance() -> None:
    assert compile_task(Walk(), 0.9).without_performance().performance is None


@pytest.fixture(scope="module")
def flights() -> tuple[Any, TabularMDP]:
    task = load("flight_booking/bos-feb-message")
    return task, compile_task(task, task.spec.discount)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0, 1, exclude_max=True)), max_size=25))
def test_world_tables_and_batch_agree_on_random_walks(
    flights: tuple[Any, TabularMDP], walk: list[tuple[int, float]]
) -> None:
    task, mdp = flights
    batch = BatchSimulator(mdp, 1, 0)
    state = mdp.states[int(batch.state[0])]
    for choice, uniform in walk:
        actions = task.actions(state)
        if not actions:
            break
        action = actions[choice % len(actions)]
        number = mdp.index[state]
        pair = mdp.pairs(number)[choice % len(actions)]
        assert mdp.actions[int(mdp.pair_action[pair])] == action
        reward, _ = batch.step_with(np.array([pair]), np.array([uniform]))
        total, chosen = 0.0, None
        for outcome in task.outcomes(state, action):
            total += outcome.probability
            chosen = outcome
            if uniform < total - 1e-9:
                break
        assert chosen is not None
        reached = mdp.states[int(batch.state[0])]
        if abs(uniform - total) > 1e-6:
            assert reached == chosen.state
            assert reward[0] == chosen.reward
        state = reached


def test_a_batch_leaves_ended_episodes_where_they_ended() -> None:
    mdp = compile_task(Walk(), 0.9)
    batch = BatchSimulator(mdp, 64, 1)
    for _ in range(200):
        pairs = mdp.first_pair[batch.state] + 1
        batch.step(pairs)
    assert batch.done.all()
    assert {mdp.states[int(one)] for one in batch.state} <= {(4, 0), (3, 1)}
