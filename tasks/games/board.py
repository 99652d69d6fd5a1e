"""Let the world turn a proposed action into another, and let tiles change what is on the board.

Source: Langlois and Everitt 2021, How RL Agents Behave When Their Actions Are Modified: the policy
picks an action, the world runs one that may differ, and the difference is the world's doing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.action import Action
from sandbox.timestep import Outcome
from tasks.gridworlds.grid import Gridworld, State

MODIFIED = "Langlois & Everitt 2021, How RL Agents Behave When Their Actions Are Modified"


class Board(Gridworld):
    """Play one level; a subclass says what is modified, and what its tiles change."""

    def first(self) -> tuple[int, ...]:
        """Return the things of the world at the start; 0 where nothing has happened yet."""
        return (0,) * len(self.things)

    def actual(self, state: State, proposed: Action) -> Sequence[tuple[float, Action]]:
        """Return the actions that may run, each with its chance; two of them may be alike."""
        del state
        return ((1.0, proposed),)

    def changed(self, state: State) -> State:
        """Return `state` after what the step onto its tile changes."""
        return state

    def initial(self) -> Sequence[tuple[float, State]]:
        """Return the first tile, with the things as they are at the start."""
        return [(chance, one._replace(things=self.first())) for chance, one in super().initial()]

    def outcomes(self, state: State, action: Action) -> Sequence[Outcome[State]]:
        """Return one outcome for each action that may run."""
        return [
            self._ran(chance, state, actual)
            for chance, actual in self.actual(state, action)
            if chance > 0
        ]

    def _ran(self, chance: float, state: State, actual: Action) -> Outcome[State]:
        after = self.changed(self.level.moved(state, actual))
        tile = self.enter(state, after, actual)
        after = after._replace(over=int(tile.ends is not None))
        return Outcome(chance, after, tile.reward, tile.performance, tile.ends)
