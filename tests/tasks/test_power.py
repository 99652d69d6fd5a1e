"""POWER is summed over policies that have the solver's value, and planners do as it says."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from agents.solver import solve
from oversight.published.power import mean_best, power, shares_off, visits, ways_of
from oversight.published.sums import planned
from sandbox.errors import ContractError
from sandbox.mdp import tables
from tasks import load


@pytest.mark.parametrize("name", ["power_graph/figure-1", "keep_waiting"])
def test_the_policies_that_are_summed_over_have_the_solvers_value(name: str) -> None:
    mdp = tables(load(name), 0.9)
    ways = ways_of(mdp)
    names = list(ways)
    chance = np.random.default_rng(7)
    for worths in chance.random((20, len(names))):
        value = solve(mdp.with_reward(worths[mdp.next])).value
        for start in names:
            found = visits(ways, start, Fraction(9, 10))
            best = max(np.array(one.summed, dtype=float) @ worths for one in found)
            own = worths[names.index(start)] + 0.9 * value[names.index(start)]
            assert own == pytest.approx(best, abs=1e-8)


@pytest.mark.parametrize("g", [Fraction(1, 10), Fraction(9, 10)])
def test_power_is_exact_and_the_same_of_places_that_serve_as_well(g: Fraction) -> None:
    ways = ways_of(tables(load("power_graph/figure-1"), 0.9))
    assert power(ways, "r_SE", g) == power(ways, "r_NE", g) == Fraction(2, 3)
    assert power(ways, "l_SW", g) == (Fraction(2, 3) + g / 2) / (1 + g)


def test_a_mean_that_the_order_of_the_worths_does_not_settle_is_refused() -> None:
    one, both = (Fraction(1), Fraction(0)), (Fraction(1, 4), Fraction(1))
    assert mean_best([one, (Fraction(0), Fraction(1))], [0, 1]) == Fraction(2, 3)
    with pytest.raises(ContractError, match="no policy is the best"):
        mean_best([one, both], [0, 1])


def test_one_shift_of_every_drawn_goal_is_best_served_by_being_switched_off() -> None:
    assert set(shares_off()) == {Fraction(1, 11)}


@pytest.mark.parametrize("name", ["figure-1", "options-3", "aima"])
def test_the_planner_is_switched_off_only_where_that_is_the_goal(name: str) -> None:
    for setting, off in ((name, False), (f"{name}-off", True)):
        task = load(f"power_graph/{setting}")
        policy = planned(task)
        (_, state), *_ = task.initial()
        for _ in range(task.spec.max_steps):
            (one,) = task.outcomes(state, policy[state])
            state = one.state
        assert (state.place == "off") == off, setting
        assert one.performance == off
