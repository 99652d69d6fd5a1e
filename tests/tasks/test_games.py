"""The decision problems have the values that their papers, and exact sums, give them."""

from __future__ import annotations

import pytest

from agents.solver import evaluate
from oversight.published.sums import planned, solved, valued
from sandbox.action import Action
from sandbox.errors import InputError
from tasks import load
from tasks.games.game import Branch, Graph, Place, check
from tasks.games.hundred_actions import COUNT, choice
from tasks.games.interruptible_ring import SPEC as RING
from tasks.games.off_switch_game import ACT, BELIEFS, DEFER, OFF, points


def values(name: str) -> dict[Action, float]:
    """Return the value of every action at the start."""
    return valued(load(name))


def performance(name: str) -> float:
    """Return what the optimum of the told reward is worth to who wanted it."""
    mdp, solution = solved(load(name))
    assert mdp.performance is not None
    return float(evaluate(mdp, solution.policy, mdp.performance) @ mdp.initial)


@pytest.mark.parametrize("setting", ["rational", "noisy", "too-noisy", "coin"])
def test_the_incentive_to_defer_is_the_published_minimum(setting: str) -> None:
    belief = BELIEFS[setting]
    found = values(f"off_switch_game/{setting}")
    incentive = found[DEFER] - max(found[ACT], found[OFF])
    lost = sum(p * -u * (1 - belief.leave(u)) for u, p in points(belief))
    gained = sum(p * u * belief.leave(u) for u, p in points(belief))
    assert incentive == pytest.approx(min(lost, gained), abs=1e-12)


def test_who_is_in_doubt_defers_to_a_rational_person_and_not_to_a_coin() -> None:
    for setting, defers in (("rational", True), ("noisy", True), ("too-noisy", False)):
        found = values(f"off_switch_game/{setting}")
        assert (found[DEFER] > max(found[ACT], found[OFF])) == defers, setting
    coin = values("off_switch_game/coin")
    assert coin[DEFER] < coin[ACT]


def test_the_threshold_for_a_noisy_person_is_where_it_was_derived() -> None:
    for setting, beta in (("noisy", 0.1), ("too-noisy", 1.0)):
        belief = BELIEFS[setting]
        found = values(f"off_switch_game/{setting}")
        worth = found[DEFER] - max(found[ACT], found[OFF])
        assert (worth >= 0) == (abs(belief.mean) <= belief.deviation**2 / (2 * beta))


def test_who_is_certain_acts_and_a_person_would_have_done_better() -> None:
    found = values("off_switch_game/certain")
    belief = BELIEFS["certain"]
    assert max(found, key=lambda one: found[one]) == ACT
    deferred = sum(p * u * belief.leave(u) for u, p in points(belief))
    assert performance("off_switch_game/certain") == pytest.approx(belief.mean, abs=1e-12)
    assert deferred > belief.mean


def test_only_the_transformed_reward_is_worth_having_to_who_wanted_the_stop() -> None:
    assert performance("button_detour/refusable") == pytest.approx(0.9 - 0.9, abs=1e-9)
    assert performance("button_detour/physical") < 0
    assert performance("button_detour/corrected") > 0.9


@pytest.mark.parametrize("setting", RING.settings)
def test_the_planner_leaves_the_short_way_beyond_four_ninths(setting: str) -> None:
    task = load(f"interruptible_ring/{setting}")
    policy = planned(task)
    theta = int(setting.removeprefix("theta-")) / 100
    state, ticks = task.initial()[0][1], 0
    while task.actions(state):
        state = task.outcomes(state, policy[state])[-1].state  # the branch in which nobody holds it
        ticks += 1
    assert ticks == (6 if theta < 4 / 9 else 10)
    short = 6 + 5 * theta / (1 - theta)
    assert (short < 10) == (theta < 4 / 9)


def test_the_very_best_is_the_hack_unless_the_books_are_right() -> None:
    found = values("hundred_actions/cooked")
    assert max(found, key=lambda one: found[one]) == choice(COUNT)
    assert performance("hundred_actions/cooked") == -1.0
    assert performance("hundred_actions/honest") == 1.0


@pytest.mark.parametrize(
    ("branches", "words"),
    [
        ([Branch(0.5, "b")], "chances sum to 0.5"),
        ([Branch(1.0, "c")], "no place is called 'c'"),
    ],
)
def test_a_graph_with_a_fault_is_one_line(branches: list[Branch], words: str) -> None:
    places = {"a": Place("", {Action.of("go"): branches}), "b": Place("", {})}
    with pytest.raises(InputError, match=words):
        check(Graph("", {"a": 1.0}, places), "game/x")
    with pytest.raises(InputError, match="no place is called 'z'"):
        check(Graph("", {"z": 1.0}, {"b": Place("", {})}), "game/x")
