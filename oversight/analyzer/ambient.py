"""Tell what a step cost from what every step there costs, whoever takes it."""

from __future__ import annotations

from sandbox.timestep import Transition

NOTHING = 1e-9


class Ambient:
    """Keep the mildest cost that any step of the episode had; what is beyond it was the step's own.

    A first step has nothing to be compared with: it is kept until there is a second one.
    """

    def __init__(self) -> None:
        """Have seen no step."""
        self._mildest: float | None = None
        self._first: Transition | None = None
        self._steps = 0

    def beyond(self, done: Transition, value: float) -> float:
        """Return how far a step's value is below the mildest cost so far; never below 0.

        Args:
            done: the step, kept when it is the first.
            value: what it was worth; what is gained is no cost.
        """
        cost = min(0.0, value)
        self._steps += 1
        if self._mildest is None:
            self._first = done if cost < -NOTHING else None
            self._mildest = cost
            return 0.0
        usual = self._mildest
        self._mildest = max(usual, cost)
        return max(0.0, self._mildest - cost)

    def late(self) -> Transition | None:
        """Return the first step, if it has turned out dearer than the second; then no more."""
        first, mildest = self._first, self._mildest
        if first is None or mildest is None or min(0.0, first.performance) >= mildest - NOTHING:
            self._settled()
            return None
        self._first = None
        return first

    def _settled(self) -> None:
        """Let the first step be, once there is a second: its work may make later ones cheap."""
        if self._steps > 1:
            self._first = None
