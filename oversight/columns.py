"""Lay text out in the columns that the reader has."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from shutil import get_terminal_size

LEAST = 12
"""Characters that a column keeps, however narrow the terminal is."""

GAP = "  "
"""Stands between two columns."""


def room(most: int) -> int:
    """Return the columns of the terminal that is written to, but `most` at the most.

    What is no terminal has `most`, unless `COLUMNS` says otherwise.
    """
    return min(most, get_terminal_size((most, 24)).columns)


def terminal_room() -> int | None:
    """Return the columns of the terminal that is written to; None where a program reads."""
    return get_terminal_size().columns if sys.stdout.isatty() else None


def table_lines(rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """Return the lines of a plain table; a table wider than `width` has its widest columns wrapped.

    Without a width each row is one line, for programs that read lines.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if width is not None:
        widths = _fitted(widths, width)
    lines = []
    for row in rows:
        cells = [
            textwrap.wrap(cell, wide) if width is not None and cell else [cell]
            for cell, wide in zip(row, widths, strict=True)
        ]
        for parts in zip_longest(*cells, fillvalue=""):
            whole = (part.ljust(wide) for part, wide in zip(parts, widths, strict=True))
            lines.append(GAP.join(whole).rstrip())
    return lines


def _fitted(widths: Sequence[int], width: int) -> list[int]:
    """Narrow the widest columns, again and again, until all fit or none can give any more."""
    found = list(widths)
    while sum(found) + len(GAP) * (len(found) - 1) > width and max(found) > LEAST:
        found[found.index(max(found))] -= 1
    return found
