"""A random world with a clock: nothing is left to chance, and each state tells its age."""

from __future__ import annotations

import numpy as np

from sandbox.action import Action
from sandbox.mdp import TabularMDP, compile_task
from sandbox.timestep import Outcome, TerminationReason

State = tuple[int, int]
"""Age, and number among the states of that age."""


class Layered:
    """Lead from each age to the next; an episode ends here and there, and at `deepest` anyway."""

    width, acts = 3, 3

    def __init__(self, seed: int, deepest: int = 5, starts: int = 1) -> None:
        rng = np.random.default_rng(seed)
        size = (deepest, self.width, self.acts)
        self.deepest, self.starts = deepest, starts
        self.to, self.pays = rng.integers(self.width, size=size), rng.integers(4, size=size)
        self.ends = rng.random(size) < 0.3

    def initial(self) -> list[tuple[float, State]]:
        return [(1 / self.starts, (0, one)) for one in range(self.starts)]

    def actions(self, state: State) -> list[Action]:
        return [Action.of(f"a{n}") for n in range(self.acts)] if state[0] < self.deepest else []

    def outcomes(self, state: State, action: Action) -> list[Outcome[State]]:
        place = (*state, int(action.name[1:]))
        over = bool(self.ends[place]) or state[0] + 1 == self.deepest
        after = (self.deepest, 0) if over else (state[0] + 1, int(self.to[place]))
        reason = TerminationReason.GOAL if over else None
        return [Outcome(1.0, after, float(self.pays[place]), 0.0, reason)]

    def stopped(self, state: State) -> bool:
        return False

    def unstopped(self, state: State) -> State:
        return state


def layered(seed: int, starts: int = 1) -> TabularMDP:
    return compile_task(Layered(seed, starts=starts), 0.9).without_performance()
