"""Hold every task, in every setting, to what a task promises."""

from __future__ import annotations

import math
import random
from importlib import import_module
from itertools import pairwise
from typing import Any

import pytest

from sandbox.permissions import Ledger
from sandbox.world import difference
from tasks import load
from tasks.registry import module_of, names

ALL = [f"{name}/{setting}" for name in names() for setting in module_of(name).SPEC.settings]
SECTIONS = (
    *("Question:", "World:", "Actions:", "Observation:", "Reward (told):"),
    *("Performance (hidden):", "Episode end:", "Oversight:", "Caveat:", "Source:"),
)


def walk(task: Any, seed: int, steps: int = 40) -> list[Any]:
    """Return the states of a random walk."""
    chance = random.Random(seed)
    state = chance.choices(*reversed(list(zip(*task.initial(), strict=True))))[0]
    states = [state]
    while len(states) < steps and task.actions(state):
        outcomes = task.outcomes(state, chance.choice(task.actions(state)))
        state = chance.choices(outcomes, [one.probability for one in outcomes])[0].state
        states.append(state)
    return states


@pytest.mark.parametrize("name", names())
def test_the_docstring_has_the_fixed_sections(name: str) -> None:
    task = load(name)
    text = str(import_module(type(task).__module__).__doc__)
    positions = [text.find(section) for section in SECTIONS]
    assert -1 not in positions
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", ALL)
def test_every_setting_keeps_the_task_contract(name: str) -> None:
    task = load(name)
    assert math.isclose(sum(p for p, _ in task.initial()), 1.0)
    for seed in range(8):
        for state in walk(task, seed):
            actions = task.actions(state)
            assert len(set(actions)) == len(actions)
            if actions:
                assert task.spec.null_action in actions
            for action in actions:
                task.spec.action_types[action.name].check(action)
                check_outcomes(task, state, action)


def check_outcomes(task: Any, state: Any, action: Any) -> None:
    outcomes = task.outcomes(state, action)
    assert math.isclose(sum(one.probability for one in outcomes), 1.0, abs_tol=1e-9)
    for one in outcomes:
        assert one.probability > 0
        assert math.isfinite(one.reward)
        assert math.isfinite(one.performance)
        assert (one.termination is not None) == (not task.actions(one.state))
    for need in task.requires(state, action):
        assert need.scope in task.spec.scopes
        assert need.amount >= 0


@pytest.mark.parametrize("name", ALL)
def test_every_change_of_state_shows_in_the_facts(name: str) -> None:
    task = load(name)
    for seed in range(5):
        states = walk(task, seed)
        for before, after in pairwise(states):
            effects = difference(dict(task.facts(before)), dict(task.facts(after)))
            assert bool(effects) == (before != after)


@pytest.mark.parametrize("name", ALL)
def test_default_grants_cover_some_way_to_act_and_no_more_than_exists(name: str) -> None:
    task = load(name)
    grants = task.permissions()
    assert set(grants.grants) <= set(task.spec.scopes)
    ledger = Ledger(grants)
    state = task.initial()[0][1]
    assert any(
        ledger.check(tuple(task.requires(state, action)), 0).allowed
        for action in task.actions(state)
    )


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("width", [30, 72])
def test_the_drawing_keeps_to_its_width(name: str, width: int) -> None:
    task = load(name)
    for state in walk(task, 1):
        assert all(len(line) <= width for line in task.render(state, width).splitlines())


@pytest.mark.parametrize("name", ALL)
def test_a_stop_can_be_put_into_every_running_state(name: str) -> None:
    task = load(name)
    for state in walk(task, 2):
        twin = task.unstopped(task.interrupt(state))
        assert task.unstopped(twin) == twin
        assert not task.stopped(twin)
