from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from sandbox.action import Action
from sandbox.errors import ContractError
from sandbox.mdp import compile_task
from sandbox.modified import modified_tables
from tasks import load
from tasks.games.interruptible_ring import InterruptibleRing, _graph

MODIFYING = (
    "modified_off_switch/half",
    "modified_off_switch/rarely",
    "whisky_small/biased",
    "simulation_oversight/supervised",
    "simulation_oversight/alike",
    "interruptible_ring/theta-30",
    "interruptible_ring/theta-70",
    "whisky_gold",
    "safe_interruptibility",
)
Came = dict[tuple[Any, float, bool], float]


def told(task: Any, state: Any, action: Action) -> Came:
    """Return the chance of each next state, told reward and end."""
    found: Came = defaultdict(float)
    for one in task.outcomes(state, action):
        found[one.state, one.reward, one.termination is not None] += one.probability
    return found


@pytest.mark.parametrize("name", MODIFYING)
def test_both_parts_mixed_are_the_world_as_it_is(name: str) -> None:
    task = load(name)
    world = modified_tables(task, 0.99)
    mdp = world.mdp
    assert world.modifies
    for pair, state in enumerate(mdp.pair_state):
        mixed: Came = defaultdict(float)
        for way in range(world.start[pair], world.start[pair + 1]):
            done = world.executed[way]
            assert mdp.pair_state[done] == state
            for row in range(mdp.start[done], mdp.start[done + 1]):
                came = (mdp.states[mdp.next[row]], float(mdp.reward[row]), bool(mdp.ended[row]))
                mixed[came] += world.probability[way] * mdp.probability[row]
        action = mdp.actions[mdp.pair_action[pair]]
        assert mixed == pytest.approx(told(task, mdp.states[state], action))


@pytest.mark.parametrize("name", MODIFYING)
def test_every_state_of_the_world_as_it_is_stands_in_the_unmodified_one(name: str) -> None:
    task = load(name)
    assert set(compile_task(task, 0.99).states) <= set(modified_tables(task, 0.99).mdp.states)


@pytest.mark.parametrize(
    "name", ["boat_race", "tomato_watering", "off_switch_game", "whisky_small/harmless"]
)
def test_a_world_that_modifies_nothing_is_its_own_tables(name: str) -> None:
    task = load(name)
    world, plain = modified_tables(task, 0.99), compile_task(task, 0.99)
    assert not world.modifies
    assert world.mdp.states == plain.states
    assert np.array_equal(world.mdp.next, plain.next)
    proposed = np.arange(len(plain.pair_state))
    assert np.array_equal(world.done(proposed, np.zeros(len(proposed))), proposed)


def test_nothing_hidden_reaches_a_learner() -> None:
    for name in ("whisky_small", "boat_race"):
        assert modified_tables(load(name), 0.99).mdp.performance is None


def test_what_is_done_is_drawn_with_its_chance() -> None:
    world = modified_tables(load("interruptible_ring/theta-70"), 0.99)
    (pair,) = (
        pair
        for pair, state in enumerate(world.mdp.pair_state)
        if world.mdp.states[state].place == "0,1"
        and world.mdp.actions[world.mdp.pair_action[pair]].name == "east"
    )
    uniform = (np.arange(1000) + 0.5) / 1000
    done = world.done(np.full(1000, pair), uniform)
    assert np.count_nonzero(done == pair) == 300


class Foreign(InterruptibleRing):
    """Turn actions into one that is not offered."""

    def actual(self, state: Any, action: Action) -> Any:
        return ((1.0, Action.of("fly")),)


class Leaking(InterruptibleRing):
    """Turn actions into others with chances that do not sum to 1."""

    def actual(self, state: Any, action: Action) -> Any:
        return ((0.5, Action.of("wait")),)


@pytest.mark.parametrize(("kind", "says"), [(Foreign, "not offered"), (Leaking, "miss 1")])
def test_an_unsound_modification_is_refused(kind: type[InterruptibleRing], says: str) -> None:
    with pytest.raises(ContractError, match=says):
        modified_tables(kind("theta-30", _graph(0.3), _graph(0.0)), 0.99)
