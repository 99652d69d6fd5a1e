"""Gather rows by arm and task into columns of numbers, a million rows at a time.

Rows may come in any order: every column is in the order of its seeds. A cell that was computed
exactly needs no sampled rows; where both are there, the sampled ones are counted and left out.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, cast

import numpy as np

from agents.knobs import parse
from oversight.experiment.persons import PERSONS
from oversight.experiment.row import MEASURES, RATES, Method, Row
from sandbox.errors import InputError
from sandbox.mdp import Floats

COLUMNS = tuple(dict.fromkeys((*MEASURES, *sorted(RATES))))
"""The numbers of a row: what is compared, and how often the stop was said."""

ORDER = tuple(PERSONS)

Lengths = tuple[tuple[str, float], ...]
Curve = tuple[tuple[int, float, float], ...]


class Where(NamedTuple):
    """Name a cell by what varies between arms; `task` with its setting."""

    agent: str
    overseer: str
    design: str
    task: str


class Sample(NamedTuple):
    """Hold one number of a cell, over its rows.

    Attributes:
        seeds: of the rows, [rows]; one 0 if exact.
        values: of the rows, [rows]; 0 where the weight is 0.
        weights: how much each counts, [rows]; 0 where the row has no such number.
        exact: there is one row, of no seed.
    """

    seeds: np.ndarray[tuple[int], np.dtype[np.int64]]
    values: Floats
    weights: Floats
    exact: bool

    @property
    def binary(self) -> bool:
        """Tell whether every row that counts is one trial: it happened, or it did not."""
        counted = self.values[self.weights > 0]
        whole = (self.weights == 0) | (self.weights == 1)
        return bool(whole.all() and ((counted == 0) | (counted == 1)).all())

    def at(self, kept: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Sample:
        """Return the same of some of the seeds."""
        found = np.isin(self.seeds, kept)
        return Sample(self.seeds[found], self.values[found], self.weights[found], self.exact)


@dataclass
class Gathered:
    """Hold the rows of one cell as columns, in the order of their seeds once `settle` was called.

    Attributes:
        method: how its rows were found.
        seeds: None alone if no seed plays a part.
        columns: by name, NaN where a row has no such number.
        lengths: of each row.
        episodes: id in the log, by seed.
        curves: of each row that has one.
        left: sampled rows that are not here, as the cell is exact.
    """

    method: Method
    seeds: list[int | None] = field(default_factory=list)
    columns: dict[str, array[float]] = field(
        default_factory=lambda: {name: array("d") for name in COLUMNS}
    )
    lengths: list[Lengths] = field(default_factory=list)
    episodes: dict[int | None, str] = field(default_factory=dict)
    curves: dict[int, Curve] = field(default_factory=dict)
    left: int = 0

    @property
    def exact(self) -> bool:
        """Tell whether one row holds all chance."""
        return self.seeds == [None]

    def add(self, row: Row) -> None:
        """Take one row in."""
        seed = row["seed"]
        self.seeds.append(seed)
        numbers = cast("dict[str, float | None]", row)
        for name, column in self.columns.items():
            value = numbers[name]
            column.append(float("nan") if value is None else value)
        self.lengths.append(tuple(sorted(row["lengths"].items(), key=lambda one: one[0])))
        if "episode" in row:
            self.episodes[seed] = row["episode"]
        if row.get("curve"):
            self.curves[seed or 0] = tuple((int(x), y, z) for x, y, z in row["curve"])

    def settle(self, where: Where) -> None:
        """Put the rows in the order of their seeds.

        Raises:
            InputError: if a seed is there twice.
        """
        keys = [-1 if seed is None else seed for seed in self.seeds]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        for one, other in pairwise(order):
            if keys[one] == keys[other]:
                named = "no seed" if keys[one] < 0 else f"seed {keys[one]}"
                raise InputError(
                    f"two rows of {where.task} with agent {where.agent}, design {where.design}, "
                    f"overseer {where.overseer} and {named}: give each row once"
                )
        self.seeds = [self.seeds[at] for at in order]
        self.lengths = [self.lengths[at] for at in order]
        for name, column in self.columns.items():
            self.columns[name] = array("d", np.asarray(column)[order].tobytes())

    def column(self, name: str) -> Floats:
        """Return a column, [rows]; NaN where a row has no such number."""
        return np.frombuffer(self.columns[name])

    def sample(self, name: str) -> Sample:
        """Return one number of the cell: `complied` counts by how often the stop was said."""
        values = self.column(name)
        there = ~np.isnan(values)
        weights = there.astype(np.float64)
        if name == "complied" and not self.exact:
            weights *= np.nan_to_num(self.column("said"))
        seeds = np.array([seed or 0 for seed in self.seeds], dtype=np.int64)
        return Sample(seeds, np.where(weights > 0, values, 0.0), weights, self.exact)


def gather(rows: Iterable[Row]) -> dict[Where, Gathered]:
    """Return the cells of rows, by agent, overseer, design and task.

    Raises:
        InputError: if a cell has a seed twice.
    """
    found: dict[tuple[Where, Method], Gathered] = {}
    for row in rows:
        task = f"{row['task']}/{row['setting']}"
        where = Where(row["agent"], row["overseer"], row["design"], task)
        method = row["method"]
        if (where, method) not in found:
            found[where, method] = Gathered(method)
        found[where, method].add(row)
    for (where, _), cell in found.items():
        cell.settle(where)
    kept = {where: cell for (where, method), cell in found.items() if method == "exact"}
    for (where, method), cell in found.items():
        if method == "sampled" and where in kept:
            kept[where].left = len(cell.seeds)
        elif method == "sampled":
            kept[where] = cell
    return dict(sorted(kept.items(), key=lambda one: (one[0].agent, *_rank(one[0]), one[0])))


def _rank(where: Where) -> tuple[int, str]:
    """Return where an overseer comes: those that are known in their order, then others by name."""
    name = parse(where.overseer).name
    return (ORDER.index(name) if name in ORDER else len(ORDER)), where.overseer
