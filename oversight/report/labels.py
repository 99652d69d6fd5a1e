"""Find room for the labels of points, so that none covers a point, a bar or another label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """Hold a rectangle, in points."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """Tell whether two rectangles have an area in common."""
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top

    def within(self, other: Box) -> bool:
        """Tell whether this lies inside another."""
        wide = other.left <= self.left and self.right <= other.right
        return wide and other.bottom <= self.bottom and self.top <= other.top


class Wanted(NamedTuple):
    """Say that a label of some size is wanted at a point."""

    x: float
    y: float
    width: float
    height: float


GAP, FAR = 7.0, 58.0
"""Nearest and farthest from its point that a label stands, in points."""
STEP = 8.5
SIDES = ((1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1), (0, 1), (0, -1))
"""Right, left, the four corners, above, below: in the order in which they read best."""


def settled(
    labels: Sequence[Wanted], taken: Sequence[Box], shunned: Sequence[Box], page: Box
) -> list[Box | None]:
    """Return where each label stands; None for one that finds no room.

    The first labels choose first; each takes the place nearest its point that is free, and covers
    what is to be shunned only where there is no other.
    """
    full = list(taken)
    found: list[Box | None] = []
    for label in labels:
        free = [
            box
            for box in _places(label)
            if box.within(page) and not any(box.meets(other) for other in full)
        ]
        clear = (box for box in free if not any(box.meets(other) for other in shunned))
        box = next(clear, next(iter(free), None))
        found.append(box)
        full += [box] if box else []
    return found


def _places(label: Wanted) -> Iterator[Box]:
    away = GAP
    while away <= FAR:
        for across, up in SIDES:
            slant = 0.75 if across and up else 1.0
            x = label.x + across * away * slant
            y = label.y + up * away * slant
            left = x - label.width * (1 - across) / 2
            bottom = y - label.height * (1 - up) / 2
            yield Box(left, bottom, left + label.width, bottom + label.height)
        away += STEP


def spread(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Return heights as near to those wanted as they can be, `apart` from each other.

    Heights run from `low` to `high`; where all do not fit, they are apart by what there is.
    """
    if not wanted:
        return []
    apart = min(apart, (high - low) / max(len(wanted) - 1, 1))
    order = sorted(range(len(wanted)), key=lambda at: (wanted[at], at))
    groups: list[tuple[float, int]] = []  # lowest height of a run, and its members
    for at in order:
        start, size = wanted[at], 1
        while groups and groups[-1][0] + groups[-1][1] * apart > start:
            before, members = groups.pop()
            middle = before + (members - 1) * apart / 2
            own = start + (size - 1) * apart / 2
            whole = members + size
            centre = (middle * members + own * size) / whole
            start, size = centre - (whole - 1) * apart / 2, whole
        start = min(max(start, low), high - (size - 1) * apart)
        groups.append((start, size))
    heights = [start + number * apart for start, size in groups for number in range(size)]
    ceiling = high
    for number in reversed(range(len(heights))):
        heights[number] = min(heights[number], ceiling)
        ceiling = heights[number] - apart
    found = [0.0] * len(wanted)
    for at, height in zip(order, heights, strict=True):
        found[at] = height
    return found
