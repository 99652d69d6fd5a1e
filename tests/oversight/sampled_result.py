"""Be a result that is a sample, has a table, and can be stopped by Ctrl-C in its last figure."""

from __future__ import annotations

from collections.abc import Mapping

from oversight.published.effort import Effort
from oversight.published.figure import Figure, Row, Table

STOPS = False


def last() -> float:
    """Return a number, or be interrupted as by a person at the keyboard.

    Raises:
        KeyboardInterrupt: if `STOPS`.
    """
    if STOPS:
        raise KeyboardInterrupt
    return 3.0


def figures(effort: Effort) -> tuple[Figure, ...]:
    """Return a figure that holds, one that is only reported, and the last."""
    return (
        Figure("draws", 20.0, lambda: effort.draws, 1e3, "nobody"),
        Figure("far off", 1.0, lambda: 7.0, 0.5, "nobody", asserted=False),
        Figure("last", 3.0, last, 0.0, "nobody"),
    )


def table(rows: Mapping[str, Row]) -> Table:
    """Lay them out."""
    return Table("Found, of all", [["", "draws"], ["\u2713 / \u2717", str(rows["last"]["found"])]])
