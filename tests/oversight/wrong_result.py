"""Be a result whose figures are not all found: one is off, one is no number, one is at the edge."""

from __future__ import annotations

import math

from oversight.published.figure import Figure

FIGURES = (
    Figure("at the edge", 1.0, lambda: 1.5, 0.5, "nobody"),
    Figure("off", 1.0, lambda: 1.51, 0.5, "nobody"),
    Figure("no number", 1.0, lambda: math.nan, 0.5, "nobody"),
    Figure("without end", math.inf, lambda: math.inf, 0.5, "nobody"),
)
