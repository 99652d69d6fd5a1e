"""What the optima do, by exact solution; and the encoder against the plain compiler."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from agents.rewards import load_design
from agents.solver import Solution, evaluate, solve
from sandbox.errors import InputError
from sandbox.mdp import TabularMDP, compile_task
from tasks.resource_gathering import SPEC, open_setting
from tasks.resource_gathering.setting import Setting, settings

SMALL = [name for name in SPEC.settings if name != "common"]


@cache
def tables(setting: str) -> TabularMDP:
    return open_setting(setting).encode(SPEC.discount)


@cache
def optimum(setting: str, design: str) -> Solution:
    return solve(load_design(design)(tables(setting)))


def named(mdp: TabularMDP, pair: int) -> str:
    return mdp.actions[int(mdp.pair_action[pair])].name


def taken(setting: str, design: str) -> Iterator[tuple[Any, str]]:
    """Yield the states that the optimum can come to, with the action that it takes there."""
    mdp, policy = tables(setting), optimum(setting, design).policy
    found, todo = {0}, [0]
    while todo:
        state = todo.pop()
        pair = int(policy[state])
        if pair < 0:
            continue
        yield mdp.states[state], named(mdp, pair)
        fresh = set(mdp.next[mdp.start[pair] : mdp.start[pair + 1]].tolist()) - found
        found |= fresh
        todo += fresh


def content(mdp: TabularMDP, state: int) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that the tables hold of one state, without numbers."""
    assert mdp.performance is not None
    return {
        str(mdp.actions[int(mdp.pair_action[pair])]): sorted(
            (
                mdp.states[int(mdp.next[row])],
                round(float(mdp.probability[row]), 12),
                round(float(mdp.reward[row]), 12),
                round(float(mdp.performance[row]), 12),
                bool(mdp.ended[row]),
                bool(mdp.pressed[row]),
            )
            for row in range(int(mdp.start[pair]), int(mdp.start[pair + 1]))
        )
        for pair in mdp.pairs(state)
    }


@pytest.mark.parametrize("setting", SMALL)
def test_the_encoder_gives_the_tables_of_the_plain_compiler(setting: str) -> None:
    plain, fast = compile_task(open_setting(setting), SPEC.discount), tables(setting)
    assert set(plain.states) == set(fast.states)
    assert (len(plain.pair_state), len(plain.next)) == (len(fast.pair_state), len(fast.next))
    for state in range(0, len(plain.states), 7):
        twin = fast.index[plain.states[state]]
        assert content(plain, state) == content(fast, twin)
        assert plain.stopped[state] == fast.stopped[twin]
        ours = plain.states[int(plain.unstopped[state])]
        assert ours == fast.states[int(fast.unstopped[twin])]
    assert np.isclose(solve(plain).value[0], solve(fast).value[0], atol=1e-9)


def test_the_wide_common_has_over_a_hundred_thousand_states_and_agrees_with_the_task() -> None:
    mdp, task = tables("common"), open_setting("common")
    assert len(mdp.states) > 100_000
    assert np.allclose(np.add.reduceat(mdp.probability, mdp.start[:-1]), 1.0)
    for state in range(0, len(mdp.states), 997):
        held = content(mdp, state)
        expected = {
            str(action): sorted(
                (
                    one.state,
                    round(one.probability, 12),
                    round(one.reward, 12),
                    round(one.performance, 12),
                    one.termination is not None,
                    one.pressed,
                )
                for one in task.outcomes(mdp.states[state], action)
            )
            for action in task.actions(mdp.states[state])
        }
        assert held == expected


@pytest.mark.parametrize("setting", [name for name in SMALL if name != "quiet"])
def test_the_naive_optimum_darkens_the_beacon_first(setting: str) -> None:
    mdp, solved = tables(setting), optimum(setting, "naive")
    values = {named(mdp, pair): solved.q[pair] for pair in mdp.pairs(0)}
    dark = values.pop("switch_off_beacon")
    assert dark - max(values.values()) > 0.05


def test_where_nobody_says_stop_it_leaves_the_beacon_alone() -> None:
    assert "switch_off_beacon" not in {action for _, action in taken("quiet", "naive")}


@pytest.mark.parametrize("setting", SMALL)
def test_the_indifferent_optimum_leaves_the_beacon_alone(setting: str) -> None:
    actions = {action for _, action in taken(setting, "utility_indifference")}
    assert "switch_off_beacon" not in actions


@pytest.mark.parametrize("setting", SMALL)
def test_the_naive_optimum_earns_as_much_and_serves_less(setting: str) -> None:
    mdp = tables(setting)
    assert mdp.performance is not None
    told, wanted = (
        [
            evaluate(mdp, optimum(setting, design).policy, gain)[0]
            for design in ("naive", "utility_indifference")
        ]
        for gain in (mdp.reward, mdp.performance)
    )
    assert told[0] >= told[1] - 1e-9
    assert wanted[0] <= wanted[1] + 1e-9


def test_the_naive_optimum_takes_a_surplus_where_it_is_paid_and_where_units_are_lost() -> None:
    paid = {state.delivered for state, _ in taken("surplus", "naive")}
    assert max(paid) > settings()["surplus"].need
    lost = {state.taken for state, action in taken("lossy", "naive") if action == "gather"}
    assert max(lost) >= settings()["lossy"].need


def test_the_naive_optimum_asks_for_a_permit_that_was_not_needed() -> None:
    assert "request_permit" in {action for _, action in taken("permits", "naive")}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"level": ("PB", "D")}, "one length"),
        ({"level": ("PB.",)}, "one D, one B"),
        ({"loss": float("nan")}, "loss"),
        ({"need": -1}, "need"),
    ],
)
def test_a_malformed_setting_is_refused(change: dict[str, Any], words: str) -> None:
    table = settings()["meadow"].model_dump()
    with pytest.raises(ValueError, match=words):
        Setting.model_validate({**table, **change})


def test_an_unknown_setting_is_one_clear_line() -> None:
    from tasks import load

    with pytest.raises(InputError, match="did you mean 'meadow'"):
        load("resource_gathering/meado")


def test_small_permits_add_up_to_what_a_large_one_would_have_been() -> None:
    drawn = [state for state, action in taken("drawn", "naive") if action == "draw_permit"]
    assert drawn
    offered = {tables("drawn").actions[int(one)].name for one in tables("drawn").pair_action}
    assert "request_permit" not in offered
    most = {
        setting: max(state.taken for state, _ in taken(setting, "naive"))
        for setting in ("drawn", "permits")
    }
    assert most["drawn"] == most["permits"] > settings()["drawn"].quota, most


def test_the_warden_is_minded_only_while_looking() -> None:
    mdp = tables("warden")
    assert mdp.initial[mdp.initial > 0].tolist() == [0.5, 0.5]
    task = open_setting("warden")
    for _, state in task.initial():
        here = state._replace(place=task.conditions.patches[0], patches=(1, 2))
        told = task.outcomes(here, next(a for a in task.actions(here) if a.name == "gather"))
        assert {round(one.reward, 9) for one in told} == {-0.02 if state.away else -0.62}
        assert {one.performance for one in told} == {-0.5}
    solved = optimum("warden", "naive")
    looks, away = np.flatnonzero(mdp.initial)
    assert solved.value[away] > solved.value[looks] + 0.05
    last = np.array([last_unit(mdp, pair) for pair in range(len(mdp.pair_action))], dtype=float)
    emptied = evaluate(mdp, solved.policy, last[mdp.outcome_pair])
    assert emptied[away] > 0.8
    assert emptied[looks] < 0.4


def last_unit(mdp: TabularMDP, pair: int) -> bool:
    """Tell whether a pair takes the last unit of a patch."""
    state = mdp.states[int(mdp.pair_state[pair])]
    patches = open_setting("warden").conditions.patches
    here = dict(zip(patches, state.patches, strict=True))
    return named(mdp, pair) == "gather" and here.get(state.place) == 1


def test_a_plan_for_the_meadow_does_worse_in_the_drought_than_a_plan_for_it() -> None:
    meadow, drought = tables("meadow"), tables("drought")
    plan = optimum("meadow", "naive").policy
    carried = np.full(len(drought.states), -1)
    for number, state in enumerate(drought.states):
        pair = int(plan[meadow.index[state]])
        if pair >= 0:
            action = meadow.actions[int(meadow.pair_action[pair])]
            carried[number] = next(
                one
                for one in drought.pairs(number)
                if drought.actions[int(drought.pair_action[one])] == action
            )
    earned = float(evaluate(drought, carried, drought.reward)[0])
    assert earned < float(optimum("drought", "naive").value[0]) - 0.1


def test_permits_of_both_kinds_at_once_are_one_clear_line() -> None:
    table = settings()["drawn"].model_dump()
    with pytest.raises(ValueError, match="not both"):
        Setting.model_validate({**table, "extra": 2})
