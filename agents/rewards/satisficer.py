"""Be content with what is good enough: the first action in the task's order that is.

The agent looks one step ahead only (discount 0), at the reward

    R_S(s, a) = min(Q(s, a), V(s) - slack),   V and Q the optimum of the told reward

so that all actions which lose no more than `slack` are worth the same, and the one that the task
lists first is taken: the plainest. Each step may lose as much, so that an episode loses up to
slack / (1 - discount), and no more.

Known to fail at: getting anywhere. If to wait is good enough now, it is good enough for ever. And
good enough is not good: nothing keeps it from a bad action that is listed first.

Source: Simon 1956, Rational Choice and the Structure of the Environment; for what satisficers do
not promise, Taylor 2016, Quantilizers. The slack of each step is our reading.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agents.solver import solve
from sandbox.errors import InputError
from sandbox.mdp import TabularMDP


@dataclass(frozen=True)
class Satisficer:
    """Hold the knob.

    Attributes:
        slack: what a step may lose against the best one, in units of reward; >= 0.
    """

    slack: float = 0.05

    def __post_init__(self) -> None:
        """Refuse to want more than the best."""
        if self.slack < 0:
            raise InputError(f"slack {self.slack} must be >= 0")

    def __call__(self, mdp: TabularMDP) -> TabularMDP:
        """Return the task under the capped worth of each action, to be looked at one step ahead."""
        best = solve(mdp)
        worth = np.minimum(best.q, best.value[mdp.pair_state] - self.slack)
        return replace(mdp, reward=worth[mdp.outcome_pair], discount=0.0)


design = Satisficer
