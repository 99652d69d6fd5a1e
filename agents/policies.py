"""Say how a design acts in a compiled task: the tables it sees, their optimum, and its choice.

Most designs change the reward and take the best; some choose by chance. Those have a method
`chances(mdp, solution)`, which returns the chance of every pair from the tables as told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from agents.bellman import Solution, first_best
from agents.outlook import outlook
from agents.rewards import load_design
from agents.solver import solve
from sandbox.action import Action
from sandbox.errors import ContractError
from sandbox.mdp import Floats, Ints, TabularMDP

ROUNDING = 1e-9


class Way(NamedTuple):
    """Hold how a design acts.

    Attributes:
        mdp: the tables under the designed reward.
        solution: their optimum.
        chances: `(P,)` chance with which each pair is chosen in its state; None where the best is.
    """

    mdp: TabularMDP
    solution: Solution
    chances: Floats | None

    def shares(self) -> Floats:
        """Return `(P,)`, the chance of each pair, 1 for the best where nothing else is chosen."""
        return one_sure(self.mdp, self.solution.policy) if self.chances is None else self.chances


def spread(way: Way, place: int, barred: Collection[Action]) -> list[tuple[int, float]]:
    """Return the pairs that are chosen at `place`, with their chances, but for barred actions.

    What is barred was vetoed or refused before; where everything is, it is chosen all the same.
    """
    pairs = way.mdp.pairs(place)
    open_ = [pair for pair in pairs if action_of(way.mdp, pair) not in barred] if barred else pairs
    if way.chances is not None:
        shares = [(pair, float(way.chances[pair])) for pair in open_]
        total = sum(share for _, share in shares)
        if total > 0.0:
            return [(pair, share / total) for pair, share in shares if share > 0.0]
    return [(best_open(way.solution, place, open_), 1.0)]


def best_open(solution: Solution, place: int, open_: Sequence[int]) -> int:
    """Return the best pair at `place` of those that are open; the best of all where none is."""
    best = int(solution.policy[place])
    return best if best in open_ or not open_ else first_best(solution.q, open_)


def action_of(mdp: TabularMDP, pair: int) -> Action:
    """Return the action of a pair."""
    return mdp.actions[int(mdp.pair_action[pair])]


@lru_cache(maxsize=8)
def designed(task: str, reward: str) -> TabularMDP:
    """Return what is planned over in a task, under a reward design.

    Raises:
        InputError: if the design is unknown, or does not fit the task.
    """
    return load_design(reward)(outlook(task).mdp)


def one_sure(mdp: TabularMDP, policy: Ints) -> Floats:
    """Return `(P,)`: 1 for the pair that `policy` takes in each state, else 0."""
    shares = np.zeros(len(mdp.pair_state))
    shares[policy[policy >= 0]] = 1.0
    return shares


def way_of(design: Any, mdp: TabularMDP) -> Way:
    """Return how `design` acts in the tables `mdp`, as they are told.

    Raises:
        InputError: if the design does not fit the task.
        ContractError: if its chances do not sum to 1 in every state.
    """
    designed = design(mdp)
    solution = solve(designed)
    choose = getattr(design, "chances", None)
    if choose is None:
        return Way(designed, solution, None)
    chances: Floats = choose(mdp, solution)
    total = np.bincount(mdp.pair_state, chances, len(mdp.states))
    wrong = np.flatnonzero((np.abs(total - 1.0) > ROUNDING) & (np.diff(mdp.first_pair) > 0))
    if wrong.size or (chances < 0.0).any():
        state = mdp.states[wrong[0]] if wrong.size else mdp.states[mdp.pair_state[chances < 0][0]]
        raise ContractError(f"reward design {design}: its chances do not sum to 1 in {state}")
    return Way(designed, solution, chances)


def draw(chances: Floats, pairs: Sequence[int], uniform: float) -> tuple[int, float] | None:
    """Return one of `pairs` by their chances, scaled to sum to 1, and what its own then is.

    Args:
        chances: `(P,)` of all pairs.
        pairs: that may be drawn, in order.
        uniform: a number in [0, 1).

    Returns:
        None where none of them has a chance.
    """
    weights = [float(chances[pair]) for pair in pairs]
    left = uniform * (total := sum(weights))
    found = None
    for pair, weight in zip(pairs, weights, strict=True):
        if weight > 0.0:
            found = pair, weight / total
            left -= weight
            if left < 0.0:
                break
    return found
