"""Hold a published figure beside ours: name, figure, how ours is computed, tolerance, source."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter
from typing import Any, Literal, NamedTuple, SupportsFloat, TypedDict

Verdict = Literal["holds", "fails", "reported"]


class Figure(NamedTuple):
    """Hold one published figure.

    A bound, or a law over many cases, is a figure too: the number of cases that break it is 0.
    A figure that is not asserted is shown beside ours, and nothing is said of it: it is known at
    second hand, or did not come out each time even with the authors' own code.

    Attributes:
        name: of the row.
        expected: the published figure.
        found: computes ours; never from the published one.
        tolerance: greatest difference allowed.
        source: paper and place.
        asserted: whether missing it is a failure.
    """

    name: str
    expected: float
    found: Callable[[], SupportsFloat]
    tolerance: float
    source: str
    asserted: bool = True


class Row(TypedDict):
    """Say how a figure came out.

    Attributes:
        name: result and figure.
        expected: the published figure.
        found: ours; None if it is not a finite number.
        tolerance: greatest difference allowed.
        verdict: whether the two are as near as that; `reported` where it is not asserted.
        seconds: that ours took.
        source: paper and place.
    """

    name: str
    expected: float
    found: float | None
    tolerance: float
    verdict: Verdict
    seconds: float
    source: str


class Table(NamedTuple):
    """Lay rows out like a published table.

    Attributes:
        title: what it shows.
        cells: of each line; the first is the head.
    """

    title: str
    cells: list[list[str]]


COLUMNS = tuple(Row.__annotations__)
"""What a table shows of a row, in this order."""


def shown(row: Row) -> dict[str, Any]:
    """Return a row as a table shows it: numbers to ten digits, time to the millisecond."""
    found = "not finite" if row["found"] is None else f"{row['found']:.10g}"
    return {
        **row,
        "expected": f"{row['expected']:.10g}",
        "found": found,
        "tolerance": f"{row['tolerance']:.3g}",
        "seconds": f"{row['seconds']:.3f}",
    }


def checked(result: str, figure: Figure) -> Row:
    """Compute our figure, and compare it with the published one."""
    began = perf_counter()
    found = float(figure.found())
    seconds = perf_counter() - began
    verdict: Verdict = "reported"
    if figure.asserted:
        verdict = "holds" if abs(found - figure.expected) <= figure.tolerance else "fails"
    return {
        "name": f"{result}: {figure.name}",
        "expected": float(figure.expected),
        "found": found if math.isfinite(found) else None,
        "tolerance": figure.tolerance,
        "verdict": verdict,
        "seconds": round(seconds, 4),
        "source": figure.source,
    }
