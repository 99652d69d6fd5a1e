"""Balance an agent so that the exchange of its payload is nothing to fight for.

Source: Holtman 2020, AGI Agent Safety by Iteratively Improving the Utility Function, theorem S1.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from agents.solver import Solution
from oversight.published.figure import Figure
from oversight.published.sums import solved
from sandbox.action import Action
from sandbox.mdp import TabularMDP
from tasks.games.game import State
from tasks.games.payload import BUILDS, DAYS, WORLDS, Day, Payload, World

TIE = 1e-9
WORLDS_DRAWN, SEED = 25, 7


def best_actions(mdp: TabularMDP, solution: Solution) -> dict[str, set[Action]]:
    """Return every action that is best, by place; those of a stopped game are not asked for."""
    return {
        mdp.states[state].place: {
            mdp.actions[int(mdp.pair_action[pair])]
            for pair in mdp.pairs(state)
            if solution.q[pair] > solution.value[state] - TIE
        }
        for state in range(len(mdp.states))
        if solution.policy[state] >= 0
    }


class Balanced(NamedTuple):
    """Count the places of a balanced world in which theorem S1 does not hold.

    Attributes:
        places: that were looked at.
        actions: where the best actions are not those of an agent that believes that the terminal
            never changes.
        values: where the value is not that of the payload that is held.
    """

    places: int
    actions: int
    values: int


def balanced(pays: Sequence[float], turns: float) -> Balanced:
    """Hold one world against theorem S1.

    Args:
        pays: of electric and petrol cars, by the payload petrol, then by the payload electric.
        turns: chance, a day, that the person turns from petrol to electric.
    """
    petrol, electric = (dict(zip(BUILDS, pays[n : n + 2], strict=True)) for n in (0, 2))
    payloads = {"petrol": petrol, "electric": electric, "off": dict.fromkeys(BUILDS, 0.0)}
    task = Payload("drawn", World(payloads, turns, balanced=True))
    mdp, solution = solved(task)
    found = best_actions(mdp, solution)
    still = best_actions(*solved(Payload("still", task.world._replace(turns=0.0))))
    actions, values = set(), set()
    for place, best in found.items():
        day, state = task.days[place], State(place)
        worth = {
            one: task.world.payloads[day.terminal].get(one, 0.0) for one in task.actions(state)
        }
        believed = {one for one, pay in worth.items() if pay == max(worth.values())}
        if best != believed or best != still.get(place, best):
            actions.add(place)
        held = task.world.best(day.payload, DAYS - day.number)
        if abs(solution.value[mdp.index[state]] - held) > TIE:
            values.add(place)
    return Balanced(len(found), len(actions), len(values))


@cache
def drawn() -> Balanced:
    """Return the counts over worlds drawn at random."""
    chance = np.random.default_rng(SEED)
    ones = [
        balanced([float(pay) for pay in chance.integers(-5, 6, size=4)], chance.uniform(0.01, 0.99))
        for _ in range(WORLDS_DRAWN)
    ]
    return Balanced(*map(sum, zip(*ones, strict=True)))


def last_balance() -> float:
    """Return the balancing term on the last day, the person wanting electric cars."""
    return WORLDS["balanced"].balance(Day(DAYS - 1, "electric", "electric", "petrol"))


PAPER = "Holtman 2020, the payloads P and E"
THEOREM = "Holtman 2020, theorem S1"
FIGURES = (
    Figure("V of petrol, a day", 2.0, lambda: WORLDS["balanced"].best("petrol", 1), 1e-12, PAPER),
    Figure("V of electric", 1.0, lambda: WORLDS["balanced"].best("electric", 1), 1e-12, PAPER),
    Figure("balancing term", 1.0, last_balance, 1e-12, PAPER),
    Figure(
        f"places of {WORLDS_DRAWN} worlds with other best actions than believing in no change",
        0,
        lambda: drawn().actions,
        0.0,
        THEOREM,
    ),
    Figure(
        f"places of {WORLDS_DRAWN} worlds with another value than the held payload's",
        0,
        lambda: drawn().values,
        0.0,
        THEOREM,
    ),
)
