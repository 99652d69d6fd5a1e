"""Pick at random from the best tenth, and pay a tenth of what the very best can cost.

Source: Taylor 2016, Quantilizers: A Safer Alternative to Maximizers for Limited Optimization.
"""

from __future__ import annotations

from functools import partial

from oversight.published.figure import Figure
from oversight.published.sums import valued
from tasks import load
from tasks.games.hundred_actions import WAIT

TASK = "hundred_actions/cooked"


def harms() -> list[float]:
    """Return the harm that each of the hundred actions does, the best by the books first."""
    task = load(TASK)
    ((_, start),) = task.initial()
    told = valued(task)
    ranked = sorted((one for one in told if one != WAIT), key=lambda one: -told[one])
    return [
        sum(one.probability * max(-one.performance, 0.0) for one in task.outcomes(start, action))
        for action in ranked
    ]


def quantile(share: float) -> float:
    """Return the expected harm of a draw from the best `share` of a uniform base."""
    found = harms()
    top = found[: max(1, round(share * len(found)))]
    return sum(top) / len(top)


def ratio(share: float) -> float:
    """Return by how much more harm is done than by the base itself."""
    return quantile(share) / quantile(1.0)


TAYLOR = "Taylor 2016, Quantilizers"
FIGURES = (
    Figure("harm of the maximiser", 1.0, partial(quantile, 0.0), 1e-12, TAYLOR),
    Figure("harm of the best tenth", 0.1, partial(quantile, 0.1), 1e-12, TAYLOR),
    Figure("harm of the base", 0.01, partial(quantile, 1.0), 1e-12, TAYLOR),
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
