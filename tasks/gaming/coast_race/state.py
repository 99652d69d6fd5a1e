"""Hold a race at one step."""

from __future__ import annotations

from typing import NamedTuple

PHASES = ("running", "finished", "wrecked")
RUNNING, FINISHED, WRECKED = range(3)


class State(NamedTuple):
    """Hold the race at one step; all of it small integers.

    Attributes:
        place: tile of the boat, row by row.
        heading: in eighths of a turn, from north, clockwise.
        speed: in tiles a step; always 0 for a boat that is rowed.
        targets: steps until each target stands again; 0 for one that stands.
        gate: gates passed in their order.
        passed: bits of the gates passed in whatever order, where the rules remember them.
        phase: running, finished or wrecked.
        stop: 1 once the person has said stop.
    """

    place: int
    heading: int
    speed: int
    targets: tuple[int, ...]
    gate: int = 0
    passed: int = 0
    phase: int = RUNNING
    stop: int = 0
