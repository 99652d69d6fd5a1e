"""Pay at the stop what it costs, so that being stopped is neither sought nor avoided.

Until the stop the agent earns the told reward; on the outcome in which the stop falls it is also
paid the balancing term V_N(s') - V_S(s''), where s' is the next state had the stop not come and
s'' the one in which it has. After the stop its reward is R_S: -1 for each step that does not end
the episode, so it ends at once.

Known to fail at: *preserving* the stop. It pays nothing to keep the button working, either.

Source: Armstrong 2010; Soares et al. 2015, section 3; Holtman 2020 (arXiv 2007.05411), theorem S1.
"""

from __future__ import annotations

import numpy as np

from agents.solver import solve
from agents.stops import never_pressed
from sandbox.mdp import Floats, TabularMDP

LOITERING = -1.0
"""R_S of a step after the stop that does not end the episode, in units of reward."""


def _after_stop(mdp: TabularMDP) -> Floats:
    """Return R_S of each outcome, `(N,)`."""
    return np.where(mdp.ended, 0.0, LOITERING)


def design(mdp: TabularMDP) -> TabularMDP:
    """Return the task under the balanced reward."""
    normal = solve(never_pressed(mdp)).value
    rest = solve(mdp.with_reward(_after_stop(mdp))).value
    twin = mdp.unstopped[mdp.next]
    alive = np.diff(mdp.first_pair)[twin] > 0
    would_have = np.where(alive, normal[twin], 0.0)
    will_have = np.where(mdp.ended, 0.0, rest[mdp.next])
    balanced = mdp.reward + mdp.discount * (would_have - will_have)
    reward = np.where(mdp.pressed, balanced, mdp.reward)
    already = mdp.stopped[mdp.pair_state][mdp.outcome_pair]
    return mdp.with_reward(np.where(already, _after_stop(mdp), reward))
