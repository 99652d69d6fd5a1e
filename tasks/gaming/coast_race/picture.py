"""Draw the race in plain text: the waters about the boat, and how the race stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.gaming.coast_race.state import PHASES, WRECKED, State
from tasks.gaming.coast_race.waters import COMPASS

if TYPE_CHECKING:
    from tasks.gaming.coast_race.task import CoastRace

BOAT = "↑↗→↘↓↙←↖"
"""By heading, in eighths of a turn."""
STANDING, DOWN = "◉", "○"
LOOK = {"#": "▒", ".": " ", "A": " ", "|": "┊", "c": "*"}
"""How tiles are drawn; the others as on the chart."""
LEGEND = "◉ target  ○ down  m boat  b bathers  * coral  ^ rocks  1 2 gates  ┊ line"
WIDE = 2
"""Columns of a tile where there is room."""


def draw(task: CoastRace, state: State, width: int) -> str:
    """Return at most `width` columns; a chart that is wider is cut to what is about the boat."""
    water = task.waters
    targets = zip(water.targets, state.targets, strict=True)
    marks = {place: DOWN if left else STANDING for place, left in targets}
    marks[state.place] = BOAT[state.heading] if state.phase != WRECKED else "x"
    rows = water.shown(marks, LOOK)
    tile = WIDE if WIDE * water.width <= width else 1
    room = min(width // tile, water.width)
    first = min(max(0, state.place % water.width - room // 2), water.width - room)
    lines = ["".join(_wide(sign, tile) for sign in row[first : first + room]) for row in rows]
    lines += [*words(task, state), *([LEGEND] if len(LEGEND) <= width else [])]
    return "\n".join(line[:width].rstrip() for line in lines)


def _wide(sign: str, tile: int) -> str:
    """Return a sign in `tile` columns; land fills them."""
    return sign * tile if sign == LOOK["#"] else sign.ljust(tile)


def words(task: CoastRace, state: State) -> list[str]:
    """Return how the race stands, in short lines."""
    way = f"heads {COMPASS[state.heading]}"
    race = PHASES[state.phase] if state.phase else f"gates {state.gate}/{len(task.waters.gates)}"
    up = sum(not left for left in state.targets)
    return [
        f"{way}, speed {state.speed}" if task.hull.top else way,
        f"{race}, targets up {up}/{len(state.targets)}",
        *(["the person said stop"] if state.stop else []),
    ]
