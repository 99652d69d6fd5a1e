"""Look one step ahead, at what an overseer who looks further thinks of the act.

The agent's reward, at discount 0, is the overseer's approval

    A(s, a) = Q_H(s, a | the stop never comes)

what the overseer, with `foresight` steps H, expects the act to earn of the told reward. The agent
pursues no plan of its own: an act is worth what the overseer sees in it, not what it makes
possible later, and nothing can be won by not being stopped.

Known to fail at: what takes longer than the overseer looks ahead (all acts are then worth the
same), and what fools the overseer within it: approval is no better than the told reward.

Source: Farquhar et al. 2025, MONA: Myopic Optimization with Non-myopic Approval (arXiv 2501.13011);
the model of the overseer, told reward over H steps, is ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agents.bellman import action_values, greedy
from agents.stops import never_pressed
from sandbox.errors import InputError
from sandbox.mdp import Floats, TabularMDP


@dataclass(frozen=True)
class MyopicApproval:
    """Hold the knob.

    Attributes:
        foresight: steps that the overseer looks ahead; 1 is the told reward of the step alone.
    """

    foresight: int = 8

    def __post_init__(self) -> None:
        """Refuse an overseer who sees nothing."""
        if self.foresight < 1:
            raise InputError(f"foresight {self.foresight} must be >= 1")

    def __call__(self, mdp: TabularMDP) -> TabularMDP:
        """Return the task under the approval, to be looked at one step ahead."""
        return replace(mdp, reward=self.approval(mdp)[mdp.outcome_pair], discount=0.0)

    def approval(self, mdp: TabularMDP) -> Floats:
        """Return `(P,)`, what the overseer thinks of each pair."""
        seen, value = never_pressed(mdp), np.zeros(len(mdp.states))
        for _ in range(self.foresight - 1):
            value = greedy(seen, action_values(seen, value), 0.0)[0]
        return action_values(seen, value)


design = MyopicApproval
