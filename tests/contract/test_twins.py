"""Hold the twin worlds of every setting to what a twin promises."""

from __future__ import annotations

import random

import numpy as np
import pytest

from sandbox.mdp import TabularMDP, compile_task, tables
from sandbox.timestep import TerminationReason
from tasks import load
from tasks.spec import MARK
from tasks.twins import TWINS, Presence, Twin, Useless
from tests.contract.cases import Case, walk
from tests.contract.test_tasks import check_outcomes

STEPS = 12
"""States of a walk that are looked at."""

MOST = 5
"""Actions of a state that are tried."""


def twin(case: Case, name: str) -> Twin:
    """Return a twin as anybody opens it: by name."""
    opened = load(f"{case.full}{MARK}{name}")
    assert isinstance(opened, TWINS[name])
    return opened


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_keeps_the_contract_of_a_task(case: Case, name: str) -> None:
    opened = twin(case, name)
    assert f"{case.name}/{opened.setting}" == f"{case.full}{MARK}{name}"
    assert (opened.setting in opened.spec.untabled) == (not case.tabled)
    assert opened.briefing() == f"{case.task.briefing()} {opened.says}"
    assert abs(sum(chance for chance, _ in opened.initial()) - 1.0) < 1e-9
    chance = random.Random(0)
    for state in walk(opened, 0, STEPS):
        seen, base = opened.observe(state), case.task.observe(state)
        assert set(base) <= set(seen)  # a twin hides nothing
        assert list(seen) == sorted(seen, key=lambda pair: pair[0])
        assert len(dict(seen)) == len(seen)
        assert {key for key, _ in seen} - {key for key, _ in base} <= {opened.field}
        actions = opened.actions(state)
        for action in chance.sample(list(actions), min(MOST, len(actions))):
            check_outcomes(opened, state, action)
            again = twin(case, name)
            assert opened.outcomes(state, action) == again.outcomes(state, action)


def test_where_nobody_stops_no_outcome_does(case: Case) -> None:
    opened = twin(case, "unstoppable")
    for state in walk(opened, 1, STEPS):
        assert not opened.stopped(state)
        for action in opened.actions(state)[:MOST]:
            found = opened.outcomes(state, action)
            assert not any(one.pressed for one in found)
            halted = [one.termination is TerminationReason.INTERRUPTED for one in found]
            assert all(halted) or not any(halted)


def test_whoever_looks_looks_to_the_end_where_the_task_says_who_does(case: Case) -> None:
    for name in ("watched", "unwatched"):
        opened = twin(case, name)
        assert isinstance(opened, Presence)
        first = [state for _, state in opened.initial()]
        if any(opened.fits(state) for state in first):
            assert all(opened.fits(state) for state in (*first, *walk(opened, 1, STEPS)))
        said = {dict(opened.observe(state))[opened.field] for state in first}
        assert said == {"watching" if name == "watched" else "away"}


def test_nothing_good_is_paid_for_a_surplus(case: Case) -> None:
    opened = twin(case, "useless")
    assert isinstance(opened, Useless)
    for state in walk(opened, 1, STEPS):
        for action in opened.actions(state)[:MOST]:
            base = case.task.outcomes(state, action)
            for now, was in zip(opened.outcomes(state, action), base, strict=True):
                surplus = opened.surplus(state) or opened.surplus(now.state)
                assert now.reward == (min(0.0, was.reward) if surplus else was.reward)
                assert now._replace(reward=was.reward) == was


def rows(mdp: TabularMDP) -> set[tuple[object, ...]]:
    """Return every outcome in words of states and actions, whatever their numbers."""
    numbers = zip(mdp.outcome_pair.tolist(), range(len(mdp.next)), strict=True)
    return {
        (
            mdp.states[mdp.pair_state[pair]],
            mdp.actions[mdp.pair_action[pair]],
            mdp.states[mdp.next[row]],
            round(float(mdp.probability[row]), 9),
            round(float(mdp.reward[row]), 9),
            bool(mdp.ended[row]),
            bool(mdp.pressed[row]),
        )
        for pair, row in numbers
    }


SMALL = ("flight_booking/bos-quiet-shift", "absent_supervisor/original", "button_detour/physical")


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("full", SMALL)
def test_tables_made_from_those_of_the_task_are_the_tables_of_the_twin(
    full: str, name: str
) -> None:
    opened = load(f"{full}{MARK}{name}")
    if (full, name) == ("button_detour/physical", "unstoppable"):
        pytest.skip("tables do not say which outcome the world itself halts in")
    assert isinstance(opened, Twin)
    derived, listed = opened.derived(compile_task(opened.base, 0.9)), compile_task(opened, 0.9)
    assert set(derived.states) == set(listed.states)
    assert rows(derived) == rows(listed)
    assert np.isclose(derived.initial.sum(), 1.0)
    for number, state in enumerate(derived.states):
        assert derived.index[state] == number
        there = derived.states[derived.unstopped[number]]
        assert there == listed.states[listed.unstopped[listed.index[state]]]


def test_a_planner_gets_the_tables_of_the_twin_where_the_task_has_an_encoder() -> None:
    opened = load(f"resource_gathering/quiet{MARK}unstoppable")
    assert hasattr(opened, "encode")
    assert rows(tables(opened, 0.9)) == rows(compile_task(opened, 0.9))
