"""Average over all goals how well a place serves them, and which way they go from it.

POWER(s, g) is (1 - g) / g times the mean of V*(s) - R(s), the worths R drawn uniformly from [0, 1]
and independently. It is found twice: exactly, in fractions, by summing over the orders that the
worths can be in; and by drawing worths.

Source: Turner, Smith, Shah, Critch and Tadepalli 2021, Optimal Policies Tend to Seek Power.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache, partial
from itertools import permutations
from typing import NamedTuple, SupportsFloat

import numpy as np

from oversight.published.effort import Effort
from oversight.published.figure import Figure
from oversight.published.sums import compiled
from sandbox.errors import ContractError
from sandbox.mdp import Floats, TabularMDP, tables
from tasks.games.power_graph import PowerGraph, Ways, graph, options

Vector = tuple[Fraction, ...]
HALF = Fraction(1, 2)
TINY = Fraction(1, 10**12)
"""How far a discount is from the end that it stands for."""
CHUNK, SEED = 100_000, 11


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


def ways_of(mdp: TabularMDP) -> Ways:
    """Return where each place leads, as the compiled game has it.

    Raises:
        ContractError: where a move is left to chance.
    """
    if len(mdp.next) != len(mdp.pair_state):
        raise ContractError("a graph of ways has one outcome a move")
    names = [state.place for state in mdp.states]
    return {
        name: tuple(names[int(mdp.next[pair])] for pair in mdp.pairs(number))
        for number, name in enumerate(names)
    }


@cache
def figure_1() -> Ways:
    """Return the ways of the paper's Figure 1."""
    return ways_of(compiled("power_graph/figure-1"))


@cache
def waiting() -> Ways:
    """Return the ways of the wait: candy now, or chocolate or a hug later."""
    return ways_of(compiled("keep_waiting"))


@cache
def choice(count: int) -> Ways:
    """Return the ways of a choice, for good, from so many options."""
    task = PowerGraph("options", graph(options([f"option {n}" for n in range(count)]), "start"))
    return ways_of(tables(task, task.spec.discount))


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
    """Return what the visits `one` are worth."""
    return sum((a * b for a, b in zip(one, worths, strict=True) if a), Fraction(0))


def mean_best(vectors: Sequence[Vector], names: Sequence[int]) -> Fraction:
    """Return the mean of the greatest of `vectors` x worths, these uniform and independent.

    Worths in a given order fill a simplex; where one vector is the greatest at each corner of it,
    it is the greatest all over it, and its mean is that at the centre. `names` are the places that
    can be visited.

    Raises:
        ContractError: where no vector is the greatest all over a simplex.
    """
    count, total, size = len(names), Fraction(0), len(vectors[0])
    orders = list(permutations(names))
    for order in orders:
        best = set(range(len(vectors)))
        for above in range(count + 1):
            high = set(order[count - above :])
            worth = [dot(one, [Fraction(int(n in high)) for n in range(size)]) for one in vectors]
            best &= {n for n, one in enumerate(worth) if one == max(worth)}
        if not best:
            raise ContractError("no policy is the best for all worths in this order")
        centre = [Fraction(order.index(n) + 1 if n in order else 0, count + 1) for n in range(size)]
        total += dot(vectors[min(best)], centre)
    return total / len(orders)


def mean_value(ways: Ways, start: str, discount: Fraction) -> Fraction:
    """Return the mean of V*, the worth of the first place counted."""
    vectors = [one.summed for one in visits(ways, start, discount)]
    visited = [n for n in range(len(ways)) if any(one[n] for one in vectors)]
    return mean_best(vectors, visited)


def power(ways: Ways, start: str, discount: Fraction) -> Fraction:
    """Return POWER, exactly."""
    return (1 - discount) / discount * (mean_value(ways, start, discount) - HALF)


def going_on(discount: Fraction) -> Fraction:
    """Return the share of goals for which the candy is waited past, exactly.

    What is to be had from the hall on, times 1 - g, is a mean of worths and so within [0, 1]; that
    the candy, uniform there and independent of it, is worth less has just that chance.
    """
    return (1 - discount) * mean_value(waiting(), "hall", discount)


# The same, by drawing worths.


def drawn(vectors: Floats, goals: int) -> Iterator[Floats]:
    """Yield, block by block of so many goals, `(G, V)`: what each vector `(V, S)` is worth."""
    used = vectors[:, vectors.any(axis=0)]
    chance = np.random.default_rng(SEED)
    for _ in range(0, goals, CHUNK):
        yield chance.random((CHUNK, used.shape[1])) @ used.T


def shares(vectors: Floats, found: Sequence[Visits], goals: int) -> dict[str, float]:
    """Return for which share of drawn goals the best policy goes where in its first step."""
    hits = np.zeros(len(found))
    for worth in drawn(vectors, goals):
        hits += np.bincount(worth.argmax(axis=1), minlength=len(found))
    goes: dict[str, float] = {}
    for one, often in zip(found, hits / goals, strict=True):
        goes[one.second] = goes.get(one.second, 0.0) + float(often)
    return goes


def gains(ways: Ways, start: str, discount: Fraction) -> Floats:
    """Return `(V, S)`, (1 - g) / g times the visits after the first, of every policy."""
    here = list(ways).index(start)
    scale = (1 - discount) / discount
    return np.array(
        [
            [float(scale * (often - int(n == here))) for n, often in enumerate(one.summed)]
            for one in visits(ways, start, discount)
        ]
    )


def drawn_power(ways: Ways, start: str, discount: Fraction, goals: int) -> float:
    """Return POWER, on average over goals that are drawn."""
    blocks = [worth.max(axis=1).mean() for worth in drawn(gains(ways, start, discount), goals)]
    return float(np.mean(blocks))


def drawn_going_on(discount: Fraction, goals: int) -> float:
    """Return the share of drawn goals for which the candy is waited past."""
    ways = waiting()
    return shares(gains(ways, "start", discount), visits(ways, "start", discount), goals)["hall"]


@cache
def undiscounted(goals: int) -> dict[str, float]:
    """Return which share of drawn goals goes which way in Figure 1, as g goes to 1."""
    found = visits(figure_1(), "start", HALF)  # what is had for ever hangs on no discount
    return shares(np.array([one.forever for one in found], dtype=float), found, goals)


# The grid, as the horizon grows.

SHIFTED, STEPS = 6, 600
"""Goals that are drawn and shifted round all places, and steps until what is left of them rules."""


def ends(ways: Ways, worths: Mapping[str, float], steps: int) -> str:
    """Return where the best path of `steps` steps from the start ends."""
    ahead = [dict(worths)]
    for _ in range(steps):
        later = ahead[-1]
        ahead.append({n: worths[n] + max(later[to] for to in ways[n]) for n in ways})
    place = "start"
    for later in reversed(ahead[:-1]):
        place = max(ways[place], key=later.__getitem__)
    return place


@cache
def shares_off() -> list[Fraction]:
    """Return the share of the shifts of each drawn goal that is best served by being off.

    Worths shifted round all places are equally likely; as the horizon grows, one shift is off.
    """
    ways = ways_of(compiled("power_graph/aima"))
    names = list(ways)
    found = []
    for worths in np.random.default_rng(3).random((SHIFTED, len(names))):
        shifts = [np.roll(worths, n) for n in range(len(names))]
        off = [ends(ways, dict(zip(names, one, strict=True)), STEPS) == "off" for one in shifts]
        found.append(Fraction(sum(off), len(off)))
    return found


TURNER = "Turner et al. 2021"
FIGURE_3 = f"{TURNER}, Figure 3"
WAIT = f"{TURNER}, the wait"
DERIVED = f"(3 + g) / 6, derived from {WAIT}"
POST = f"{TURNER}, the authors' post"
EXACT = 1e-9
OTHERS = 4_000_000
"""Goals that were drawn apart from this code for Figure 1, printed to four digits."""
DISCOUNTS, DRAWN = (0.1, 0.5, 0.9, 0.999), (0.1, 0.9)


def _published(g: float) -> dict[str, tuple[float, float]]:
    """Return POWER and the mean optimal value of places in Figure 1, by the paper's formulas."""
    left, right = (2 / 3 + g / 2) / (1 + g), 2 / 3
    return {
        "off": (1 / 2, 1 / (2 * (1 - g))),
        "l_SW": (left, 1 / 2 + g / (1 - g**2) * (2 / 3 + g / 2)),
        "r_SE": (right, 1 / 2 + g / (1 - g) * right),
    }


Measure = Callable[[Ways, str, Fraction], SupportsFloat]


def _of(
    ways: Callable[[], Ways], measure: Measure, start: str, g: Fraction
) -> Callable[[], SupportsFloat]:
    """Return the call that measures a place of a graph, which is not compiled before."""
    return lambda: measure(ways(), start, g)


def _figure_1(g: float) -> Iterator[Figure]:
    for place, (had, value) in _published(g).items():
        found = partial(_of, figure_1, start=place, g=Fraction(str(g)))
        yield Figure(f"POWER({place}), g={g}", had, found(power), EXACT, FIGURE_3)
        yield Figure(f"mean V*({place}), g={g}", value, found(mean_value), EXACT, FIGURE_3)


EXACTLY = (
    *(one for g in DISCOUNTS for one in _figure_1(g)),
    *(
        Figure(
            f"POWER of a choice from {count}, g={g}",
            count / (count + 1),
            _of(partial(choice, count), power, "start", Fraction(str(g))),
            EXACT,
            TURNER,
        )
        for count in (1, 2, 3, 4)
        for g in (0.1, 0.99)
    ),
    Figure("wait past the candy, g=0", 1 / 2, partial(going_on, Fraction(0)), EXACT, WAIT),
    Figure("wait past the candy, g to 1", 2 / 3, partial(going_on, 1 - TINY), EXACT, WAIT),
    *(
        Figure(
            f"wait past the candy, g={g}",
            (3 + g) / 6,
            partial(going_on, Fraction(str(g))),
            EXACT,
            DERIVED,
        )
        for g in (0.1, 0.5, 0.9)
    ),
    Figure(
        "goals best served by being off in the 4 x 3 grid, g to 1",
        1 / 11,
        lambda: sum(shares_off()) / SHIFTED,
        EXACT,
        POST,
    ),
)


def near(goals: int, others: float = math.inf) -> float:
    """Return four deviations, at most, of a share of drawn goals from one of `others`."""
    return 2.0 * math.sqrt(1.0 / goals + 1.0 / others)


def figures(effort: Effort) -> tuple[Figure, ...]:
    """Return what is found exactly, and the same by drawing goals."""
    return (*EXACTLY, *_sampled(effort.goals))


def _sampled(goals: int) -> Iterator[Figure]:
    draws, tolerance = f"{goals} draws", near(goals)
    measure = partial(drawn_power, goals=goals)
    for g in DRAWN:
        for place, (had, _) in _published(g).items():
            found = _of(figure_1, measure, place, Fraction(str(g)))
            yield Figure(f"POWER({place}), g={g}, {draws}", had, found, tolerance, FIGURE_3)
    name, past = f"wait past the candy, g=0.5, {draws}", partial(drawn_going_on, HALF, goals)
    yield Figure(name, (3 + 0.5) / 6, past, tolerance, DERIVED)
    for end, near_end, figure in ((0, TINY, 2 / 3), (1, 1 - TINY, 3 / 4)):
        name = f"mean optimal reward of the wait, g to {end}, {draws}"
        yield Figure(name, figure, _of(waiting, measure, "start", near_end), tolerance, WAIT)
    for place, figure in (("off", 0.2353), ("l", 0.2937), ("r", 0.4710)):
        yield Figure(
            f"goals that go {place} in Figure 1, g to 1, {draws}",
            figure,
            partial(_going, place, goals),
            near(goals, OTHERS) + 0.00005,
            f"{TURNER}, Figure 1, computed apart from this code by drawing",
        )


def _going(place: str, goals: int) -> float:
    return undiscounted(goals)[place]
