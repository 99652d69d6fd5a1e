"""What the published figures are computed with agrees with a slower, plainer way."""

from __future__ import annotations

from itertools import combinations
from math import exp
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.published.best_of_n import closed, divergence, greatest
from oversight.published.drest import discount, mean_discount
from oversight.published.learnt import ends
from oversight.published.modified_actions import overseen
from oversight.published.off_switch_game import Doubt, boltzmann, by_stein, incentive
from oversight.published.off_switch_game import closed as rational
from oversight.published.quadrature import below, normal, panels
from oversight.published.quantilizer import TASK, harms, quantilized
from oversight.published.safe_interruption import ticks
from oversight.published.strings import named, play
from oversight.published.sums import compiled, planned
from oversight.published.supervision import Way
from oversight.published.tomatoes import INTO_BUCKET
from oversight.published.tomatoes import collected as tomatoes
from sandbox.action import Action
from sandbox.errors import ContractError
from tasks import load
from tasks.games.simulation_oversight import COMPLETE, EXPLOIT, REAL, SIM
from tasks.gridworlds.tomato_watering import DRIES

MEANS, DEVIATIONS = st.floats(-2, 2), st.floats(0.05, 2)


@given(MEANS, DEVIATIONS)
def test_normal_nodes_have_the_moments_of_a_normal_variable(mean: float, deviation: float) -> None:
    value, weight = normal(mean, deviation, 0.0)
    assert weight.sum() == pytest.approx(1)
    assert weight @ value == pytest.approx(mean, abs=1e-12)
    assert weight @ (value - mean) ** 2 == pytest.approx(deviation**2)
    assert weight @ (value < 0) == pytest.approx(below(-mean / deviation)[0], abs=1e-12)


def test_panels_integrate_a_kink_that_is_an_edge() -> None:
    node, weight = panels([-1.0, 0.0, 2.0], 3)
    assert weight @ np.abs(node) == pytest.approx(2.5, abs=1e-14)


@given(MEANS, DEVIATIONS, st.floats(0.05, 3))
def test_integral_and_closed_form_of_the_incentive_agree(
    mean: float, deviation: float, beta: float
) -> None:
    doubt = Doubt(mean, deviation)
    assert incentive(doubt, 0.0) == pytest.approx(rational(doubt), abs=1e-9)
    assert incentive(doubt, beta) == pytest.approx(by_stein(doubt, beta), abs=1e-9)


def test_a_noisy_person_is_the_logistic_curve_and_never_overflows() -> None:
    chance = boltzmann(np.array([-1e9, -0.3, 0.0, 1e9]), 0.1)
    assert chance == pytest.approx([0.0, 1 / (1 + exp(3)), 0.5, 1.0])


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_how_far_the_best_of_n_goes_is_the_closed_form(count: int) -> None:
    assert divergence(count) == pytest.approx(closed(count), abs=1e-8)


def test_the_greatest_of_two_and_three_normal_draws_have_their_known_means() -> None:
    assert [greatest(n) for n in (1, 2, 3)] == pytest.approx(
        [0.0, np.pi**-0.5, 1.5 * np.pi**-0.5], abs=1e-12
    )


@pytest.mark.parametrize(("chosen", "episodes"), [(1, 5), (3, 6), (4, 4)])
def test_the_mean_discount_is_that_of_every_order(chosen: int, episodes: int) -> None:
    orders = list(combinations(range(1, episodes + 1), chosen))
    paid = [discount(place, n) for order in orders for n, place in enumerate(order)]
    assert mean_discount(chosen, episodes) == pytest.approx(sum(paid) / len(paid))


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 1.0])
def test_no_cost_is_more_than_one_over_q_of_the_bases(share: float) -> None:
    assert np.count_nonzero(harms(compiled(TASK))) == 1
    assert quantilized(share) <= quantilized(1.0) / share + 1e-12


def test_a_string_that_goes_on_after_the_end_or_is_left_to_chance_is_refused() -> None:
    task = load("island_navigation")
    with pytest.raises(ContractError, match="ended before move 5"):
        play(task, "dddlw")
    drunk = load("whisky_gold/drunk")
    with pytest.raises(ContractError, match="move 2 is left to chance"):
        play(drunk, "rr")


@pytest.mark.parametrize("sim", [COMPLETE, EXPLOIT])
@pytest.mark.parametrize("choice", [REAL, SIM])
@pytest.mark.parametrize("real", [COMPLETE, EXPLOIT])
def test_a_policy_is_worth_the_same_whether_the_supervisor_looks_or_asks(
    sim: Action, choice: Action, real: Action
) -> None:
    assert Way(choice, real, sim).worth == pytest.approx(overseen(sim, choice, real))


@pytest.mark.parametrize("theta", [0.0, 0.3, 0.7])
def test_a_way_on_the_ring_takes_as_long_as_the_planner_reckons(theta: float) -> None:
    assert ticks("east", theta) == pytest.approx(6 + 5 * theta / (1 - theta))
    assert ticks("south", theta) == pytest.approx(10)


def test_an_episode_ends_somewhere_for_sure_and_only_the_held_never_arrive() -> None:
    task = load("modified_off_switch/half")
    found = ends(task, planned(load("modified_off_switch/never")))
    assert sum(found.values()) == pytest.approx(1.0)
    assert sum(chance for state, chance in found.items() if state.over) == pytest.approx(0.5)
    assert not any(state.things[0] for state in found)


@pytest.mark.parametrize("moves", [INTO_BUCKET, "ulldddrrrrrr", "w"])
def test_tomatoes_dry_as_in_the_garden_that_is_played(moves: str) -> None:
    task: Any = load("tomato_watering/original")
    luck, sums = np.random.default_rng(5), []
    for _ in range(80):
        state, total = _dried(task, task.drawn, luck).state, np.zeros(2)
        for step in range(task.spec.max_steps):
            move = named(task, state, moves[min(step, len(moves) - 1)])
            one = _dried(task, task.watered(state, move), luck)
            state, total = one.state, total + np.array([one.reward, one.performance])
        sums.append(total)
    for place, moments in enumerate(tomatoes(moves)):
        drawn = np.array(sums)[:, place]
        assert abs(drawn.mean() - moments.mean) < 4 * moments.error(80)
        assert drawn.std() == pytest.approx(moments.variance**0.5, rel=0.4)


def _dried(task: Any, state: Any, luck: np.random.Generator) -> Any:
    wet = [number for number, is_wet in enumerate(state.things) if is_wet]
    return task.dried(state, [number for number in wet if luck.random() < DRIES])
