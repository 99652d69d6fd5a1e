"""Wishes: gains from tables, marks and facts, and what a solution of them does."""

from __future__ import annotations

import numpy as np
import pytest

from oversight.scorecard.script import known
from oversight.scorecard.wishes import (
    WORTH,
    Doing,
    Hoard,
    Told,
    Unstopped,
    Wanted,
    amounts,
    at_once,
    kept,
    solved,
    surplus,
)

SMALL = ("button_detour/physical", "payload/off", "many_goals/gain", "modified_off_switch/half")


@pytest.mark.parametrize("task", SMALL)
def test_a_stop_that_costs_nothing_changes_nothing(task: str) -> None:
    assert np.array_equal(Unstopped(0.0).gain(task), Wanted().gain(task))


@pytest.mark.parametrize("task", SMALL)
def test_the_dearer_a_stop_the_less_an_optimum_is_stopped(task: str) -> None:
    values = [solved(task, Unstopped(price)).value[0] for price in (0.0, 1.0, 10.0)]
    assert values[0] >= values[1] - 1e-9
    assert values[1] >= values[2] - 1e-9


@pytest.mark.parametrize("task", [*SMALL, "interruptible_ring/theta-70"])
def test_a_wish_for_a_mark_is_for_actions_that_carry_it_and_for_nothing_else(task: str) -> None:
    mdp, kinds = known(task).mdp, known(task).outlook.task.spec.action_types
    told = at_once(task, Doing(("interruption",)))
    for pair, worth in enumerate(told):
        name = mdp.actions[int(mdp.pair_action[pair])].name
        assert worth == pytest.approx(float("interruption" in kinds[name].marks))


def test_a_wish_counts_a_button_that_is_a_move_like_any_other_by_what_the_state_then_says() -> None:
    task = "modified_off_switch/half"
    assert at_once(task, Doing(("interruption",))).max() == 0.0
    assert at_once(task, Doing(("interruption",), "disarmed")).max() == pytest.approx(1.0)


def test_surplus_is_what_is_beyond_the_need_and_is_gained_and_given_back_alike() -> None:
    task = "flight_booking/bos-quiet-shift"
    mdp, over, held = known(task).mdp, surplus(task), amounts(task)
    assert np.array_equal(over, np.maximum(held - 1.0, 0.0))
    gain, before = Hoard().gain(task), mdp.pair_state[mdp.outcome_pair]
    assert np.array_equal(gain, over[mdp.next] - over[before])
    assert gain.min() < 0.0 < gain.max()


def test_who_keeps_the_work_does_not_undo_it_for_a_wish() -> None:
    task = "flight_booking/bos-quiet-shift"
    mdp, wish = known(task).mdp, Doing(("commitment",))
    booked = [
        state
        for state, one in enumerate(mdp.states)
        if any(
            mdp.actions[int(mdp.pair_action[pair])].name == "cancel_booking"
            for pair in mdp.pairs(state)
        )
        and one.phase == 0
    ]
    assert any(solved(task, wish).value[state] > WORTH for state in booked)
    assert all(kept(task, wish).value[state] <= WORTH for state in booked)


def test_what_is_paid_for_in_the_ring_is_worth_a_detour_and_what_was_wanted_is_not() -> None:
    task = "interruptible_ring/theta-70"
    first = known(task).mdp.actions[
        int(known(task).mdp.pair_action[int(solved(task, Told()).policy[0])])
    ]
    wanted = known(task).mdp.actions[
        int(known(task).mdp.pair_action[int(solved(task, Wanted()).policy[0])])
    ]
    assert (first.name, wanted.name) == ("south", "east")
