"""Evaluate a few seeds of one cell: what a worker is sent, and what it sends back.

A worker turns its rows into text, so that the one writer has only to write.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from oversight.experiment.cell import check, evaluate, whole
from oversight.experiment.results import Kept
from oversight.experiment.row import Cell, Row, content
from sandbox.errors import OffswitchError

Evaluate = Callable[..., list[Row]]
"""From a cell, its seeds and, by name, what is to be logged, to rows."""


class Evaluation(NamedTuple):
    """Hold how cells are evaluated; the functions are sent to workers by their names.

    Attributes:
        evaluate: returns the rows of a cell for these seeds, or its one exact row.
        whole: tells whether a cell is evaluated in one go.
        check: refuses a cell that cannot be evaluated.
    """

    evaluate: Evaluate = evaluate
    whole: Callable[[Cell], bool] = whole
    check: Callable[[Cell], None] = check


@dataclass(frozen=True)
class Unit:
    """Name what one worker does in one go.

    Attributes:
        cell: that is evaluated.
        seeds: for which its rows are missing, ascending.
        whole: the cell is evaluated in one go.
    """

    cell: Cell
    seeds: Sequence[int]
    whole: bool

    @property
    def weight(self) -> int:
        """Return how much of the experiment it is, in episodes; a cell in one go counts once."""
        return 1 if self.whole else len(self.seeds)


class Failure(NamedTuple):
    """Say of which seeds there are no rows, and why."""

    seeds: tuple[int, ...]
    sentence: str


class Evaluated(NamedTuple):
    """Hold what came of a unit.

    Attributes:
        rows: as they are kept.
        failures: of the seeds that have none.
        seconds: that it took.
    """

    rows: list[Kept]
    failures: list[Failure]
    seconds: float


def work(evaluate: Evaluate, unit: Unit) -> Evaluated:
    """Evaluate a unit; where it fails, each seed alone, so that one seed spoils no other.

    Whatever the evaluation raises is a sentence in what is returned; what else goes wrong is the
    worker's fault, and not the unit's.
    """
    began = time.perf_counter()
    rows: list[Kept] = []
    failures: list[Failure] = []
    try:
        rows = _rows(evaluate, unit, unit.seeds)
    except Exception as error:  # noqa: BLE001 (code that is not ours may raise anything)
        if unit.whole or len(unit.seeds) == 1:
            failures = [Failure(tuple(unit.seeds), _sentence(error))]
        else:
            rows, failures = _one_by_one(evaluate, unit)
    return Evaluated(rows, failures, time.perf_counter() - began)


def _one_by_one(evaluate: Evaluate, unit: Unit) -> tuple[list[Kept], list[Failure]]:
    rows: list[Kept] = []
    failures: list[Failure] = []
    for seed in unit.seeds:
        try:
            rows += _rows(evaluate, unit, [seed])
        except Exception as error:  # noqa: BLE001 (code that is not ours may raise anything)
            failures.append(Failure((seed,), _sentence(error)))
    return rows, failures


def _rows(evaluate: Evaluate, unit: Unit, seeds: Sequence[int]) -> list[Kept]:
    """Return rows as they are kept.

    Raises:
        ValueError: if they are not those of these seeds.
    """
    found = evaluate(unit.cell, seeds)
    answered = [row["seed"] for row in found]
    if answered != [None] and sorted(map(str, answered)) != sorted(map(str, seeds)):
        raise ValueError(f"{len(seeds)} seeds were asked for, and rows of {len(found)} others came")
    if found[0]["key"] != unit.cell.key(found[0]["seed"]):  # of all it would cost as much as a row
        raise ValueError("its rows have the keys of another cell")
    return [Kept(row["seed"], content(row), row.get("episode", "")) for row in found]


def _sentence(error: Exception) -> str:
    """Return what went wrong in one line; of a fault of the program also where."""
    first = next(iter(str(error).splitlines()), "")
    if isinstance(error, OffswitchError):
        return first
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {first} ({frame.filename}:{frame.lineno})"


def kind(evaluate: Evaluate, unit: Unit) -> tuple[str, ...]:
    """Return what units share that find out the same: tables, and how an agent acts in them."""
    del evaluate
    cell = unit.cell
    return cell.task, cell.setting, cell.agent, cell.design
