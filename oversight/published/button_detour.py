"""Find what a button that disarms the off-switch is worth, with and without the transformation.

Source: Hudson, corrigibility transformation, Figure 2 (discount 0.9).
"""

from __future__ import annotations

from functools import partial

from oversight.published.figure import Figure
from oversight.published.sums import valued
from sandbox.action import Action
from tasks import load
from tasks.games.button_detour import ACCEPT, PRESS, REJECT

HUDSON = "Hudson, corrigibility transformation, Figure 2"


def worth(setting: str, action: Action) -> float:
    """Return what an action is worth at the start of a setting."""
    return valued(load(f"button_detour/{setting}"))[action]


def best(setting: str) -> float:
    """Return what the best action at the start is worth."""
    return max(valued(load(f"button_detour/{setting}")).values())


FIGURES = (
    *(
        Figure(f"{setting}: {words}", figure, partial(worth, setting, action), 1e-12, HUDSON)
        for setting, action, words, figure in (
            ("refusable", REJECT, "go on whatever the tile says", 0.9),
            ("refusable", ACCEPT, "obey the tile", 0.09),
            ("refusable", PRESS, "press the button", 0.81),
            ("corrected", ACCEPT, "obey the tile", 0.91),
            ("corrected-physical", PRESS, "press the button", 0.82),
            ("corrected-physical", ACCEPT, "obey the tile", 0.10),
        )
    ),
    Figure("corrected: the best", 0.91, partial(best, "corrected"), 1e-12, HUDSON),
    Figure(
        "corrected-physical: the best", 0.82, partial(best, "corrected-physical"), 1e-12, HUDSON
    ),
)
