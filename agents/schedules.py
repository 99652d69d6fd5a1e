"""Say how much to explore, or to learn, as experience grows.

A schedule is called with the number of the step and with a function that counts, `(B,)`, how often
each learner has been where it is; it returns `(B,)` or one number, between 0 and 1. What does not
depend on the visits does not make them be counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sandbox.errors import InputError
from sandbox.mdp import Floats, Ints

Visits = Callable[[], Ints]
Schedule = Callable[[int, Visits], Floats | float]


def _within(name: str, value: float) -> None:
    """Refuse a share that is none.

    Raises:
        InputError: naming it.
    """
    if not 0.0 <= value <= 1.0:
        raise InputError(f"a schedule's {name} is between 0 and 1, not {value}")


@dataclass(frozen=True)
class Constant:
    """Stay at `value`."""

    value: float

    def __post_init__(self) -> None:
        """Refuse a value that is no share."""
        _within("value", self.value)

    def __call__(self, step: int, visits: Visits) -> float:
        """Return the value."""
        del step, visits
        return self.value


@dataclass(frozen=True)
class Linear:
    """Go from `first` to `last` in `steps` steps, and stay there."""

    first: float
    last: float
    steps: int

    def __post_init__(self) -> None:
        """Refuse ends that are no shares, and a way of no length."""
        _within("first", self.first)
        _within("last", self.last)
        if self.steps < 1:
            raise InputError(f"a schedule's steps are at least 1, not {self.steps}")

    def __call__(self, step: int, visits: Visits) -> float:
        """Return the point on the line."""
        del visits
        return self.first + (self.last - self.first) * min(1.0, step / self.steps)


@dataclass(frozen=True)
class Geometric:
    """Go from `first` to `last` in `steps` steps, each by the same factor, and stay there."""

    first: float
    last: float
    steps: int

    def __post_init__(self) -> None:
        """Refuse ends that are no shares or nothing, and a way of no length."""
        _within("first", self.first)
        _within("last", self.last)
        if min(self.first, self.last) <= 0.0:
            raise InputError(
                f"a schedule that falls by a factor is above 0, not {self.first} to {self.last}"
            )
        if self.steps < 1:
            raise InputError(f"a schedule's steps are at least 1, not {self.steps}")

    def __call__(self, step: int, visits: Visits) -> float:
        """Return the point on the curve."""
        del visits
        return float(self.first * (self.last / self.first) ** min(1.0, step / self.steps))


@dataclass(frozen=True)
class Decaying:
    """Fall with the visits n to what is `least`: `min(1, scale / n ** power)`.

    Exploration with power 1/2 visits everything for ever and is greedy in the limit (GLIE); rates
    of learning converge with a power in (1/2, 1].

    Source: Singh, Jaakkola, Littman and Szepesvari 2000, Convergence Results for Single-Step
    On-Policy Reinforcement-Learning Algorithms, appendix B; Orseau and Armstrong 2016, section 4.
    """

    scale: float = 1.0
    power: float = 0.5
    least: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what does not fall."""
        _within("least", self.least)
        if self.scale <= 0.0 or self.power <= 0.0:
            raise InputError(
                f"a schedule's scale and power are above 0, not {self.scale} and {self.power}"
            )

    def __call__(self, step: int, visits: Visits) -> Floats:
        """Return the share at `visits`."""
        del step
        share = np.minimum(1.0, self.scale / np.maximum(visits(), 1) ** self.power)
        return np.maximum(share, self.least)
