"""Learners by the compiled loop learn what they learn step by step, to the last bit."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest

from agents.kernels import installed
from agents.learner_blocks import fits
from agents.learners import RULES, Learners
from agents.luck import AHEAD
from agents.lumping import looks
from agents.schedules import Constant, Decaying, Geometric, Linear
from sandbox.mdp import Ints, TabularMDP, tables
from sandbox.modified import ModifiedMDP, modified_tables
from tasks import load
from tests.agents.worlds import ragged_world

pytestmark = pytest.mark.skipif(not installed(), reason="numba (extra fast) is missing")

WORLDS = ("whisky_small", "modified_off_switch", "boat_race")
SCHEDULES = (
    (Constant(0.2), Decaying(1.0, 0.7)),
    (Decaying(2.0, 0.5), Constant(0.1)),
    (Linear(1.0, 0.01, 200), Linear(0.5, 0.1, 90)),
    (Constant(0.0), Decaying(1.0, 1.0)),
    (Geometric(1.0, 0.01, 250), Constant(0.3)),
)


@cache
def world(name: str) -> ModifiedMDP:
    task = load(name)
    return modified_tables(task, task.spec.discount)


def learnt(
    where: ModifiedMDP | TabularMDP, rule: str, kernel: str, parts: tuple[int, ...], **knobs: Any
) -> Learners:
    """Return learners after some stretches of steps."""
    learners = Learners(where, rule, kernel=kernel, **knobs)
    for steps in parts:
        learners.run(steps)
    return learners


def assert_same(one: Learners, other: Learners) -> None:
    assert np.array_equal(one.q, other.q)
    assert np.array_equal(one.tried, other.tried)
    assert one.steps == other.steps
    assert np.array_equal(one._luck.stretch(1)[0], other._luck.stretch(1)[0])
    assert one._luck._next == other._luck._next


@pytest.mark.parametrize(("name", "rule"), product(WORLDS, sorted(RULES)))
def test_every_rule_learns_the_same_by_either_kernel(name: str, rule: str) -> None:
    for explore, rate in SCHEDULES:
        knobs = {"seeds": range(3, 8), "explore": explore, "rate": rate, "max_steps": 17}
        step_by_step = learnt(world(name), rule, "numpy", (300,), **knobs)
        assert_same(step_by_step, learnt(world(name), rule, "numba", (1, 120, 179), **knobs))


@pytest.mark.parametrize("seed", range(4))
def test_in_worlds_of_any_shape_the_same_is_learnt(seed: int) -> None:
    mdp = ragged_world(seed, 12, actions=5, ways=40)
    knobs = {"seeds": [seed, 9, 70], "explore": Constant(0.5), "start_value": 2.0, "max_steps": 30}
    both = (learnt(mdp, "sarsa", kernel, (200,), **knobs) for kernel in ("numpy", "numba"))
    assert_same(*both)


def test_more_numbers_than_a_block_holds_are_drawn_in_the_same_order() -> None:
    steps, seeds = AHEAD + 40, range(300)
    both = [
        learnt(world("whisky_small"), "q_learning", kernel, (steps,), seeds=seeds, max_steps=1)
        for kernel in ("numpy", "numba")
    ]
    assert_same(*both)


@pytest.mark.parametrize("kernel", ["numpy", "numba"])
def test_a_seed_learns_alone_what_it_learns_among_others(kernel: str) -> None:
    knobs = {"explore": Decaying(2.0, 0.5), "max_steps": 9}
    many = learnt(world("whisky_small"), "sarsa", kernel, (900,), seeds=range(12), **knobs)
    alone = learnt(world("whisky_small"), "sarsa", kernel, (400, 500), seeds=[7], **knobs)
    assert np.array_equal(many.q[7], alone.q[0])
    assert np.array_equal(many.tried[7], alone.tried[0])


@pytest.mark.parametrize("rule", sorted(RULES))
def test_what_looks_alike_shares_its_values_by_either_kernel(rule: str) -> None:
    task = load("safe_interruptibility")
    mdp = tables(task, task.spec.discount)
    look, shown = looks(mdp, task.observe)
    assert len(shown) < len(mdp.states)
    knobs = {"seeds": range(4), "look": look, "explore": Constant(0.3), "max_steps": 25}
    assert_same(*(learnt(mdp, rule, kernel, (600,), **knobs) for kernel in ("numpy", "numba")))


def test_learners_go_on_from_one_kernel_to_the_other() -> None:
    mixed = learnt(world("whisky_small"), "sarsa", "numpy", (50,), seeds=range(4))
    for kernel in ("numba", "numpy", "numba"):
        mixed._kernel = kernel
        mixed.run(50)
    assert_same(mixed, learnt(world("whisky_small"), "sarsa", "numpy", (200,), seeds=range(4)))


def test_a_supervisor_or_a_schedule_of_ones_own_is_asked_at_every_step() -> None:
    asked = []

    def halving(step: int, visits: Any) -> float:
        asked.append(step)
        return 0.5**step

    def watching(learners: Learners, states: Ints, done: Ints, rows: Ints) -> Ints:
        asked.append(len(rows))
        return done

    learnt(world("boat_race"), "sarsa", "numba", (10,), explore=halving)
    assert max(asked) == 10
    asked.clear()
    learnt(world("boat_race"), "sarsa", "numba", (10,), supervisor=watching, seeds=range(7))
    assert asked == [7] * 11


def test_a_world_that_leads_to_where_nothing_can_be_done_is_not_compiled() -> None:
    mdp = ragged_world(0, 12, ends=0.5)
    assert fits(mdp, Constant(0.1))
    mdp.ended[:] = False
    assert not fits(mdp, Constant(0.1))
