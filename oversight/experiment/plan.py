"""Find what has no row yet, and cut it into units."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from oversight.experiment.results import Results
from oversight.experiment.row import Cell
from oversight.experiment.unit import Unit
from sandbox.errors import InputError

TARGET = 0.5
"""Seconds that a unit is to take, where it can be cut so."""
FIRST, MOST = 4, 1024
"""Seeds in the first unit of a cell, and in any."""


class Shard(NamedTuple):
    """Name one part of an experiment: the `number`th of so many `parts`, from 1."""

    number: int
    parts: int

    @classmethod
    def of(cls, text: str) -> Shard:
        """Read `1/2`.

        Raises:
            InputError: if it is no part.
        """
        number, _, parts = text.partition("/")
        if number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts):
            return cls(int(number), int(parts))
        raise InputError(f"--shard is the number of a part and of all, as in 1/2, not {text!r}")

    def has(self, key: str) -> bool:
        """Tell whether the row of a key belongs to this part; it belongs to no other."""
        return int(key[:16], 16) % self.parts == self.number - 1


ALL = Shard(1, 1)


def missing(
    cells: Iterable[Cell],
    seeds: Sequence[int],
    results: Results,
    whole: Callable[[Cell], bool],
    shard: Shard = ALL,
) -> list[Unit]:
    """Return what has no row yet, one unit a cell; of the seeds it takes 8 bytes each."""
    units = []
    for cell in cells:
        exact, done = results.seeds_of(cell)
        left = () if exact else _without(seeds, done)
        if not left:
            continue
        at_once = whole(cell)
        if shard.parts > 1:
            left = _part(cell, left, at_once, shard)
        if left:
            units.append(Unit(cell, left, at_once))
    return units


def _without(seeds: Sequence[int], done: Sequence[int]) -> Sequence[int]:
    """Return the seeds that are not done; where none is, the same sequence."""
    if not done:
        return seeds
    known = set(done)
    return array("q", (seed for seed in seeds if seed not in known))


def _part(cell: Cell, seeds: Sequence[int], at_once: bool, shard: Shard) -> Sequence[int]:  # noqa: FBT001 (as the cell says)
    """Return the seeds of a cell that belong to a shard; a cell in one go belongs to one shard."""
    if at_once:
        return seeds if shard.has(cell.key(None)) else ()
    return array("q", (seed for seed in seeds if shard.has(cell.key(seed))))


class Queue:
    """Cut what is missing, in its order, into units of about the same time each."""

    def __init__(self, units: Iterable[Unit]) -> None:
        """Take one unit a cell."""
        self._units = iter(units)
        self._rest: Unit | None = None
        self._at = 0
        self._sizes: dict[Cell, int] = {}

    def next(self) -> Unit | None:
        """Return the next unit; None when there is none."""
        if self._rest is None or self._at >= len(self._rest.seeds):
            self._rest, self._at = next(self._units, None), 0
        if self._rest is None:
            return None
        cell, seeds, whole = self._rest.cell, self._rest.seeds, self._rest.whole
        begin = self._at
        self._at += len(seeds) if whole else self._sizes.get(cell, FIRST)
        return Unit(cell, seeds[begin : self._at], whole)

    def took(self, unit: Unit, seconds: float) -> None:
        """Let the next units of the cell be larger or smaller, as this one was fast or slow."""
        fitting = int(len(unit.seeds) * TARGET / max(seconds, 1e-6))
        most = 4 * self._sizes.get(unit.cell, FIRST)
        self._sizes[unit.cell] = max(1, min(fitting, most, MOST))

    def drop(self, cell: Cell) -> tuple[int, ...]:
        """Leave out what is left of a cell; return its seeds."""
        if self._rest is None or self._rest.cell != cell:
            return ()
        left = tuple(self._rest.seeds[self._at :])
        self._at += len(left)
        return left
