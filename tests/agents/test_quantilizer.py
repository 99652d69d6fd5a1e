"""What is drawn from the better part of a base is never much likelier than by the base."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.learners import Learners
from agents.play import Player
from agents.policies import way_of
from agents.rewards.naive import design as naive
from agents.rewards.quantilizer import Quantilizer
from agents.schedules import Constant, Decaying
from agents.solver import action_values, evaluate_by_chance, solve
from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.action import Action
from sandbox.errors import InputError
from sandbox.events import Proposed
from sandbox.log import MemoryLog
from sandbox.mdp import Floats, TabularMDP, compile_task, tables
from sandbox.timestep import Outcome, TerminationReason
from tasks import load
from tests.agents.test_solver import random_mdp

SEEDS, SHARES = st.integers(0, 10_000), st.floats(0.01, 1.0)


def even(mdp: TabularMDP) -> Floats:
    """Return the base, counted the plain way."""
    return np.array([1 / len(mdp.pairs(int(state))) for state in mdp.pair_state])


def tied(mdp: TabularMDP, seed: int) -> TabularMDP:
    """Return the tables under a reward with many ties."""
    reward = np.random.default_rng(seed).integers(0, 2, len(mdp.next)).astype(float)
    return replace(mdp.with_reward(reward), discount=0.5)


@settings(max_examples=40)
@given(SEEDS, SHARES, st.booleans())
def test_no_cost_is_more_than_one_over_q_of_the_bases_in_any_state(
    seed: int, q: float, ties: bool
) -> None:
    mdp = tied(random_mdp(seed), seed) if ties else random_mdp(seed)
    shares, base = way_of(Quantilizer(q), mdp).shares(), even(mdp)
    assert (shares <= base / q + 1e-12).all()
    cost = np.random.default_rng(seed).exponential(size=len(base))
    drawn, usual = (np.bincount(mdp.pair_state, one * cost) for one in (shares, base))
    assert (drawn <= usual / q + 1e-9).all()


@settings(max_examples=40)
@given(SEEDS, SHARES)
def test_it_is_the_best_policy_within_its_bound(seed: int, q: float) -> None:
    """Taylor's theorem, for each state of an episode: no other draw within base / q is worth more.

    The best of a linear function on that polytope is found here by filling up greedily.
    """
    mdp = random_mdp(seed)
    way = way_of(Quantilizer(q), mdp)
    value = evaluate_by_chance(mdp, way.shares(), mdp.reward)
    worth = action_values(mdp, value)
    assert np.allclose(way.solution.q, worth, atol=1e-7)
    for state in np.flatnonzero(np.diff(mdp.first_pair)):
        left, best = 1.0, 0.0
        pairs = mdp.pairs(int(state))
        for one in sorted(worth[pairs.start : pairs.stop], reverse=True):
            share = min(left, 1 / len(pairs) / q)
            left, best = left - share, best + share * one
        assert value[state] == pytest.approx(best, abs=1e-7)


@settings(max_examples=20)
@given(SEEDS)
def test_a_small_share_is_the_maximiser_and_the_whole_is_the_base(seed: int) -> None:
    mdp = random_mdp(seed)
    assert (way_of(Quantilizer(1e-9), mdp).shares() == way_of(naive, mdp).shares()).all()
    assert np.allclose(way_of(Quantilizer(1.0), mdp).shares(), even(mdp), atol=1e-12)


def test_actions_that_tie_at_the_cut_share_what_is_left_of_the_mass() -> None:
    mdp = tables(load("hundred_actions/honest"), 0.99).without_performance()
    worth = np.floor(np.arange(101) / 10)  # the wait has 0, and each ten of the hundred tie
    shares = Quantilizer(0.25, waits=False).cut(mdp, Quantilizer(waits=False).base(mdp), worth)
    assert shares[0] == 0.0
    assert shares[100] == shares[90] == pytest.approx(0.04)
    assert shares[80:90] == pytest.approx(np.full(10, 0.04))
    assert shares[70:80] == pytest.approx(np.full(10, 0.016))  # 4 of the 25, among ten
    assert shares[:70].max() == 0.0


def test_a_base_without_the_wait_never_waits_where_anything_else_can_be_done() -> None:
    mdp = tables(load("hundred_actions/cooked"), 0.99).without_performance()
    without, with_ = (way_of(Quantilizer(1.0, waits=one), mdp).shares() for one in (False, True))
    assert without.min() == 0.0
    assert without.max() == pytest.approx(0.01)
    assert np.allclose(with_, 1 / 101)


class Twice:
    """Choose one of ten, twice; state: choices made, and how many were the best."""

    def initial(self) -> list[tuple[float, tuple[int, int]]]:
        return [(1.0, (0, 0))]

    def actions(self, state: tuple[int, int]) -> list[Action]:
        return [] if state[0] == 2 else [Action.of("choose", number=n) for n in range(10)]

    def outcomes(self, state: tuple[int, int], action: Action) -> list[Outcome[tuple[int, int]]]:
        number = int(str(dict(action.arguments)["number"]))
        after = (state[0] + 1, state[1] + (number == 9))
        harm = -float(after == (2, 2))
        over = TerminationReason.GOAL if after[0] == 2 else None
        return [Outcome(1.0, after, float(number), harm, over)]

    def stopped(self, state: tuple[int, int]) -> bool:
        return False

    def unstopped(self, state: tuple[int, int]) -> tuple[int, int]:
        return state


@pytest.mark.parametrize("q", [0.1, 0.25, 0.5, 1.0])
def test_over_an_episode_the_bound_is_one_over_q_for_each_choice(q: float) -> None:
    """The known failure: harm that takes both choices is done 1 / q^2 times as often."""
    mdp = compile_task(Twice(), 0.99)
    assert mdp.performance is not None
    shares = way_of(Quantilizer(q), mdp.without_performance()).shares()
    harm = evaluate_by_chance(replace(mdp, discount=1.0 - 1e-9), shares, mdp.performance)
    assert -harm[0] == pytest.approx(0.01 / q**2, abs=1e-7)


def test_a_player_sums_the_chances_of_a_design_exactly() -> None:
    player = Player("hundred_actions/cooked", "quantilizer:q=0.1,waits=false")
    assert player.worth().performance == pytest.approx((sum(range(91, 100)) / 100 - 1) / 10)
    assert player.worth().reward == pytest.approx(sum(range(91, 101)) / 1000)


def test_a_planner_draws_what_a_player_sums_and_says_with_which_chance() -> None:
    told, rationales = [], set()
    for seed in range(40):
        plan = Plan(
            "hundred_actions/honest",
            reward="quantilizer:q=0.05,waits=false",
            seed=seed,
            in_process=True,
        )
        session = open_session(plan, Stage(None, Scripted()))
        told.append(round(run_episode(session).reward, 9))
        assert isinstance(session.log, MemoryLog)
        proposed = [one for one in session.log.events if isinstance(one, Proposed)]
        rationales |= {one.proposal.rationale.partition(";")[0] for one in proposed}
    assert set(told) == {0.96, 0.97, 0.98, 0.99, 1.0}
    assert rationales == {"drawn with chance 0.200"}


def test_q_learning_on_the_designed_tables_comes_to_the_same_worth() -> None:
    """They look one step ahead, so what is learnt is the mean reward of each pair."""
    mdp = random_mdp(3)
    designed = Quantilizer(0.4)(mdp)
    learners = Learners(
        designed, seeds=range(4), explore=Constant(1.0), rate=Decaying(1.0, 1.0), max_steps=20
    )
    learners.run(4_000)
    seen = learners.tried.min(axis=0) > 20
    assert seen.sum() > 10
    assert np.allclose(learners.q[:, seen], solve(designed).q[seen], atol=1e-9)


@pytest.mark.parametrize("q", [0.0, -0.1, 1.5])
def test_a_share_that_is_none_is_refused(q: float) -> None:
    with pytest.raises(InputError, match="above 0 and at most 1"):
        Quantilizer(q)
