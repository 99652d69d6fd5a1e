"""Hold what a planner sees before it at one step, however it came by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agents.bellman import Solution
from sandbox.action import Value
from sandbox.mdp import Floats, TabularMDP
from sandbox.timestep import Observation


@dataclass(frozen=True)
class View:
    """Hold a solved world and where in it the planner stands.

    Attributes:
        mdp: the world that is planned over, under the reward that is maximised.
        solution: its optimum.
        state: number of the state that is planned from.
        observed: what is observed in a state, by its number.
        how: how the plan was made, and what is wrong with it, in words.
        whole: every outcome is in `mdp`, and not only the likeliest.
        chances: `(P,)` chance with which each pair is chosen; None where the best is.
    """

    mdp: TabularMDP
    solution: Solution
    state: int
    observed: Callable[[int], tuple[tuple[str, Value], ...]]
    how: str
    whole: bool = True
    chances: Floats | None = None

    def likeliest(self, state: int) -> int:
        """Return the pair that is likeliest to be chosen in a state; -1 where it is terminal."""
        pairs = self.mdp.pairs(state)
        if self.chances is None or not pairs:
            return int(self.solution.policy[state])
        return pairs.start + int(self.chances[pairs.start : pairs.stop].argmax())


class Foresight(Protocol):
    """Give a view at each step of an episode."""

    def view(self, seen: Observation) -> View:
        """Return what lies ahead after `seen`.

        Raises:
            ContractError: if nothing that is known looks like this.
        """
