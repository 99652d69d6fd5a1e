"""Compare where an action leads with where doing nothing would have led.

What is compared is any value of states; chance is averaged over before it is compared.

Source: Krakovna et al. 2019, Penalizing side effects using stepwise relative reachability,
section 2 (baselines).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from sandbox.errors import InputError
from sandbox.mdp import Floats, TabularMDP

Baseline = Literal["stepwise", "inaction", "start"]


@dataclass(frozen=True)
class Comparison:
    """Say what an action is compared with, and when.

    Attributes:
        baseline: doing nothing instead of the action (`stepwise`), doing nothing from the beginning
            (`inaction`), or the beginning itself (`start`).
        rollout: steps of doing nothing that follow the action before one compares.
        settled: steps of doing nothing from the beginning that make up `inaction`: enough for the
            world to come to rest, since the tables do not count steps.
    """

    baseline: Baseline = "stepwise"
    rollout: int = 0
    settled: int = 8

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            InputError: naming the knob.
        """
        if self.baseline not in get_args(Baseline):
            raise InputError(f"unknown baseline {self.baseline!r}: one of {get_args(Baseline)}")
        if min(self.rollout, self.settled) < 0:
            raise InputError(f"rollout {self.rollout} and settled {self.settled} must be >= 0")

    def sides(self, mdp: TabularMDP, value: Floats) -> tuple[Floats, Floats]:
        """Return the value `(G, S)` at the baseline, `(G, P)` or `(G, 1)`, and after each pair."""
        after = expected(mdp, idled(mdp, value, self.rollout))
        if self.baseline == "stepwise":
            return after[:, mdp.null_pair[mdp.pair_state]], after
        steps = self.settled if self.baseline == "inaction" else 0
        return (idled(mdp, value, steps) @ mdp.initial)[:, None], after


def idled(mdp: TabularMDP, value: Floats, steps: int) -> Floats:
    """Return `(G, S)`, the value of where `steps` of doing nothing lead from each state."""
    for _ in range(steps):
        idle = mdp.null_pair
        value = np.where(idle >= 0, expected(mdp, value)[:, idle], value)
    return value


def expected(mdp: TabularMDP, value: Floats) -> Floats:
    """Return `(G, P)`, the mean of `value` `(G, S)` where each pair leads."""
    found: Floats = np.add.reduceat(mdp.probability * value[:, mdp.next], mdp.start[:-1], axis=1)
    return found
