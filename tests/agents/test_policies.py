"""What a design chooses by chance is drawn by seed and step, and shared among what is left."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.base import Briefing
from agents.carried import CarriedOver
from agents.planner import Planner
from agents.play import expected, expected_by_chance, shares_as_seen
from agents.policies import draw, one_sure, way_of
from agents.rewards.drest import Drest
from agents.rewards.naive import design as naive
from agents.solver import evaluate, evaluate_by_chance, solve
from sandbox.batch import BatchSimulator
from sandbox.errors import ContractError
from sandbox.mdp import Floats, TabularMDP, running, tables
from sandbox.timestep import Observation
from tasks import load
from tests.agents.layered import layered
from tests.agents.test_solver import random_mdp

WEIGHTS = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6)


class Careless:
    """Forget a part of its chances."""

    def __call__(self, mdp: TabularMDP) -> TabularMDP:
        return mdp

    def chances(self, mdp: TabularMDP, solution: Any) -> Floats:
        return 0.9 * one_sure(mdp, solution.policy)


def briefed(agent: Any, task: str, seed: int = 0) -> Any:
    agent.begin(Briefing("one", task, "", (), (), 100, 0.99, seed))
    return agent


def first_look(task: str, step: int = 0, feedback: str = "") -> Observation:
    opened = load(task)
    state = opened.initial()[0][1]
    return Observation(step, opened.observe(state), tuple(opened.actions(state)), feedback=feedback)


@given(WEIGHTS, st.floats(0.0, 1.0, exclude_max=True))
def test_a_draw_has_a_chance_and_the_chances_of_what_is_left_are_scaled(
    weights: list[float], uniform: float
) -> None:
    pairs = list(range(0, len(weights), 2))
    found = draw(np.array(weights), pairs, uniform)
    total = sum(weights[pair] for pair in pairs)
    if found is None:
        assert total == 0.0
        return
    pair, chance = found
    assert pair in pairs
    assert weights[pair] > 0.0
    assert chance == pytest.approx(weights[pair] / total)


def test_draws_come_as_often_as_their_chance_says() -> None:
    chances = np.array([0.2, 0.0, 0.3, 0.5])
    drawn = Counter(draw(chances, (0, 1, 2), n / 1000)[0] for n in range(1000))  # type: ignore[index]
    assert drawn == {0: 400, 2: 600}


def test_chances_that_miss_one_are_refused_by_name_and_state() -> None:
    with pytest.raises(ContractError, match=r"Careless.*do not sum to 1 in"):
        way_of(Careless(), random_mdp(1))


def test_a_planner_draws_the_same_at_the_same_step_and_else_anew() -> None:
    task = "hundred_actions/honest"
    agents = [briefed(Planner("quantilizer:q=0.5"), task, seed) for seed in (1, 1, 2)]
    seen = [[one.propose(first_look(task, step)) for step in range(12)] for one in agents]
    assert seen[0] == seen[1] != seen[2]
    assert len({one.action for one in seen[0]}) > 6
    rolled_back = [agents[0].propose(first_look(task, step)) for step in (3, 3, 7)]
    assert rolled_back == [seen[0][3], seen[0][3], seen[0][7]]


def test_a_barred_action_gives_its_chance_to_the_others() -> None:
    task = "hundred_actions/honest"
    agent = briefed(Planner("quantilizer:q=0.03,waits=false"), task)
    proposed, feedback = [], ""
    for step in range(5):
        proposed.append(agent.propose(first_look(task, step, feedback)))
        feedback = "vetoed: no"
    chances = [one.rationale.partition(";")[0] for one in proposed]
    assert chances[:3] == [f"drawn with chance {part}" for part in ("0.333", "0.500", "1.000")]
    assert {str(one.action) for one in proposed[:3]} == {
        f"choose(number={n})" for n in (98, 99, 100)
    }
    # Nothing that it would draw is left: the best of the rest, to wait for a draw of the others.
    assert str(proposed[3].action) == "wait()"
    assert proposed[3].rationale.startswith("best expected quantilizer")


def test_a_plan_goes_on_by_what_is_likeliest() -> None:
    agent = briefed(Planner("drest"), "shutdown_delay/pays", 5)
    proposal = agent.propose(first_look("shutdown_delay/pays"))
    mdp = tables(load("shutdown_delay/pays"), 0.999)
    way = way_of(Drest(), mdp.without_performance())
    state, steps = 0, []
    for step in proposal.plan:
        pair = next(p for p in mdp.pairs(state) if mdp.actions[mdp.pair_action[p]] == step.action)
        steps.append(way.shares()[pair])
        state = int(mdp.next[mdp.start[pair]])
    assert min(steps) >= 0.5


def test_habits_are_drawn_too_and_what_is_barred_gives_its_chance_to_the_others() -> None:
    task = "hundred_actions/honest"
    agent = briefed(CarriedOver("quantilizer:q=0.02,waits=false"), task)
    first = agent.propose(first_look(task))
    second = agent.propose(first_look(task, 1, "vetoed: no"))
    third = agent.propose(first_look(task, 2, "vetoed: no"))
    assert {str(one.action) for one in (first, second)} == {
        f"choose(number={n})" for n in (99, 100)
    }
    assert first.rationale.endswith("drawn with chance 0.500")
    assert "drawn" not in second.rationale
    assert third.action == load(task).spec.null_action
    assert third.rationale.endswith("not possible here")


@given(st.integers(0, 10_000))
def test_a_sure_policy_is_worth_the_same_by_chance(seed: int) -> None:
    mdp = random_mdp(seed)
    policy = solve(mdp).policy
    sure = way_of(naive, mdp).shares()
    assert (sure == one_sure(mdp, policy)).all()
    by_chance = evaluate_by_chance(mdp, sure, mdp.reward)
    assert np.allclose(by_chance, evaluate(mdp, policy, mdp.reward), atol=1e-8)


def test_what_chance_is_worth_is_what_many_episodes_show() -> None:
    task = load("flight_booking/bos-quiet-shift")
    mdp = tables(task, task.spec.discount)
    weight = np.random.default_rng(1).exponential(size=len(mdp.pair_state))
    total = np.bincount(mdp.pair_state, weight, len(mdp.states))
    shares = shares_as_seen(task, mdp, weight / total[mdp.pair_state])
    upto = running(shares, np.unique(mdp.first_pair))
    batch, luck = BatchSimulator(mdp, 20_000, 3), np.random.default_rng(2)
    paid = np.zeros(20_000)
    for _ in range(task.spec.max_steps):
        drawn = mdp.first_pair[batch.state]
        uniform = luck.random(len(drawn))
        for _again in range(int(np.diff(mdp.first_pair).max())):
            more = ~batch.done & (uniform >= upto[np.minimum(drawn, len(upto) - 1)])
            drawn = drawn + more
        paid += batch.step(drawn)[0]
    worth = expected_by_chance(mdp, shares, task.spec.max_steps)
    assert abs(paid.mean() - worth.reward) < 4 * paid.std() / np.sqrt(len(paid))


def test_a_policy_without_chance_sums_to_the_same_bytes() -> None:
    mdp = tables(load("flight_booking/bos-quiet-shift"), 0.99)
    policy = solve(mdp).policy
    assert expected(mdp, policy, 40) == expected_by_chance(mdp, one_sure(mdp, policy), 40)


def test_where_nobody_comes_the_lengths_that_are_left_are_alike() -> None:
    """What a veto can lead to: every state has chances, also those off the way."""
    mdp = layered(5)
    shares = way_of(Drest(), mdp).shares()
    came = mdp.initial > 0
    for _ in range(9):
        rows = shares > 0
        came[mdp.next[rows & came[mdp.pair_state] & ~mdp.ended]] = True
    off = np.flatnonzero(~came & (np.diff(mdp.first_pair) > 0))
    assert off.size
    for state in off:
        assert shares[mdp.pairs(int(state))].sum() == pytest.approx(1.0)
