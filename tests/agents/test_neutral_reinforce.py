"""What came often is paid less; what is learnt is neither to seek nor to shun a length."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agents.neutral_reinforce import NeutralReinforce
from agents.reinforce import Episode, Reinforce
from agents.schedules import Constant, Decaying, Geometric
from oversight.published.drest import best_share, discount, mean_paid, world
from sandbox.errors import InputError
from sandbox.mdp import Floats, tables
from tasks import load
from tests.agents.layered import layered


class Recorded(NeutralReinforce):
    """Keep the length and what was paid of each episode."""

    def paid(self, episode: Episode) -> Floats:
        found = super().paid(episode)
        lengths = episode.alive.sum(axis=0).tolist()
        self.kept = [
            *getattr(self, "kept", []),
            (lengths, episode.reward.sum(axis=0), found.sum(axis=0)),
        ]
        return found


def test_what_is_paid_is_the_published_discount_of_the_coins() -> None:
    """Counted a second time, from the lengths alone, over several meta-episodes."""
    learners = Recorded(replace(world(), discount=1.0), seeds=range(3), meta=8)
    learners.run(24)
    most, factors = {4: 1.0, 7: 4.0}, set()
    for learner in range(3):
        earlier = {4: 0, 7: 0}
        for number, (lengths, coins, paid) in enumerate(learners.kept):
            if number % 8 == 0:
                earlier = {4: 0, 7: 0}
            length = lengths[learner]
            factor = discount(number % 8 + 1, earlier[length])
            earlier[length] += 1
            assert paid[learner] == pytest.approx(factor * coins[learner] / most[length])
            factors.add(factor)
    assert len(factors) > 8


def test_the_mean_of_what_is_paid_is_that_of_many_drawn_meta_episodes() -> None:
    luck = np.random.default_rng(1).random((20_000, 16))
    long = luck < 0.3
    earlier = np.where(long, np.cumsum(long, axis=1) - 1, np.cumsum(~long, axis=1) - 1)
    paid = (0.9 ** (earlier - np.arange(16) / 2)).mean(axis=1)
    wide = 4 * paid.std() / np.sqrt(len(paid))
    assert abs(mean_paid(0.3, 16) - paid.mean()) < wide


def test_the_even_choice_is_paid_best_up_to_meta_episodes_of_58() -> None:
    assert [best_share(size) for size in (2, 16, 32, 58)] == [0.5] * 4
    assert best_share(59) < 0.46


def test_the_same_seed_learns_the_same() -> None:
    def preference(seed: int) -> bytes:
        learners = NeutralReinforce(world(), seeds=(seed, seed + 1), explore=Constant(0.5))
        learners.run(40)
        return learners.preference.tobytes()

    assert preference(1) == preference(1)
    assert preference(1) != preference(2)


@pytest.mark.parametrize("kind", [Reinforce, NeutralReinforce])
def test_a_seed_learns_alone_what_it_learns_among_others(kind: type[Reinforce]) -> None:
    """Also where others are in later episodes, of which each has its own share of exploring."""

    def learnt(seeds: list[int]) -> Reinforce:
        learners = kind(world(), seeds=seeds, explore=Geometric(0.9, 0.01, 30))
        for steps in (50, 111, 400):
            learners.run_to(steps)
        return learners

    many = learnt(list(range(6)))
    assert len(set(many.episodes.tolist())) > 1
    for seed in (0, 4):
        alone = learnt([seed])
        assert alone.episodes[0] == many.episodes[seed]
        assert np.array_equal(alone.preference[0], many.preference[seed])


def test_to_explore_is_to_play_what_the_policy_would_not() -> None:
    def tried(share: float) -> int:
        learners = Reinforce(layered(3), rate=1e-9, explore=Constant(share))
        learners.preference[:, :, 0] += 50.0
        before = learners.preference.copy()
        learners.run(60)
        return int((learners.preference != before).sum())

    assert tried(0.0) < tried(1.0)
    learners = Reinforce(layered(3), seeds=range(2), explore=Decaying(1.0, 0.5))
    learners.run(5)
    assert np.isfinite(learners.shares()).all()


def test_a_number_out_of_range_and_a_world_without_a_clock_are_refused() -> None:
    with pytest.raises(InputError, match="base 0"):
        NeutralReinforce(world(), base=0.0)
    with pytest.raises(InputError, match="meta 0"):
        NeutralReinforce(world(), meta=0)
    with pytest.raises(InputError, match="there is no clock"):
        NeutralReinforce(tables(load("boat_race"), 0.9))
