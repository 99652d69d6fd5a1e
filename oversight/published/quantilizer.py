"""Pick at random from the best tenth, and pay a tenth of what the very best can cost.

Who picks is the design `agents.rewards.quantilizer` on the game's tables; its base is the hundred
actions, each as likely as any other, and not the wait that the game also offers.

Source: Taylor 2016, Quantilizers: A Safer Alternative to Maximizers for Limited Optimization.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from agents.policies import way_of
from agents.rewards import load_design
from oversight.published.figure import Figure
from oversight.published.sums import compiled, hidden
from sandbox.mdp import Floats, TabularMDP

TASK = "hundred_actions/cooked"


def harms(mdp: TabularMDP) -> Floats:
    """Return `(P,)`, the harm that each choice does, in units of performance."""
    harm = mdp.probability * np.maximum(-hidden(mdp), 0.0)
    return np.bincount(mdp.outcome_pair, harm, len(mdp.pair_state)).astype(np.float64)


def harm(design: str) -> float:
    """Return the expected harm of the first choice under a reward design."""
    mdp = compiled(TASK)
    shares = way_of(load_design(design), mdp.without_performance()).shares()
    first = mdp.initial[mdp.pair_state]
    return float(first * shares @ harms(mdp))


def quantilized(share: float) -> float:
    """Return the same of a draw from the best `share` of the hundred."""
    return harm(f"quantilizer:q={share},waits=false")


def ratio(share: float) -> float:
    """Return by how much more harm is done than by the base itself."""
    return quantilized(share) / quantilized(1.0)


TAYLOR = "Taylor 2016, Quantilizers"
FIGURES = (
    Figure("harm of the maximiser", 1.0, partial(harm, "naive"), 1e-12, TAYLOR),
    Figure("harm of the best tenth", 0.1, partial(quantilized, 0.1), 1e-12, TAYLOR),
    Figure("harm of the base", 0.01, partial(quantilized, 1.0), 1e-12, TAYLOR),
    *(
        Figure(
            f"harm of q={share:g}, in those of the base",
            1 / share,
            partial(ratio, share),
            1e-12,
            TAYLOR,
        )
        for share in (0.01, 0.05, 0.1, 0.25, 0.5, 1.0)
    ),
)
