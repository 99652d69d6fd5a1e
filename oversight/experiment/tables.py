"""Print a summary as tables: the arms first, what they change, then every task."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from textwrap import wrap

from oversight.columns import table_lines
from oversight.experiment.front import answer, front
from oversight.experiment.summary import Comparison, Figures, Line
from oversight.experiment.wording import LEGEND, parted, short

SHOWN = ("usefulness", "safety", "complied", "tampered", "gap", "asked")
"""Figures of the terminal's tables; JSON and the page have all."""
PER_TASK = ("usefulness", "complied", "tampered", "gap", "asked", "neutrality")


Cell = tuple[str, str]
"""What stands in a row of a table, and what stands below it."""


def text(comparisons: Sequence[Comparison], width: int | None = 100) -> str:
    """Return the tables of a summary, in `width` columns; without a width one line a row."""
    lines: list[str] = []
    for comparison in comparisons:
        lines += [f"agent {comparison.agent}, overseer {comparison.overseer}", ""]
        lines += [*_arms(comparison, width), ""]
        changes = _changes(comparison, width)
        lines += [*changes, ""] if changes else []
        lines += [*_tasks(comparison, width), ""]
        lines += [*wrap(answer(comparison), width or sys.maxsize), ""]
    return "\n".join([*lines, LEGEND])


def _arms(comparison: Comparison, width: int | None) -> list[str]:
    edge = {one.design for one in front(comparison)}
    rows = [
        [_named(arm.design, "* " if arm.design in edge else "  "), *_cells(arm.figures, SHOWN)]
        for arm in comparison.arms
    ]
    lines = [f"means over {_counted(comparison.shared)}; * stands on the front of the first two"]
    lines += _laid(["  design", *SHOWN], rows, width)
    if comparison.partial:
        left = f"left out, as some designs lack them: {', '.join(comparison.partial)}"
        lines += wrap(left, width or sys.maxsize)
    return lines


def _changes(comparison: Comparison, width: int | None) -> list[str]:
    names = [name for name in SHOWN if name != "safety"]
    rows = [
        [_named(arm.design, "  "), *_cells(arm.change, names)]
        for arm in comparison.arms
        if arm.design != comparison.baseline
    ]
    if not rows:
        return []
    title = f"the same less {comparison.baseline}'s, paired by seed"
    return [title, *_laid(["  design", *names], rows, width)]


def _tasks(comparison: Comparison, width: int | None) -> list[str]:
    """Return a row for each task and design; in a given width, each task is a heading."""
    heads = ["  design", *PER_TASK]
    rows: dict[str, list[list[Cell]]] = {}
    counts: dict[str, list[str]] = {}
    for line in comparison.lines:
        cells = [_named(line.design, "  "), *_cells(line.figures, PER_TASK)]
        rows.setdefault(line.task, []).append(cells)
        counts.setdefault(line.task, []).append(rests_on(line))
    if width is None:
        flat = [
            [(task, ""), *row, (count, "")]
            for task, found in rows.items()
            for row, count in zip(found, counts[task], strict=True)
        ]
        return _laid(["task", *heads, "rows"], flat, None)
    every = [row for found in rows.values() for row in found]
    wide = [
        max(map(len, (head, *(part for cell in column for part in cell))))
        for head, column in zip(heads, zip(*every, strict=True), strict=True)
    ]
    heads = [head.ljust(room) for head, room in zip(heads, wide, strict=True)]
    lines = _laid(heads, [], width)
    for task, found in rows.items():
        lines.append(f"{task} ({', '.join(dict.fromkeys(counts[task]))})")
        lines += _laid(heads, found, width)[1:]
    return lines


def _laid(heads: Sequence[str], rows: Iterable[Sequence[Cell]], width: int | None) -> list[str]:
    """Lay cells out: in a given width, what stands below has a line of its own."""
    lines = [list(heads)]
    for row in rows:
        if width is None:
            lines.append([_flat(cell) for cell in row])
            continue
        lines.append([above for above, _ in row])
        below = [below for _, below in row]
        lines += [below] if any(below) else []
    return [line.rstrip() for line in table_lines(lines, width)]


def _flat(cell: Cell) -> str:
    """Return a cell in one line; knobs stand at their design again."""
    above, below = cell
    return above + (below.strip() if below.strip().startswith(":") else f" {below}".rstrip())


def _named(design: str, mark: str) -> Cell:
    """Return a design's name, and its knobs below."""
    name, knobs = parted(design)
    return f"{mark}{name}", f"  :{knobs}" if knobs else ""


def _cells(figures: Figures, names: Iterable[str]) -> list[Cell]:
    return [short(figures.get(name)) for name in names]


def rests_on(line: Line) -> str:
    """Return how many rows a line rests on, and of which kind."""
    if line.exact == line.rows == 1:
        return "exact"
    exact = "exact" if line.exact == line.rows else f"{line.exact} exact"
    return f"{line.rows} rows, {exact}" if line.exact else f"{line.rows} rows"


def _counted(tasks: Sequence[str]) -> str:
    return f"{len(tasks)} task{'' if len(tasks) == 1 else 's'}"
