"""Pay for each act what it would bring if the stop were refused, and a little for not refusing.

The agent looks one step ahead only (discount 0), at the reward

    R_C(s, a) = Q(s, a | the stop never comes) + bonus, without the bonus if a refuses the stop

An action refuses if the same state offers another that is alike but for the stop, and likelier to
be stopped. After the stop the agent ends the episode as soon as it can.

Known to fail at: a channel that cannot be refused. Where the world itself carries the stop out, the
tables hold no outcome without it; what is paid is the told value, and a button that disarms the
channel is worth pressing. A bonus greater than what is at stake is the only goal left.

Source: Hudson 2025, Corrigibility Transformation: Constructing Goals That Accept Updates
(arXiv 2510.15395), section 4 and Figure 2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agents.solver import solve
from agents.stops import never_pressed, refusing
from sandbox.errors import InputError
from sandbox.mdp import TabularMDP

LOITERING = -1.0
"""Reward of a step after the stop that does not end the episode."""


@dataclass(frozen=True)
class CorrigibilityTransform:
    """Hold the knob.

    Attributes:
        bonus: what not refusing is worth, in units of reward (delta); > 0, and small beside them.
    """

    bonus: float = 0.01

    def __post_init__(self) -> None:
        """Refuse a bonus that pays nothing."""
        if self.bonus <= 0:
            raise InputError(f"bonus {self.bonus} must be > 0")

    def __call__(self, mdp: TabularMDP) -> TabularMDP:
        """Return the task under the transformed reward, to be looked at one step ahead."""
        unstopped = solve(never_pressed(mdp)).q + np.where(refusing(mdp), 0.0, self.bonus)
        after = solve(mdp.with_reward(np.where(mdp.ended, 0.0, LOITERING))).q
        worth = np.where(mdp.stopped[mdp.pair_state], after, unstopped)
        return replace(mdp, reward=worth[mdp.outcome_pair], discount=0.0)


design = CorrigibilityTransform
