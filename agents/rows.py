"""Sum many rows of weighted look-ups: what follows each of M pairs, as a linear map.

A row is a stretch of outcomes. By columns or by a compiled loop, a sum runs from the first outcome
of its row to the last, so that both give the same number to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sandbox.mdp import Floats, Ints

WIDE = 64
"""Outcomes of the longest row above which rows are summed one by one."""


class Rows(Protocol):
    """Say what follows M rows of outcomes."""

    def sums(self, value: Floats, pay: Floats) -> Floats:
        """Return `(M,)`: `pay` `(M,)` and the weighted sum of `value` over each row."""


@dataclass(frozen=True)
class Jagged:
    """Sum the first outcomes of all rows, then the second ones of those that have one, and so on.

    As many gathers as the longest row has outcomes, each without a gap: the layout of vector
    machines.

    Attributes:
        order: `(M,)` rows, the longest first; None where all are of one length.
        weight: of the k-th outcomes, `(M_k,)` for each k.
        place: the states that they look up, `(M_k,)` for each k.

    Source: Saad 1989, Krylov subspace methods on supercomputers (jagged diagonals).
    """

    order: Ints | None
    weight: list[Floats]
    place: list[Ints]

    @classmethod
    def of(cls, first: Ints, count: Ints, weight: Floats, place: Ints) -> Jagged:
        """Lay out rows that begin at `first` `(M,)` and have `count` `(M,)` >= 1 outcomes."""
        order, widest = None, int(count.max(initial=0))
        having = [len(count)] * widest
        if int(count.min(initial=widest)) < widest:
            order = np.argsort(-count, kind="stable")
            first = first[order]
            having = np.cumsum(np.bincount(count)[::-1])[::-1][1:].tolist()
        rows = [first[:many] + step for step, many in enumerate(having)]
        return cls(order, [weight.take(row) for row in rows], [place.take(row) for row in rows])

    def sums(self, value: Floats, pay: Floats) -> Floats:
        """Return `(M,)`: `pay` `(M,)` and the weighted sum of `value` over each row."""
        total = np.zeros(0)
        for step, (weight, place) in enumerate(zip(self.weight, self.place, strict=True)):
            later = value.take(place)
            later *= weight
            if step:
                total[: len(later)] += later
            else:
                total = later
        if self.order is None:
            total += pay
            return total
        found = np.empty_like(total)
        found[self.order] = total
        found += pay
        return found


@dataclass(frozen=True)
class Wide:
    """Sum one row after another, where some are so long that going by columns does not pay.

    Attributes:
        offset: `(M,)` where each row begins.
        weight: `(N,)` of the outcomes, row after row.
        place: `(N,)` states that they look up.
    """

    offset: Ints
    weight: Floats
    place: Ints

    @classmethod
    def of(cls, first: Ints, count: Ints, weight: Floats, place: Ints) -> Wide:
        """Lay out rows that begin at `first` `(M,)` and have `count` `(M,)` >= 1 outcomes."""
        offset = np.cumsum(count) - count
        rows = np.arange(int(count.sum())) + np.repeat(first - offset, count)
        return cls(offset, weight[rows], place[rows])

    def sums(self, value: Floats, pay: Floats) -> Floats:
        """Return `(M,)`: `pay` `(M,)` and the weighted sum of `value` over each row."""
        found: Floats = np.add.reduceat(self.weight * value[self.place], self.offset) + pay
        return found


@dataclass(frozen=True)
class Looped:
    """Sum by a compiled loop. Half-size numbers without a sign are what it reads fastest.

    Attributes:
        offset: `(M+1,)` where each row begins.
        weight: `(N,)` of the outcomes, row after row.
        place: `(N,)` states that they look up.
    """

    offset: npt.NDArray[np.uint32]
    weight: Floats
    place: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, first: Ints, count: Ints, weight: Floats, place: Ints) -> Looped:
        """Lay out rows that begin at `first` `(M,)` and have `count` `(M,)` >= 1 outcomes."""
        from agents.solving_loops import lay_out

        offset = np.zeros(len(count) + 1, np.uint32)
        np.cumsum(count, out=offset[1:])
        laid = np.empty(int(offset[-1])), np.empty(int(offset[-1]), np.uint32)
        given = plain(weight, np.float64), plain(place, np.int64)
        lay_out(plain(first, np.int64), offset, *given, *laid)
        return cls(offset, *laid)

    def sums(self, value: Floats, pay: Floats) -> Floats:
        """Return `(M,)`: `pay` `(M,)` and the weighted sum of `value` over each row."""
        from agents.solving_loops import sums

        found = np.empty(len(pay))
        sums(self.offset, self.weight, self.place, value, pay, found)
        return found


def rows(first: Ints, count: Ints, weight: Floats, place: Ints, *, loop: bool = False) -> Rows:
    """Lay out rows that begin at `first` `(M,)` and have `count` `(M,)` >= 1 outcomes.

    Args:
        first: first outcome of each row.
        count: outcomes of each row.
        weight: `(N,)` of every outcome.
        place: `(N,)` states that they look up.
        loop: sum by the compiled loop, unless rows are `wide`.
    """
    if wide(count):
        return Wide.of(first, count, weight, place)
    laid = Looped if loop else Jagged
    return laid.of(first, count, weight, place)


def wide(count: Ints) -> bool:
    """Tell whether rows of `count` outcomes are summed one by one, compiled or not."""
    return int(count.max(initial=0)) > WIDE


def plain(array: npt.NDArray[Any], kind: type[np.generic]) -> npt.NDArray[Any]:
    """Return `array` in the one layout and type for which loops are compiled."""
    return np.require(array, kind, ["C_CONTIGUOUS", "WRITEABLE"])
