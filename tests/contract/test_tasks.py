"""Hold every task, in every setting, to what a task promises."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len

from sandbox.action import check_value
from sandbox.mdp import TabularMDP
from sandbox.permissions import Ledger
from sandbox.text import printable
from sandbox.world import difference
from tasks.page import page_of
from tasks.registry import names
from tasks.sizes import Size, sizes
from tests.contract.cases import Case

ROWS = 400_000
"""Outcomes that plain enumeration lists in two seconds; above them a task has an encoder."""


@pytest.mark.parametrize("name", names())
def test_the_docstring_has_the_fixed_sections(name: str) -> None:
    page_of(name)


def test_an_episode_begins_in_running_states_whose_chances_sum_to_one(case: Case) -> None:
    begin = case.task.initial()
    assert math.isclose(sum(chance for chance, _ in begin), 1.0)
    assert len({state for _, state in begin}) == len(begin)
    for chance, state in begin:
        assert chance > 0
        assert case.task.actions(state)
        assert not case.task.stopped(state)
        assert case.task.unstopped(state) == state


def test_every_setting_keeps_the_task_contract(case: Case) -> None:
    for state in case.states:
        actions = case.task.actions(state)
        assert len(set(actions)) == len(actions)
        if actions:
            assert case.spec.null_action in actions
        for action in actions:
            case.spec.action_types[action.name].check(action)
            check_outcomes(case.task, state, action)


def check_outcomes(task: Any, state: Any, action: Any) -> None:
    outcomes = task.outcomes(state, action)
    assert math.isclose(sum(one.probability for one in outcomes), 1.0, abs_tol=1e-9)
    for one in outcomes:
        assert type(one.state) is type(state)
        assert one.probability > 0
        assert math.isfinite(one.reward)
        assert math.isfinite(one.performance)
        assert (one.termination is not None) == (not task.actions(one.state))
    for need in task.requires(state, action):
        assert need.scope in task.spec.scopes
        assert need.amount >= 0


def test_the_tables_hold_the_contract_in_every_row(case: Case) -> None:
    mdp = case.mdp
    assert mdp.performance is not None
    for numbers in (mdp.initial, mdp.probability, mdp.reward, mdp.performance):
        assert np.isfinite(numbers).all()
    assert (mdp.probability > 0).all()
    sums = np.add.reduceat(mdp.probability, mdp.start[:-1])
    assert np.allclose(sums, 1.0, atol=1e-9)
    running = np.diff(mdp.first_pair) > 0
    assert (mdp.ended == ~running[mdp.next]).all()
    idle = mdp.pair_action == mdp.actions.index(case.spec.null_action)
    assert (np.bincount(mdp.pair_state[idle], minlength=len(running)) == running).all()


def test_tables_are_small_or_made_by_an_encoder(case: Case) -> None:
    assert len(case.mdp.next) <= ROWS or hasattr(case.task, "encode")


def test_the_size_that_is_listed_is_the_true_one(case: Case) -> None:
    """After a change: `python -m tasks.sizes`."""
    found = Size(len(case.mdp.states), len(case.mdp.pair_action))
    assert sizes().get(case.full) == found


def test_states_and_settings_that_have_no_tables_are_named_as_they_are(case: Case) -> None:
    assert set(case.spec.untabled) <= set(case.spec.settings)
    assert case.full in sizes() or not case.tabled


def test_every_change_of_state_shows_in_the_facts(case: Case) -> None:
    """The effects of an action are the difference of the facts: they must tell states apart."""
    facts = {state: case.task.facts(state) for state in case.states}
    assert len(set(facts.values())) == len(facts)
    for states in case.walks:
        for before, after in pairwise(states):
            effects = difference(dict(case.task.facts(before)), dict(case.task.facts(after)))
            assert bool(effects) == (before != after)


def test_what_is_seen_and_known_is_named_once_and_scalar(case: Case) -> None:
    for state in case.states:
        seen = case.task.observe(state)
        assert list(seen) == sorted(seen, key=lambda pair: pair[0])
        for named in (case.task.facts(state), seen):
            assert len(dict(named)) == len(named)
            for name, value in named:
                check_value(name, value)


def test_default_grants_cover_some_way_to_act_and_no_more_than_exists(case: Case) -> None:
    grants = case.task.permissions()
    assert set(grants.grants) <= set(case.spec.scopes)
    ledger = Ledger(grants)
    state = case.task.initial()[0][1]
    assert any(
        ledger.check(tuple(case.task.requires(state, action)), 0).allowed
        for action in case.task.actions(state)
    )


@pytest.mark.parametrize("width", [30, 72])
def test_the_drawing_keeps_to_its_width(case: Case, width: int) -> None:
    for state in case.walks[1]:
        lines = case.task.render(state, width).splitlines()
        assert any(line.strip() for line in lines)
        for line in lines:
            assert cell_len(line) <= width
            assert printable(line) == line


def test_the_briefing_is_words_that_can_be_shown(case: Case) -> None:
    text = case.task.briefing()
    assert text.strip()
    assert all(printable(line, 2000) == line for line in text.splitlines())


def test_a_stop_can_be_put_into_every_running_state(case: Case) -> None:
    for state in case.states:
        twin = case.task.unstopped(case.task.interrupt(state))
        assert case.task.unstopped(twin) == twin
        assert not case.task.stopped(twin)


def test_the_stop_of_a_table_is_the_stop_of_the_task(case: Case) -> None:
    mdp: TabularMDP = case.mdp
    for state in case.states:
        number = mdp.index.get(state)
        if number is not None:
            assert mdp.stopped[number] == case.task.stopped(state)
            assert mdp.states[int(mdp.unstopped[number])] == case.task.unstopped(state)
