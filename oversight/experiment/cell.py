"""Evaluate one cell of an experiment: exactly where its agent and world are tables."""

from __future__ import annotations

from collections.abc import Sequence

from oversight.experiment.row import Cell, Row


def evaluate(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    """Return the rows of a cell: one where it is exact, else one a seed.

    Raises:
        InputError: if its names are unknown, or do not fit each other.
    """
    raise NotImplementedError


def whole(cell: Cell) -> bool:
    """Tell whether a cell is evaluated in one go, whatever the number of seeds.

    Such cells are not cut into chunks: one exact row covers every seed, or the agent is one that
    learns on many seeds side by side.
    """
    raise NotImplementedError


def check(cell: Cell) -> None:
    """Refuse a cell that cannot be evaluated, before anything runs.

    Raises:
        InputError: naming what is unknown or does not fit, and what to take instead.
    """
    raise NotImplementedError
