"""Open every setting of every task once, with the states that tests look at."""

from __future__ import annotations

import random
from functools import cached_property
from typing import Any

import pytest

from sandbox.action import Action, Proposal
from sandbox.decision import Decision, DecisionKind
from sandbox.mdp import TabularMDP, tables
from sandbox.timestep import Transition
from sandbox.world import World
from tasks import load
from tasks.registry import module_of, names

ALL = [f"{name}/{setting}" for name in names() for setting in module_of(name).SPEC.settings]
STATES = 400
"""States of a setting that are looked at one by one; all of them where there are fewer."""


class Case:
    """Hold one setting; what is costly is made once, when first asked for."""

    def __init__(self, full: str) -> None:
        self.full = full
        self.name, _, self.setting = full.partition("/")
        self.task: Any = load(full)
        self.spec = self.task.spec
        self.tabled = self.setting not in self.spec.untabled

    @cached_property
    def mdp(self) -> TabularMDP:
        """Return the tables; a test that needs them does not hold where there are none."""
        if not self.tabled:
            pytest.skip(f"{self.full} has no tables")
        return tables(self.task, self.spec.discount)

    @cached_property
    def walks(self) -> list[list[Any]]:
        """Return the states of a few random walks."""
        return [walk(self.task, seed) for seed in range(8)]

    @cached_property
    def states(self) -> list[Any]:
        """Return what the walks met, and states drawn from the tables where there are some."""
        met = dict.fromkeys(state for states in self.walks for state in states)
        if self.tabled:
            count = len(self.mdp.states)
            drawn = random.Random(0).sample(range(count), min(STATES, count))
            met |= dict.fromkeys(self.mdp.states[number] for number in sorted(drawn))
        return list(met)

    def world(self, seed: int = 0) -> World[Any]:
        """Return an interactive world of this setting."""
        return World(
            self.task,
            "a",
            seed,
            action_types=self.spec.action_types,
            null_action=self.spec.null_action,
            max_steps=self.spec.max_steps,
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


def apply(world: World[Any], action: Action) -> Transition:
    """Run `action` in `world` by a decision that was made for it."""
    asked = Proposal(world.agent, world.step, action)
    request = f"R-{world.step}"
    kind = DecisionKind.APPROVE
    decision = Decision(request, world.agent, world.step, kind, asked.digest, action)
    return world.apply(action, decision)
