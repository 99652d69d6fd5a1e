"""Draw what learners came to as they learnt: the told reward, and the performance that it hides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from oversight.experiment.bootstrap import bootstrap, ratio
from oversight.experiment.gathered import Curve, Gathered, Where
from oversight.experiment.summary import Comparison
from oversight.experiment.wording import number
from oversight.report.ink import DASHES, LINES, inline, quiet_axes, sheet
from oversight.report.labels import spread
from sandbox.mdp import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, PANEL, HEAD, FOOT = 960.0, 150.0, 28.0, 34.0
LEFT, BETWEEN, NAMES = 50.0, 46.0, 190.0
POINTS = 60
"""Points of a curve that are drawn, at the most."""
APART = 12.5
"""Of two labels, in points."""


class Band(NamedTuple):
    """Hold a mean over seeds with its interval, [points]."""

    steps: Floats
    mean: Floats
    low: Floats
    high: Floats


Bands = tuple[Band, Band]
"""Of the reward and of the performance."""


def curves(comparison: Comparison, cells: Mapping[Where, Gathered], name: str) -> str | None:
    """Return the picture of a comparison; None where no row has a curve."""
    designs = [arm.design for arm in comparison.arms]
    found: dict[str, dict[str, Bands]] = {}
    for line in comparison.lines:
        where = Where(comparison.agent, comparison.overseer, line.design, line.task)
        bands = banded(list(cells[where].curves.values()))
        if bands:
            found.setdefault(line.task, {})[line.design] = bands
    if not found:
        return None
    whole = HEAD + PANEL + FOOT
    page = sheet(WIDTH, whole * len(found))
    room = (WIDTH - LEFT - BETWEEN - NAMES) / 2
    for number_, (task, lines) in enumerate(found.items()):
        bottom = 1 - (number_ * whole + HEAD + PANEL) / (whole * len(found))
        for side, words in enumerate(("reward, as told", "performance, hidden")):
            left = LEFT + side * (room + BETWEEN)
            axes = page.add_axes((left / WIDTH, bottom, room / WIDTH, PANEL / (whole * len(found))))
            _panel(axes, {one: bands[side] for one, bands in lines.items()}, designs)
            axes.set_title(f"{task}: {words}" if not side else words, fontsize=9.5)
        _names(axes, {one: bands[1] for one, bands in lines.items()}, designs)
        axes.set_xlabel("steps learnt", fontsize=8.5, loc="right", labelpad=1)
    story = " ".join(_story(task, lines) for task, lines in found.items())
    return inline(page, name, "Learning curves by task and design", story, {})


def banded(found: Sequence[Curve]) -> Bands | None:
    """Return the means of curves over seeds at the steps that all have; None without any."""
    common = set.intersection(*({point[0] for point in one} for one in found)) if found else set()
    if not common:
        return None
    steps = np.array(sorted(common))
    if len(steps) > POINTS:
        steps = steps[np.unique(np.linspace(0, len(steps) - 1, POINTS).round().astype(int))]
    tables = [{point[0]: point[1:] for point in one} for one in found]
    values = np.array([[table[step] for step in steps.tolist()] for table in tables])
    reward, performance = (_band(steps.astype(float), values[:, :, at]) for at in (0, 1))
    return reward, performance


def _band(steps: Floats, values: Floats) -> Band:
    """Return the mean over seeds, [seeds, points], with its interval at each point."""
    ones = np.ones(len(values))
    found = [bootstrap(np.column_stack((column, ones)), ratio) for column in values.T]
    low, high = np.array([one.bounds for one in found]).T
    return Band(steps, np.array([one.value for one in found]), low, high)


def _panel(axes: Axes, bands: Mapping[str, Band], designs: Sequence[str]) -> None:
    quiet_axes(axes, "y")
    axes.tick_params(labelsize=8.5)
    axes.locator_params(nbins=5)
    axes.margins(x=0.0)
    for design, band in bands.items():
        colour, dash = style(designs.index(design))
        axes.fill_between(band.steps, band.low, band.high, color=colour, alpha=0.13, linewidth=0)
        axes.plot(band.steps, band.mean, dash, color=colour, linewidth=1.5)
    ticks = [one for one in axes.get_xticks() if axes.get_xlim()[0] <= one <= axes.get_xlim()[1]]
    axes.set_xticks(ticks, [f"{one:,.0f}" for one in ticks])


def _names(axes: Axes, bands: Mapping[str, Band], designs: Sequence[str]) -> None:
    """Write the designs at the ends of their lines, none over another."""
    ends = [axes.transData.transform((band.steps[-1], band.mean[-1])) for band in bands.values()]
    frame = axes.get_window_extent()
    heights = spread([float(y) for _, y in ends], APART, frame.y0, frame.y1)
    for (design, band), (x, _), height in zip(bands.items(), ends, heights, strict=True):
        colour, _ = style(designs.index(design))
        back = axes.transData.inverted()
        bend = back.transform((x + 14, height))
        across, up = (float(one) for one in back.transform((x + 18, height)))
        axes.plot(
            [band.steps[-1], bend[0]],
            [band.mean[-1], bend[1]],
            color=colour,
            linewidth=0.8,
            alpha=0.7,
            clip_on=False,
            scalex=False,
            scaley=False,
        )
        axes.text(across, up, design, color=colour, fontsize=9.5, va="center")


def style(place: int) -> tuple[str, str]:
    """Return the colour and the dash of the design at a place."""
    return LINES[place % len(LINES)], DASHES[place // len(LINES) % len(DASHES)]


def _story(task: str, lines: Mapping[str, Bands]) -> str:
    ends = (
        f"{design} ends at reward {number(reward.mean[-1])} and performance "
        f"{number(performance.mean[-1])}"
        for design, (reward, performance) in lines.items()
    )
    return f"{task}: {'; '.join(ends)}."
