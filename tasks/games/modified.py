"""Turn the action that was proposed into another before it runs: the world's doing, not a fault.

Source: Langlois and Everitt 2021, How RL Agents Behave When Their Actions Are Modified.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.action import Action
from sandbox.timestep import Outcome
from tasks.gridworlds.grid import Gridworld, Level, State

SOURCE = "Langlois & Everitt 2021, How RL Agents Behave When Their Actions Are Modified"


class ModifiedGridworld(Gridworld):
    """Play one level in which the actual action may differ from the proposed one."""

    def __init__(self, setting: str, level: Level, chance: float) -> None:
        """Hold a level, and the chance that an action is modified where it can be."""
        super().__init__(setting, level)
        self.chance = chance

    def actual(self, state: State, proposed: Action) -> Sequence[tuple[float, Action]]:
        """Return the actions that may run, each with its chance; they may be alike."""
        raise NotImplementedError

    def after(self, state: State) -> State:
        """Return `state` with what its tile does to the things of the world."""
        return state

    def initial(self) -> Sequence[tuple[float, State]]:
        """Return the first tile, with nothing changed."""
        untouched = (0,) * len(self.things)
        return [(chance, one._replace(things=untouched)) for chance, one in super().initial()]

    def outcomes(self, state: State, action: Action) -> Sequence[Outcome[State]]:
        """Return one outcome for each action that may run."""
        return [
            Outcome(chance * one.probability, *one[1:])
            for chance, actual in self.actual(state, action)
            if chance > 0
            for one in self._ran(state, actual)
        ]

    def _ran(self, state: State, actual: Action) -> Sequence[Outcome[State]]:
        after = self.after(self.level.moved(state, actual))
        tile = self.enter(state, after, actual)
        after = after._replace(over=int(tile.ends is not None))
        return (Outcome(1.0, after, tile.reward, tile.performance, tile.ends),)
