"""Draw usefulness and compliance of every design, one small panel a task."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from oversight.experiment.intervals import Estimate
from oversight.experiment.summary import Comparison, Line
from oversight.experiment.wording import figure as worded
from oversight.experiment.wording import number, parted
from oversight.report.ink import BLUE, GOLD, INK, PAPER, QUIET, inline, quiet_axes, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = (("usefulness", BLUE), ("complied", GOLD))
WIDTH, ROW, NAMES = 960.0, 21.0, 176.0
"""Of the picture, of one design, and of the designs' names, in points."""
HEAD, FOOT, BETWEEN, ACROSS = 26.0, 24.0, 28.0, 4
BAR = 0.31
LEAST, MOST = -1.0, 1.5
"""Figures beyond are cut off, and written."""
NOTHING = 0.01
"""A smaller bar is a mark, so that it is seen."""
TICKS = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5)
LONGEST = 26
"""Letters of a line, before it is shortened."""


def bars(comparison: Comparison, name: str) -> str:
    """Return the picture of a comparison."""
    tasks = list(dict.fromkeys(line.task for line in comparison.lines))
    designs = [arm.design for arm in comparison.arms]
    found = {(line.task, line.design): line for line in comparison.lines}
    across = min(ACROSS, len(tasks))
    down = math.ceil(len(tasks) / across)
    panel = HEAD + ROW * len(designs) + FOOT
    page = sheet(NAMES + (WIDTH - NAMES) * across / ACROSS, panel * down)
    low, high = _range(comparison.lines)
    for number_, task in enumerate(tasks):
        axes = _panel(page, number_, across, panel, len(designs))
        axes.set_xlim(low, high)
        axes.set_title(task, fontsize=9.5)
        names = designs if number_ % across == 0 else []
        _rows(axes, [found.get((task, design)) for design in designs], names)
    story = " ".join(_story(line) for line in comparison.lines)
    return inline(page, name, "Usefulness and compliance by task and design", story, {})


def _story(line: Line) -> str:
    parts = (f"{name} {worded(line.figures[name])}" for name, _ in SHOWN if name in line.figures)
    return f"{line.task}, {line.design}: {', '.join(parts) or 'neither'}."


def _range(lines: Sequence[Line]) -> tuple[float, float]:
    """Return what the panels show, the same in all."""
    ends = [
        end
        for line in lines
        for name, _ in SHOWN
        if name in line.figures
        for end in (line.figures[name].value, *line.figures[name].bounds)
        if not math.isnan(end)
    ]
    low = max(LEAST, min([0.0, *ends]))
    high = min(MOST, max([1.0, *ends]))
    return low - 0.02, high + 0.04


def _panel(page: Figure, number_: int, across: int, panel: float, designs: int) -> Axes:
    """Return the axes of one task."""
    wide, high = (72 * float(one) for one in page.get_size_inches())
    room = (wide - NAMES) / across
    left = NAMES + room * (number_ % across)
    bottom = high - panel * (number_ // across) - HEAD - ROW * designs
    axes = page.add_axes(
        (left / wide, bottom / high, (room - BETWEEN) / wide, ROW * designs / high)
    )
    quiet_axes(axes, "x")
    axes.set_ylim(designs - 0.5, -0.5)
    return axes


def _rows(axes: Axes, lines: Sequence[Line | None], names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [_written(one) for one in names], color=INK)
    for text in axes.get_yticklabels():
        text.set_fontsize(7.5 if "\n" in text.get_text() else 9.5)
    axes.tick_params(axis="x", labelsize=8.5)
    axes.set_xticks([one for one in TICKS if axes.get_xlim()[0] <= one <= axes.get_xlim()[1]])
    axes.axvline(0.0, color=QUIET, linewidth=0.8, alpha=0.8)
    for row, line in enumerate(lines):
        if line is None:
            axes.text(0.02, row, "not run", color=QUIET, fontsize=8, va="center")
    for (name, colour), side in zip(SHOWN, (-1, 1), strict=True):
        found = [
            (row + side * BAR / 1.9, line.figures.get(name))
            for row, line in enumerate(lines)
            if line
        ]
        absent = [height for height, one in found if one is None]
        axes.plot([0.02] * len(absent), absent, "x", markersize=4, color=colour)
        _bars(axes, [(height, one) for height, one in found if one], colour)


def _bars(axes: Axes, found: Sequence[tuple[float, Estimate]], colour: str) -> None:
    """Draw bars with their intervals; a figure beyond the panel is written at its edge."""
    from matplotlib.collections import PolyCollection

    half = BAR / 2
    corners = [
        [(0, at - half), (one.value, at - half), (one.value, at + half), (0, at + half)]
        for at, one in found
    ]
    axes.add_collection(PolyCollection(corners, facecolors=colour, linewidths=0), autolim=False)
    for at in [at for at, one in found if abs(one.value) < NOTHING]:
        axes.vlines(0.0, at - half, at + half, color=colour, linewidth=2.5)
    sampled = [(at, *one.bounds) for at, one in found if one.low is not None]
    if sampled:
        axes.hlines(*zip(*sampled, strict=True), color=INK, linewidth=0.9, alpha=0.8)
    low, high = axes.get_xlim()
    for at, one in found:
        if not low <= one.value <= high:
            right = one.value > high
            edge = high - 0.02 if right else low + 0.02
            side = "right" if right else "left"
            axes.text(edge, at, number(one.value), color=PAPER, fontsize=7, ha=side, va="center")


def _written(design: str) -> str:
    """Return a design with its knobs below, each shortened where it is long."""
    return "\n".join(
        one if len(one) <= LONGEST else f"{one[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
        for one in parted(design)
        if one
    )
