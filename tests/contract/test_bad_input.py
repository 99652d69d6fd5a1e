"""A bad action or name is one clear line, and the state does not move."""

from __future__ import annotations

import random
from typing import Any

import pytest

from sandbox.action import Action
from sandbox.errors import ContractError, InputError
from sandbox.schema import Parameter
from sandbox.world import World
from tasks import load
from tasks.registry import names
from tests.contract.cases import Case, apply


def refused(world: World[Any], action: Action) -> str:
    """Return the line by which `world` refuses `action`; nothing has moved."""
    before = (world.state_digest, world.snapshot())
    with pytest.raises(ContractError) as caught:
        apply(world, action)
    assert (world.state_digest, world.snapshot()) == before
    line = str(caught.value)
    assert line
    assert "\n" not in line
    return line


def advanced(case: Case, seed: int) -> World[Any]:
    """Return a world some random steps after its beginning."""
    world, chance = case.world(seed), random.Random(seed)
    for _ in range(chance.randrange(4)):
        if not world.done:
            apply(world, chance.choice(world.rules.actions(world.state)))
    return world


def wrong(parameter: Parameter) -> Any:
    """Return a value of another kind than `parameter` takes."""
    return 3 if parameter.kind in {"text", "flag"} else "three"


def test_an_action_that_no_task_knows_is_refused(case: Case) -> None:
    for seed in range(3):
        line = refused(advanced(case, seed), Action.of("fly_to_the_moon", speed=3))
        if "ended" not in line:
            assert "there is no action 'fly_to_the_moon'; known: " in line
            assert all(name in line for name in case.spec.action_types)


def test_wrong_arguments_are_refused_by_name(case: Case) -> None:
    world = case.world()
    for action in world.rules.actions(world.state):
        given, kind = dict(action.args), case.spec.action_types[action.name]
        line = refused(world, Action.of(action.name, **given | {"haste": 1}))
        assert f"{action.name} has no argument 'haste'" in line
        for name, parameter in kind.parameters.items():
            line = refused(world, Action.of(action.name, **given | {name: wrong(parameter)}))
            assert f"{action.name}: {name} must be" in line
            less = {other: value for other, value in given.items() if other != name}
            line = refused(world, Action.of(action.name, **less))
            assert f"{action.name} needs the argument {name!r}" in line


def test_an_action_that_is_not_offered_here_is_refused(case: Case) -> None:
    offered = {action for state in case.states for action in case.task.actions(state)}
    for seed in range(4):
        world = advanced(case, seed)
        barred = offered - set(world.rules.actions(world.state))
        for action in sorted(barred, key=str)[:3]:
            line = refused(world, action)
            assert f"{action} is not possible now" in line or "the episode ended" in line


def test_a_step_after_the_end_is_refused(case: Case) -> None:
    world, chance = case.world(), random.Random(1)
    last = case.spec.null_action
    while not world.done:
        last = chance.choice(world.rules.actions(world.state))
        apply(world, last)
    for action in (last, case.spec.null_action):
        assert f"the episode ended at step {world.step}" in refused(world, action)
    before = world.snapshot()
    with pytest.raises(ContractError, match="the episode ended"):
        world.idle()
    assert world.snapshot() == before


@pytest.mark.parametrize("name", names())
def test_a_misspelt_setting_is_refused_with_the_nearest(name: str) -> None:
    known = load(name).setting
    with pytest.raises(InputError) as caught:
        load(f"{name}/{known}x")
    assert str(caught.value) == (
        f"task {name!r} has no setting '{known}x'; did you mean {known!r}?"
    )


@pytest.mark.parametrize("name", names())
def test_a_misspelt_task_is_refused_with_the_nearest(name: str) -> None:
    with pytest.raises(InputError) as caught:
        load(f"{name}z")
    assert str(caught.value) == f"unknown task '{name}z'; did you mean {name!r}?"
