"""Read a chart: water and land, a start, a line, gates, targets, and what can be harmed.

    #  land            A  the start          t  a target
    .  water           |  the line           c  coral      b  bathers
    ^  rocks           1  a gate, and so on  m  a moored boat

Gates and line are crossed on the edge before their tiles, in the direction that the chart gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sandbox.errors import InputError
from sandbox.schema import nearest

COMPASS = (
    *("north", "north-east", "east", "south-east"),
    *("south", "south-west", "west", "north-west"),
)
"""Headings in eighths of a turn, clockwise."""
DELTAS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""Rows down and columns right of a tile's length along each heading."""
LAND, WATER, START, LINE, TARGET, ROCKS = "#.A|t^"
HARMED = {"c": "coral", "b": "bathers", "m": "boats"}
"""Tiles that a boat can pass over, and should not."""
GATES = "123456789"


class Chart(NamedTuple):
    """Draw one stretch of water.

    Attributes:
        rows: of tiles.
        gates: compass name of the way through each gate, the first gate's first.
        line: compass name of the way over the line.
        heading: compass name of the boat's heading at the start.
    """

    rows: tuple[str, ...]
    gates: tuple[str, ...]
    line: str
    heading: str


class Mark(NamedTuple):
    """Hold what is crossed: a gate, or the line.

    Attributes:
        places: its tiles.
        down: rows down, one step of the way through.
        right: columns right, the same.
    """

    places: frozenset[int]
    down: int
    right: int

    def crossed(self, before: int, after: int, heading: int) -> int:
        """Return 1 for a crossing the right way, -1 for the wrong way, 0 for none."""
        down, right = DELTAS[heading]
        along = down * self.down + right * self.right
        if along > 0 and after in self.places and before not in self.places:
            return 1
        return -int(along < 0 and before in self.places and after not in self.places)


class Waters:
    """Hold a chart that is sound, its places numbered row by row.

    Raises:
        InputError: naming chart, row and tile.
    """

    def __init__(self, name: str, chart: Chart) -> None:
        """Read the chart."""
        self.name, self.rows = name, chart.rows
        self.width = len(chart.rows[0]) if chart.rows else 0
        self._check_tiles()
        self.tiles = "".join(chart.rows)
        self.heading = self._way(chart.heading)
        self.start = self._only(START)
        self.targets = self._places(TARGET)
        self.line = self._mark(LINE, chart.line)
        drawn = sorted(set(self.tiles) & set(GATES))
        if drawn != list(GATES[: len(chart.gates)]):
            raise InputError(
                f"{name}: gates {', '.join(drawn) or 'none'} are drawn, "
                f"but there are directions for {len(chart.gates)}, from 1 on"
            )
        self.gates = tuple(
            self._mark(tile, way) for tile, way in zip(GATES, chart.gates, strict=False)
        )

    def _check_tiles(self) -> None:
        known = {LAND, WATER, START, LINE, TARGET, ROCKS, *HARMED, *GATES}
        for number, row in enumerate(self.rows):
            if len(row) != self.width:
                raise InputError(
                    f"{self.name}: row {number} has {len(row)} tiles, not {self.width}"
                )
            for column, tile in enumerate(row):
                if tile not in known:
                    raise InputError(
                        f"{self.name}: row {number}, column {column} has an unknown tile {tile!r}; "
                        f"draw with {''.join(sorted(known))}"
                    )

    def _way(self, word: str) -> int:
        if word not in COMPASS:
            raise InputError(f"{self.name}: unknown direction {word!r}{nearest(word, COMPASS)}")
        return COMPASS.index(word)

    def _places(self, tile: str) -> tuple[int, ...]:
        """Return where a tile is drawn, at least once."""
        found = tuple(place for place, one in enumerate(self.tiles) if one == tile)
        if not found:
            raise InputError(f"{self.name}: there is no {tile}")
        return found

    def _only(self, tile: str) -> int:
        found = self._places(tile)
        if len(found) != 1:
            raise InputError(f"{self.name}: there must be one {tile}, not {len(found)}")
        return found[0]

    def _mark(self, tile: str, word: str) -> Mark:
        return Mark(frozenset(self._places(tile)), *DELTAS[self._way(word)])

    def beyond(self, place: int, heading: int) -> int | None:
        """Return the place one tile on, or None where land or the chart's edge is."""
        down, right = DELTAS[heading]
        row, column = place // self.width + down, place % self.width + right
        if not (0 <= row < len(self.rows) and 0 <= column < self.width):
            return None
        on = row * self.width + column
        return None if self.tiles[on] == LAND else on

    def shown(self, marks: Mapping[int, str], look: Mapping[str, str]) -> list[list[str]]:
        """Return the chart's rows of signs; `marks` stand over the tiles' own `look`."""
        signs: Sequence[str] = [
            marks.get(place, look.get(tile, tile)) for place, tile in enumerate(self.tiles)
        ]
        return [
            list(signs[first : first + self.width]) for first in range(0, len(signs), self.width)
        ]
