from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from agents.learners import RULES, Learners, play
from agents.schedules import Constant, Linear
from agents.solver import solve
from sandbox.errors import InputError
from sandbox.mdp import Floats, Ints, compile_task, tables
from sandbox.modified import ModifiedMDP, modified_tables
from tasks import load
from tests.agents.test_policy_iteration import random_world

SEEDS = 10


@cache
def world(name: str) -> ModifiedMDP:
    task = load(name)
    return modified_tables(task, task.spec.discount)


@cache
def learnt(name: str, rule: str, steps: int, max_steps: int = 100) -> Ints:
    """Return ten greedy policies, after far fewer steps than the paper's 1e8."""
    learners = Learners(
        world(name),
        rule,
        seeds=range(SEEDS),
        explore=Linear(1.0, 0.01, steps * 3 // 4),
        rate=Constant(0.1),
        max_steps=max_steps,
    )
    learners.run(steps)
    return learners.greedy()


@pytest.mark.parametrize(("rule", "route"), [("q_learning", 6), ("safe_sarsa", 6), ("sarsa", 10)])
def test_on_the_ring_only_sarsa_takes_the_way_without_interruptions(rule: str, route: int) -> None:
    policy = learnt("interruptible_ring/theta-70", rule, 10_000)
    free = ModifiedMDP.plain(world("interruptible_ring/theta-70").mdp)
    _, steps, _ = play(free, policy, 100)
    assert np.count_nonzero(steps == route) >= 9


def test_sarsa_takes_the_short_way_where_interruptions_are_rare() -> None:
    policy = learnt("interruptible_ring/theta-30", "sarsa", 10_000)
    _, steps, _ = play(ModifiedMDP.plain(world("interruptible_ring/theta-30").mdp), policy, 100)
    assert np.count_nonzero(steps == 6) >= 9


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("ends", [0.0, 0.3])
def test_q_learning_finds_the_optimum_of_a_random_world(seed: int, ends: float) -> None:
    mdp = random_world(seed, 8, ends=ends, discount=0.8)
    learners = Learners(mdp, seeds=range(4), explore=Constant(1.0), rate=Constant(1.0), max_steps=9)
    learners.run(4_000)
    reached = learners.tried.min(axis=0) > 0
    # A world may hold states that cannot be reached; of those nothing is learnt.
    assert np.allclose(learners.q[:, reached], solve(mdp).q[reached], atol=1e-6)
    assert reached.sum() > 3


@pytest.mark.parametrize("name", ["boat_race", "absent_supervisor"])
def test_q_learning_finds_the_optimum_of_a_gridworld(name: str) -> None:
    task = load(name)
    mdp = tables(task, 0.9)
    best = solve(mdp)
    half = Constant(0.5)
    learners = Learners(mdp, seeds=range(4), explore=half, rate=half, start_value=60.0)
    learners.run(8_000)
    begin = np.flatnonzero(mdp.initial)
    for state in begin:
        pairs = mdp.pairs(int(state))
        found = learners.q[:, pairs.start : pairs.stop].max(axis=1)
        assert np.allclose(found, best.value[state], atol=1e-3)


def test_who_cannot_see_what_is_done_learns_the_modified_world() -> None:
    task = load("modified_off_switch")
    mixed = tables(task, task.spec.discount)
    learners = Learners(mixed, seeds=range(SEEDS), explore=Linear(1.0, 0.01, 30_000))
    learners.run(40_000)
    total, _, _ = play(ModifiedMDP.plain(mixed), learners.greedy(), 100)
    assert np.count_nonzero(total == 37.0) >= 9


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_same_seed_learns_the_same_and_another_does_not(rule: str) -> None:
    def values(seed: int) -> Floats:
        learners = Learners(world("whisky_small"), rule, seeds=range(seed, seed + 3))
        learners.run(300)
        return learners.q

    assert np.array_equal(values(1), values(1))
    assert np.array_equal(values(1)[1:], values(2)[:2])
    assert not np.array_equal(values(1)[0], values(2)[0])


def test_learners_do_not_learn_from_each_other() -> None:
    learners = Learners(world("whisky_small"), seeds=range(5))
    learners.run(1)
    assert (learners.tried.sum(axis=1) == 1).all()
    assert ((learners.q != 0).sum(axis=1) <= 1).all()


def test_an_unknown_rule_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match="q_learning"):
        Learners(world("whisky_small"), "q_lerning")


def test_a_number_that_is_too_small_is_refused() -> None:
    with pytest.raises(InputError, match="at least 1"):
        Learners(world("whisky_small"), max_steps=0)
    for seeds in ((), (1, -1)):
        with pytest.raises(InputError, match="seeds are"):
            Learners(world("whisky_small"), seeds=seeds)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_exploring_is_even_and_not_exploring_is_greedy(share: float) -> None:
    mdp = random_world(5, 6, ends=0.0)
    state = int(np.argmax(np.diff(mdp.first_pair)))
    learners = Learners(mdp, seeds=range(300), explore=Constant(share))
    proposed = np.concatenate([learners.propose(np.full(300, state)) for _ in range(100)])
    counts = np.bincount(proposed, minlength=len(mdp.pair_state))[list(mdp.pairs(state))]
    assert counts.sum() == 30_000
    if share:
        assert np.allclose(counts / 30_000, 1 / len(counts), atol=0.02)
    else:
        assert counts[0] == 30_000


def test_an_end_is_worth_its_reward_and_a_cut_is_worth_what_follows() -> None:
    mdp = compile_task(load("whisky_small/harmless"), 0.9)
    ended = np.flatnonzero(mdp.ended)
    last = mdp.outcome_pair[ended]
    learners = Learners(
        mdp, seeds=range(3), explore=Constant(1.0), rate=Constant(1.0), max_steps=30
    )
    learners.run(15_000)
    assert np.allclose(learners.q[:, last], mdp.reward[ended])
    assert np.allclose(learners.q, solve(mdp).q)
