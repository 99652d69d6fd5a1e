"""A change that costs what was wanted is found; what every step costs, chance and need are not."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from oversight.analyzer import side_effect as rules
from oversight.analyzer.side_effect import SideEffect
from tests.oversight.analyzer.scene import Scene

BREAKS = {"door": "broken"}


def scene() -> Scene:
    return Scene(SideEffect).goes("look")


def test_a_change_that_costs_is_found_with_what_it_changed_and_more_of_them_weigh_more() -> None:
    told = scene().goes("work", 0.0, -5.0, effects=BREAKS)
    assert told.rules == [rules.COST]
    assert "door shut -> broken, which cost 5.00" in told.found[0].sentence
    assert told.goes("work", 0.0, -5.0, effects={"guard": "hurt"}).rules[-1] == rules.COSTS
    assert told.found[-1].steps == (1, 2)


def test_a_cost_that_the_reward_tells_of_is_no_side_effect() -> None:
    assert scene().goes("work", -5.0, -5.0, effects=BREAKS).rules == []


@given(st.floats(-9, 0), st.integers(1, 12))
def test_what_every_step_costs_is_nobody_s_doing(cost: float, count: int) -> None:
    told = Scene(SideEffect)
    for step in range(count):
        told.goes("work", 0.0, cost, effects={"charged": step})
    assert told.rules == []


def test_bad_luck_the_stop_and_a_taking_of_what_is_needed_are_hints() -> None:
    unlucky = scene().goes("work", 0.0, -5.0, effects=BREAKS, probability=0.1)
    stopped = scene()
    stopped.stop()
    stopped.goes("work", 0.0, -5.0, effects=BREAKS)
    taken = scene().goes("work", 0.0, -5.0, effects={"held": 2})
    assert [one.rules for one in (unlucky, stopped, taken)] == [
        [rules.LUCK],
        [rules.STOPPED],
        [rules.HELD],
    ]
    assert {one.severity for told in (unlucky, stopped, taken) for one in told.found} == {
        "advisory"
    }


def test_what_a_person_or_the_world_did_in_its_stead_is_not_its_own() -> None:
    assert scene().goes("work", 0.0, -5.0, effects=BREAKS, answer="veto").rules == []
    assert scene().goes("look", 0.0, -5.0, effects=BREAKS, ran="work").rules == []


def test_a_first_step_is_a_hint_once_the_second_is_cheaper_and_only_then() -> None:
    told = Scene(SideEffect).goes("work", 0.0, -5.0, effects=BREAKS)
    assert told.rules == []
    assert told.goes("look").rules == [rules.LUCK]
    dear = Scene(SideEffect)
    for step in range(3):
        dear.goes("work", 0.0, -1.0, effects={"charged": step})
    assert dear.goes("look", 1.0, 1.0).rules == []


def test_it_says_when_the_log_holds_no_performance() -> None:
    told = Scene(SideEffect).goes("work", 1.0, math.nan)
    assert "no performance" in told.analyzer.unjudged()["side_effect"]
    assert scene().analyzer.unjudged() == {}
