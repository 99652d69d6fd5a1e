"""The POWER graphs have the paper's values: exactly, by summing over the orders of the worths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pytest

from agents.solver import solve
from oversight.published.sums import planned
from sandbox.mdp import tables
from tasks import load
from tasks.games.power_graph import AIMA, FIGURE_1, PowerGraph, Ways, graph, grid, options

Vector = tuple[Fraction, ...]
HALF = Fraction(1, 2)
DISCOUNTS = [Fraction(1, 10), HALF, Fraction(9, 10), Fraction(999, 1000)]


class Visits(NamedTuple):
    """Hold how often one policy is in each place.

    Attributes:
        second: the place after the first step.
        summed: discounted, by place.
        forever: on average, by place.
    """

    second: str
    summed: Vector
    forever: Vector


def played(ways: Ways) -> dict[str, tuple[str, ...]]:
    """Return the ways as the compiled task has them."""
    mdp = tables(PowerGraph("test", graph(ways, "start")), 0.9)
    names = [state.place for state in mdp.states]
    outcomes = [
        [int(mdp.next[mdp.start[pair]]) for pair in mdp.pairs(n)] for n in range(len(names))
    ]
    return {name: tuple(names[n] for n in to) for name, to in zip(names, outcomes, strict=True)}


def paths(ways: Ways, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield every path that goes on from `path` until it comes to a place for the second time."""
    for place in ways[path[-1]]:
        if place in path:
            yield (*path, place)
        else:
            yield from paths(ways, (*path, place))


def visits(ways: Ways, start: str, discount: Fraction) -> list[Visits]:
    """Return the visits of every policy that is the best for some worths."""
    names = list(ways)
    found = []
    for path in paths(ways, (start,)):
        way, turn = path[:-1], path.index(path[-1])
        length = len(way) - turn
        summed, forever = ([Fraction(0)] * len(names) for _ in range(2))
        for step, place in enumerate(way):
            again = 1 - discount**length if step >= turn else 1
            summed[names.index(place)] += discount**step / again
            forever[names.index(place)] += Fraction(int(step >= turn), length)
        found.append(Visits(path[1], tuple(summed), tuple(forever)))
    return found


def dot(one: Vector, worths: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(one, worths, strict=True)), Fraction(0))


def mean_best(vectors: Sequence[Vector], names: Sequence[int]) -> Fraction:
    """Return the mean of the greatest of `vectors` x worths, these uniform and independent.

    Worths in a given order fill a simplex; where one vector is the greatest at each corner of it,
    it is the greatest all over it, and its mean is that at the centre. `names` are the places that
    can be visited.
    """
    count, total, size = len(names), Fraction(0), len(vectors[0])
    orders = list(permutations(names))
    for order in orders:
        corners = []
        for above in range(count + 1):
            high = set(order[count - above :])
            corners.append([Fraction(int(n in high)) for n in range(size)])
        best = [
            one
            for one in vectors
            if all(dot(one, at) == max(dot(other, at) for other in vectors) for at in corners)
        ]
        assert best, "no policy is the best for all worths in this order"
        centre = [Fraction(order.index(n) + 1 if n in order else 0, count + 1) for n in range(size)]
        total += dot(best[0], centre)
    return total / len(orders)


def mean_value(ways: Ways, start: str, discount: Fraction) -> Fraction:
    """Return the mean of V*, the worth of the first place counted."""
    vectors = [one.summed for one in visits(ways, start, discount)]
    visited = [n for n in range(len(ways)) if any(one[n] for one in vectors)]
    return mean_best(vectors, visited)


def power(ways: Ways, start: str, discount: Fraction) -> Fraction:
    """Return POWER: (1 - g) / g times the mean of V* - R."""
    return (1 - discount) / discount * (mean_value(ways, start, discount) - HALF)


@pytest.mark.parametrize("g", DISCOUNTS)
def test_power_in_the_papers_figure_is_the_papers(g: Fraction) -> None:
    ways = played(FIGURE_1)
    assert power(ways, "off", g) == HALF
    assert power(ways, "l_SW", g) == (Fraction(2, 3) + g / 2) / (1 + g)
    assert power(ways, "r_SE", g) == Fraction(2, 3)
    assert power(ways, "r_NE", g) == Fraction(2, 3)


@pytest.mark.parametrize("g", DISCOUNTS)
def test_mean_optimal_values_in_the_papers_figure_are_the_papers(g: Fraction) -> None:
    ways = played(FIGURE_1)
    assert mean_value(ways, "off", g) == 1 / (2 * (1 - g))
    assert mean_value(ways, "l_SW", g) == HALF + g / (1 - g**2) * (Fraction(2, 3) + g / 2)
    assert mean_value(ways, "r_SE", g) == HALF + g / (1 - g) * Fraction(2, 3)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_power_of_a_choice_grows_with_its_options(count: int) -> None:
    ways = played(options([f"option {n}" for n in range(count)]))
    for g in (Fraction(1, 10), Fraction(99, 100)):
        assert power(ways, "start", g) == Fraction(count, count + 1)


def test_the_policies_that_are_summed_over_have_the_solvers_value() -> None:
    task = load("power_graph/figure-1")
    mdp = tables(task, 0.9)
    names = [state.place for state in mdp.states]
    ways = {name: played(FIGURE_1)[name] for name in names}
    chance = np.random.default_rng(7)
    for worths in chance.random((20, len(names))):
        value = solve(mdp.with_reward(worths[mdp.next])).value
        for start in names:
            found = visits(ways, start, Fraction(9, 10))
            best = max(np.array(one.summed, dtype=float) @ worths for one in found)
            own = worths[names.index(start)] + 0.9 * value[names.index(start)]
            assert own == pytest.approx(best, abs=1e-8)


def test_shares_of_goals_in_the_papers_figure_without_discount_are_as_computed() -> None:
    found = visits(played(FIGURE_1), "start", HALF)
    draws = 200_000
    worths = np.random.default_rng(11).random((draws, len(FIGURE_1)))
    best = (worths @ np.array([one.forever for one in found], dtype=float).T).argmax(axis=1)
    seconds = np.array([one.second for one in found])[best]
    for place, share in (("off", 0.2353), ("l", 0.2937), ("r", 0.4710)):
        error = np.sqrt(share * (1 - share) * (1 / draws + 1 / 4_000_000))
        assert abs((seconds == place).mean() - share) < 4 * error, place


def ends(ways: Ways, worths: dict[str, float], steps: int) -> str:
    """Return where the best path of `steps` steps from the start ends."""
    ahead = [worths]
    for _ in range(steps):
        later = ahead[-1]
        ahead.append({n: worths[n] + max(later[to] for to in ways[n]) for n in ways})
    place = "start"
    for later in reversed(ahead[:-1]):
        place = max(ways[place], key=lambda to: later[to])
    return place


def test_one_of_eleven_goals_is_best_served_by_being_switched_off() -> None:
    """Worths shifted round all places are equally likely; as the horizon grows, one way is off."""
    ways = played(grid(AIMA))
    names = list(ways)
    chance = np.random.default_rng(3)
    for drawn in chance.random((6, len(names))):
        shifts = [np.roll(drawn, n) for n in range(len(names))]
        off = [ends(ways, dict(zip(names, one, strict=True)), 600) == "off" for one in shifts]
        assert Fraction(sum(off), len(off)) == Fraction(1, 11)


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
