from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.curves import curves
from agents.outlook import outlook
from agents.play import Player, expected_of_all
from agents.registry import canonical_agent, check_agent
from agents.rewards import load_design
from agents.solver import evaluate, solve
from agents.trained import MARKS, Trained, learnt_world, train
from agents.training import LEARNERS, learner_defaults, training_of
from sandbox.errors import ContractError, InputError
from sandbox.mdp import Floats, Ints, TabularMDP, tables
from tasks import load
from tests.agents.test_policy_iteration import random_world

CHANCY = ("safe_interruptibility/level-1", "whisky_small/biased", "friend_foe/original")
"""Tasks with several beginnings, with chance, with actions that are modified, with what is hidden;
whose episodes end and are cut."""

FALLING = "q_learning:rate_schedule=visits,explore_schedule=visits,rate=0,"


@cache
def learnt(task: str, agent: str, count: int, design: str = "naive") -> Trained:
    return train(task, design, training_of(agent), range(count))


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(CHANCY),
    st.sampled_from([*(f"{rule}:" for rule in LEARNERS), FALLING]),
    st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=8),
    st.integers(0, 2**63 - 1),
    st.data(),
)
def test_what_a_seed_learns_does_not_depend_on_who_learns_beside_it(
    task: str, rule: str, others: list[int], seed: int, data: st.DataObject
) -> None:
    training = training_of(f"{rule}steps=250")
    place = data.draw(st.integers(0, len(others)))
    among = train(task, "naive", training, [*others[:place], seed, *others[place:]])
    alone = train(task, "naive", training, [seed])
    assert among.values[place].tobytes() == alone.values[0].tobytes()
    assert (among.ranks[:, place] == alone.ranks[:, 0]).all()
    way, other = among.way(place), alone.way(0)
    assert way.solution.q.tobytes() == other.solution.q.tobytes()
    assert (way.solution.policy == other.solution.policy).all()


@pytest.mark.parametrize("rule", LEARNERS)
def test_another_seed_learns_otherwise(rule: str) -> None:
    found = learnt("whisky_small/biased", f"{rule}:steps=300", 2)
    assert not np.array_equal(found.values[0], found.values[1])


SMALL = (
    "boat_race/original",
    "absent_supervisor/original",
    "shutdown_delay/pays",
    "bugfix/intervals",
)


@pytest.mark.parametrize("task", SMALL)
def test_as_it_is_set_up_q_learning_comes_to_what_a_planner_does_on_small_tasks(task: str) -> None:
    found = curves(learnt(task, "q_learning", 3))
    assert np.allclose(found[:, -1], Player(task).worth())


@pytest.mark.parametrize(
    ("task", "design"),
    [
        ("button_detour/refusable", "corrigibility_transform"),
        ("keep_waiting/candy", "myopic_approval"),
        ("power_graph/figure-1", "naive"),
        ("aup_damage/original", "attainable_utility:penalty=0.5"),
    ],
)
def test_q_learning_comes_to_the_optimum_of_the_designed_reward(task: str, design: str) -> None:
    found = learnt(task, "q_learning:steps=12000,rate=0.5", 2, design)
    best = solve(load_design(design)(outlook(task).mdp))
    begin = found.mdp.initial
    for place in range(2):
        way = found.way(place)
        value = evaluate(way.mdp, way.solution.policy, way.mdp.reward)
        assert value @ begin == pytest.approx(best.value @ begin, abs=1e-9)
        assert way.solution.value @ begin == pytest.approx(best.value @ begin, abs=1e-9)


def test_only_a_rule_that_counts_the_interruption_disarms_it() -> None:
    """Orseau & Armstrong 2016: Q-learning and Safe Sarsa are safely interruptible, Sarsa is not."""
    best = Player("safe_interruptibility/level-1").worth().reward
    for rule, disarms in (("q_learning", False), ("safe_sarsa", False), ("sarsa", True)):
        last = curves(learnt("safe_interruptibility/level-1", f"{rule}:steps=14000", 4))[:, -1]
        assert (np.isclose(last[:, 0], best).sum() >= 3) == disarms
        # Halted in half of the episodes, and not in the others, in which alone it is counted.
        assert np.isclose(last, (-29.0, 21.0)).all(axis=1).any() != disarms


def test_where_nothing_is_modified_all_names_of_sarsa_are_one_rule() -> None:
    rules = ("sarsa", "safe_sarsa", "virtual_sarsa", "empirical_sarsa")
    values = [learnt("friend_foe/original", f"{rule}:steps=400", 2).values for rule in rules]
    assert all(np.array_equal(values[0], one) for one in values)
    other = learnt("friend_foe/original", "q_learning:steps=400", 2).values
    assert not np.array_equal(values[0], other)


@pytest.mark.parametrize("agent", ["q_learning:steps=900", "reinforce:steps=900"])
def test_states_that_look_alike_are_worth_the_same(agent: str) -> None:
    task = "safe_interruptibility/level-1"
    found, where = learnt(task, agent, 2), learnt_world(task, "naive")
    seen = [load(task).observe(state) for state in where.world.mdp.states]
    assert len(set(zip(seen, where.look.tolist(), strict=True))) == len(set(seen)) < len(seen)
    way, alike = found.way(1), outlook(task).alike.values()
    assert max(len(states) for states in alike) > 1
    for states in alike:
        pairs = [way.mdp.pairs(state) for state in states]
        assert len({way.solution.q[one.start : one.stop].tobytes() for one in pairs}) == 1
        ranks = way.solution.policy[states] - way.mdp.first_pair[states]
        assert len(set(ranks[way.solution.policy[states] >= 0].tolist())) <= 1


@pytest.mark.parametrize("agent", ["sarsa:steps=2000", "reinforce:steps=2000"])
def test_the_curve_ends_at_what_the_policy_is_worth(agent: str) -> None:
    for task in ("whisky_gold/drunk", "tomato_watering/no-bucket"):
        found = learnt(task, agent, 3)
        assert found.marks[-1] == 2000
        assert len(found.marks) == MARKS
        assert (np.diff(found.marks) > 0).all()
        curve = curves(found)
        assert curve.shape == (3, MARKS, 2)
        opened = load(task)
        true = tables(opened, opened.spec.discount)
        # Nothing that matters is hidden in these: a state of the plan is one of the task.
        policies = np.stack([found.way(place).solution.policy for place in range(3)])
        assert np.allclose(curve[:, -1], expected_of_all(true, policies, opened.spec.max_steps))
        assert np.array_equal(curve, curves(found, true))


def test_a_curve_is_asked_for_with_the_true_tables_of_the_task() -> None:
    found = learnt("boat_race/original", "q_learning:steps=300", 1)
    with pytest.raises(ContractError, match="no performance"):
        curves(found, found.mdp)
    with pytest.raises(ContractError, match="not the tables of boat_race"):
        curves(found, tables(load("island_navigation"), 0.9))


def test_nothing_that_is_learnt_from_holds_performance() -> None:
    for task in ("boat_race/original", *CHANCY):
        assert learnt_world(task, "naive").world.mdp.performance is None
        assert learnt(task, "q_learning:steps=20", 1).way(0).mdp.performance is None


def dense(mdp: TabularMDP, policy: Ints, steps: int) -> Floats:
    """Return told reward and performance of an episode under `policy`, by a matrix of chances."""
    states = len(mdp.states)
    chance, gain = np.zeros((states, states)), np.zeros((states, 2))
    assert mdp.performance is not None
    for state in np.flatnonzero(policy >= 0):
        for row in range(mdp.start[policy[state]], mdp.start[policy[state] + 1]):
            gain[state] += mdp.probability[row] * np.array([mdp.reward[row], mdp.performance[row]])
            if not mdp.ended[row]:
                chance[state, mdp.next[row]] += mdp.probability[row]
    total, here = np.zeros(2), mdp.initial
    for _ in range(steps):
        total, here = total + here @ gain, here @ chance
    return total


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 500), st.integers(1, 3), st.integers(1, 9), st.sampled_from([3, 80]))
def test_many_policies_are_worth_what_each_is(seed: int, count: int, steps: int, size: int) -> None:
    luck = np.random.default_rng(seed)
    mdp = random_world(seed, size, ends=0.2)
    mdp = replace(mdp, performance=luck.normal(size=len(mdp.reward)))
    width = np.diff(mdp.first_pair)
    ranks = luck.integers(0, np.maximum(width, 1), (count, len(width)))
    policies = np.where(width > 0, mdp.first_pair[:-1] + ranks, -1)
    found = expected_of_all(mdp, policies, steps)
    for number, policy in enumerate(policies):
        assert np.allclose(found[number], dense(mdp, policy, steps))
        assert np.allclose(found[number], expected_of_all(mdp, policy[None], steps)[0])


@pytest.mark.parametrize(
    ("agent", "says"),
    [
        ("q_learning:stesp=3", "did you mean 'steps'"),
        ("q_learning:steps=0", "steps 0 must be >= 1"),
        ("q_learning:steps=1.5", "steps must be a whole number"),
        ("sarsa:rate=0", "rate 0.0 must be > 0"),
        ("sarsa:rate=2", "rate 2.0 must be between 0 and 1"),
        ("sarsa:explore=-0.1", "explore -0.1 must be between 0 and 1"),
        ("sarsa:explore_schedule=slow", "must be one of constant, linear, visits"),
        ("reinforce:explore=0.1", "unknown knob 'explore'"),
        ("reinforce:baseline_rate=3", "baseline_rate 3.0 must be between 0 and 1"),
        ("reinforce:rate=0", "rate 0.0 must be > 0"),
        ("q_lerning:steps=3", "did you mean 'q_learning'"),
        ("planner:steps=3", "agent 'planner' has no knobs"),
        ("q_learning:steps", "name=value"),
    ],
)
def test_a_wrong_knob_is_refused_in_one_clear_line(agent: str, says: str) -> None:
    with pytest.raises(InputError, match=r"agent|knob") as refused:
        check_agent(agent)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("rule", LEARNERS)
def test_a_learner_has_one_canonical_text(rule: str) -> None:
    assert canonical_agent(f"{rule}:{learner_defaults(rule)}") == rule
    assert canonical_agent(f"{rule}: rate=0.5, steps=100") == f"{rule}:rate=0.5,steps=100"
    assert canonical_agent("planner") == "planner"
    assert learner_defaults("planner") == ""


@pytest.mark.parametrize("schedule", ["constant", "linear", "visits"])
@pytest.mark.parametrize("knob", ["rate", "explore"])
def test_every_schedule_learns_and_none_is_another(knob: str, schedule: str) -> None:
    def values(chosen: str) -> Floats:
        agent = f"q_learning:steps=800,{knob}=0.3,{knob}_schedule={chosen}"
        return learnt("whisky_small/biased", agent, 2).values

    real = np.isfinite(values(schedule))
    for other in {"constant", "linear", "visits"} - {schedule}:
        assert not np.allclose(values(schedule)[real], values(other)[real])


def test_a_setting_without_tables_is_refused() -> None:
    with pytest.raises(InputError, match=r"'sarsa' learns from tables.*take 'planner'"):
        train("tomato_watering/original", "naive", training_of("sarsa"), [1])


def test_a_design_that_chooses_by_chance_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(
        "class Even:\n"
        "    def __call__(self, mdp):\n"
        "        return mdp\n"
        "    def chances(self, mdp, solution):\n"
        "        return 1 / (mdp.first_pair[1:] - mdp.first_pair[:-1])[mdp.pair_state]\n"
        "even = Even()\n"
    )
    with pytest.raises(InputError, match="chooses by chance"):
        train("boat_race/original", f"{path}:even", training_of("sarsa"), [1])
