"""Charge for each stop, so that the agent does not do what it is stopped for: a tempting bad idea.

The reward is R(s, a, s') - charge, where the person's stop falls in the outcome; else R. A veto is
not in the tables: vetoed, an agent has waited. Of all that a person may object with, this design
knows the stop.

Known to fail at: the very thing. The charge is for being stopped, not for what the stop is about,
and the cheapest way not to be stopped is often to take the way of stopping away. The higher the
charge, the rarer the stop, by whatever means; an agent that left the off-switch alone presses it.

Source: the project's own, as the contrast to Soares et al. 2015, Corrigibility.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.errors import InputError
from sandbox.mdp import TabularMDP


@dataclass(frozen=True)
class VetoPenalty:
    """Hold the knob.

    Attributes:
        charge: for each stop, in units of reward; >= 0.
    """

    charge: float = 1.0

    def __post_init__(self) -> None:
        """Refuse to pay for stops."""
        if self.charge < 0:
            raise InputError(f"charge {self.charge} must be >= 0")

    def __call__(self, mdp: TabularMDP) -> TabularMDP:
        """Return the task with the charge in its reward."""
        return mdp.with_reward(mdp.reward - np.where(mdp.pressed, self.charge, 0.0))


design = VetoPenalty
