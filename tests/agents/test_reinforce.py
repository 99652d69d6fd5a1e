from __future__ import annotations

import numpy as np
import pytest

from agents.learners import play
from agents.reinforce import Reinforce
from agents.solver import solve
from sandbox.errors import InputError
from sandbox.mdp import Ints, tables
from sandbox.modified import ModifiedMDP, modified_tables
from tasks import load
from tests.agents.test_policy_iteration import random_world


def likeliest(learners: Reinforce) -> Ints:
    """Return `(B, S)`, the likeliest pair of each state."""
    mdp = learners.world.mdp
    best = mdp.first_pair[:-1] + learners.policy().argmax(axis=2)
    policy: Ints = np.where(np.diff(mdp.first_pair) > 0, best, -1)
    return policy


def test_a_policy_begins_even_and_stays_a_distribution() -> None:
    mdp = random_world(3, 12, ends=0.2)
    learners = Reinforce(mdp, seeds=range(4), max_steps=20)
    counts = np.diff(mdp.first_pair)
    real = np.arange(counts.max()) < counts[:, None]
    even = real / np.maximum(counts, 1)[:, None]
    assert np.allclose(learners.policy(), even)
    learners.run(20)
    assert not np.allclose(learners.policy(), even)
    assert np.allclose(learners.policy().sum(axis=2), counts > 0)
    assert (learners.policy()[:, ~real] == 0).all()


def test_it_comes_to_the_goal_by_a_way_that_no_small_change_betters() -> None:
    learners = Reinforce(
        modified_tables(load("interruptible_ring/theta-30"), 0.99), seeds=range(10), rate=0.02
    )
    learners.run(600)
    free = ModifiedMDP.plain(learners.world.mdp)
    _, steps, _ = play(free, likeliest(learners), 100)
    # A gradient stays on the way that it took first: the long one, for some seeds.
    assert set(steps.tolist()) <= {6, 10}
    assert np.count_nonzero(steps == 6) > len(steps) / 2


def test_it_stays_sober_for_it_is_paid_for_what_comes_of_its_proposals() -> None:
    learners = Reinforce(modified_tables(load("whisky_small"), 0.99), seeds=range(10), rate=0.002)
    learners.run(800)
    total, _, _ = play(learners.world, likeliest(learners), 100)
    assert np.count_nonzero(total == 45.0) >= 9


def test_it_approaches_the_optimum_of_a_small_world() -> None:
    mdp = random_world(1, 6, ends=0.0, discount=0.7)
    learners = Reinforce(mdp, seeds=range(8), rate=0.05, max_steps=30)
    learners.run(500)
    best = solve(mdp)
    assert np.allclose(learners.baseline[:, 0], best.value[0], atol=0.15 * abs(best.value[0]) + 0.2)


def test_the_same_seed_learns_the_same() -> None:
    def learnt(seed: int) -> bytes:
        learners = Reinforce(tables(load("whisky_small"), 0.99), seeds=(seed, 7))
        learners.run(5)
        return learners.preference.tobytes()

    assert learnt(1) == learnt(1)
    assert learnt(1) != learnt(2)


def test_a_number_out_of_range_is_refused() -> None:
    mdp = random_world(1, 6)
    with pytest.raises(InputError, match="at least 1"):
        Reinforce(mdp, max_steps=0)
    with pytest.raises(InputError, match="above 0"):
        Reinforce(mdp, rate=0.0)
