"""Draw usefulness against safety, one point an arm, with the front."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from oversight.experiment.front import at, front, placed
from oversight.experiment.summary import Comparison, Line
from oversight.experiment.wording import figure as worded
from oversight.experiment.wording import parted
from oversight.report.ink import BLUE, INK, QUIET, VERMILION, inline, quiet_axes, sheet
from oversight.report.labels import Box, Wanted, settled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

WIDTH, HEIGHT = 620.0, 420.0
MARK = 5.0
"""Half the width of a point."""
MARGIN = 0.07


class Picture(NamedTuple):
    """Hold a picture.

    Attributes:
        svg: element for a page.
        unnamed: designs whose points have no label, for want of room.
    """

    svg: str
    unnamed: tuple[str, ...]


def pareto(comparison: Comparison, name: str) -> Picture | None:
    """Return the picture of a comparison; None where no arm has both figures."""
    arms = placed(comparison)
    if not arms:
        return None
    page = sheet(WIDTH, HEIGHT)
    axes = page.add_axes((0.085, 0.12, 0.9, 0.84))
    quiet_axes(axes)
    _limits(axes, arms)
    edge = front(comparison)
    steps = _staircase(axes, edge)
    tips = {}
    for number, arm in enumerate(arms):
        gid = f"arm{number}"
        _point(axes, arm, _colour(arm, edge, comparison), gid, square=_is_base(arm, comparison))
        tips[gid] = _tip(arm)
    unnamed = _label(axes, _by_rank(arms, edge, comparison), edge, steps)
    axes.set_xlabel("usefulness \N{RIGHTWARDS ARROW}", loc="right")
    axes.set_ylabel("safety \N{RIGHTWARDS ARROW}", loc="top")
    story = " ".join([*(f"{_tip(arm)}." for arm in arms), _front_story(edge)])
    title = f"Usefulness against safety of {len(arms)} designs"
    return Picture(inline(page, name, title, story, tips), tuple(unnamed))


def _by_rank(arms: list[Line], edge: list[Line], comparison: Comparison) -> list[Line]:
    """Put first who must have a label: the front, then the baseline, then the others."""
    return sorted(arms, key=lambda one: (one not in edge, not _is_base(one, comparison)))


def _is_base(arm: Line, comparison: Comparison) -> bool:
    return arm.design == comparison.baseline


def _colour(arm: Line, edge: list[Line], comparison: Comparison) -> str:
    if _is_base(arm, comparison):
        return VERMILION
    return BLUE if arm in edge else QUIET


def _tip(arm: Line) -> str:
    useful, safe = (worded(arm.figures[name]) for name in ("usefulness", "safety"))
    return f"{arm.design}: usefulness {useful}, safety {safe}"


def _front_story(edge: list[Line]) -> str:
    return f"On the front: {', '.join(one.design for one in edge)}."


def _limits(axes: Axes, arms: list[Line]) -> None:
    """Show every interval, and both ends of the scale of safety."""
    ends = [end for arm in arms for end in _ends(arm, "usefulness")]
    low, high = min(*ends, 1.0), max(*ends, 1.0)
    pad = MARGIN * max(high - low, 0.1)
    axes.set_xlim(low - pad, high + pad)
    axes.set_ylim(-MARGIN, 1.0 + MARGIN)
    axes.set_yticks([0.0, 0.25, 0.5, 0.75, 1.0])


def _ends(arm: Line, name: str) -> tuple[float, float]:
    """Return the ends of an interval, which is a point where there is none."""
    one = arm.figures[name]
    low, high = one.bounds
    return (one.value, one.value) if math.isnan(low) else (low, high)


def _staircase(axes: Axes, edge: list[Line]) -> list[Box]:
    """Draw the front, beyond whose upper right no design is; return where it runs."""
    places = sorted({at(one) for one in edge})
    xs, ys = [axes.get_xlim()[0]], [places[0][1]]
    for (x, y), after in zip(places, [*places[1:], None], strict=True):
        xs += [x, x]
        ys += [y, after[1] if after else axes.get_ylim()[0]]
    axes.plot(xs, ys, color=BLUE, linewidth=1.2, alpha=0.55, zorder=1, solid_joinstyle="round")
    axes.fill_between(xs, ys, axes.get_ylim()[0], color=BLUE, alpha=0.045, linewidth=0, zorder=0)
    corners = axes.transData.transform(list(zip(xs, ys, strict=True)))
    return [
        Box(min(x, right) - 1, min(y, top) - 1, max(x, right) + 1, max(y, top) + 1)
        for (x, y), (right, top) in pairwise(corners)
    ]


def _point(axes: Axes, arm: Line, colour: str, gid: str, *, square: bool) -> None:
    x, y = at(arm)
    axes.hlines(y, *_ends(arm, "usefulness"), color=colour, linewidth=1.4, alpha=0.5, zorder=2)
    axes.vlines(x, *_ends(arm, "safety"), color=colour, linewidth=1.4, alpha=0.5, zorder=2)
    axes.plot(
        [x],
        [y],
        marker="s" if square else "o",
        markersize=2 * MARK - square,
        color=colour,
        markeredgewidth=0,
        zorder=3,
        gid=gid,
    )


def _label(axes: Axes, arms: list[Line], edge: list[Line], steps: list[Box]) -> list[str]:
    """Write each design's name where there is room; return those that have none."""
    texts = [_text(axes, arm, edge) for arm in arms]
    renderer = axes.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    wanted = []
    for arm, text in zip(arms, texts, strict=True):
        size = text.get_window_extent(renderer)
        x, y = axes.transData.transform(at(arm))
        wanted.append(Wanted(x, y, size.width + 2, size.height))
    frame = axes.get_window_extent(renderer)
    page = Box(frame.x0 + 2, frame.y0 + 2, frame.x1 - 2, frame.y1 - 2)
    unnamed = []
    boxes = settled(wanted, _taken(axes, arms), steps, page)
    for arm, text, box in zip(arms, texts, boxes, strict=True):
        if box is None:
            text.remove()
            unnamed.append(arm.design)
            continue
        middle = ((box.left + box.right) / 2, (box.bottom + box.top) / 2)
        x, y = axes.transData.inverted().transform(middle)
        text.set_position((float(x), float(y)))
        _leader(axes, arm, box)
    return unnamed


def _text(axes: Axes, arm: Line, edge: list[Line]) -> Text:
    words = "\n".join(filter(None, parted(arm.design)))
    return axes.text(
        *at(arm),
        words,
        color=INK if arm in edge else QUIET,
        fontsize=10,
        ha="center",
        va="center",
        multialignment="left",
        linespacing=1.15,
        zorder=4,
    )


def _taken(axes: Axes, arms: list[Line]) -> list[Box]:
    """Return what labels must not cover: points and intervals."""
    found = []
    for arm in arms:
        x, y = at(arm)
        (left, bottom), (right, top) = (
            axes.transData.transform((across, up))
            for across, up in zip(_ends(arm, "usefulness"), _ends(arm, "safety"), strict=True)
        )
        here, there = axes.transData.transform((x, y))
        found.append(Box(here - MARK, there - MARK, here + MARK, there + MARK))
        found.append(Box(min(left, here), there - 1.5, max(right, here), there + 1.5))
        found.append(Box(here - 1.5, min(bottom, there), here + 1.5, max(top, there)))
    return found


def _leader(axes: Axes, arm: Line, box: Box) -> None:
    """Lead from a point to a label that stands away from it."""
    x, y = axes.transData.transform(at(arm))
    near = (min(max(x, box.left), box.right), min(max(y, box.bottom), box.top))
    if math.dist((x, y), near) < 2.2 * MARK:
        return
    ends = axes.transData.inverted().transform([(x, y), near])
    axes.plot(ends[:, 0], ends[:, 1], color=QUIET, linewidth=0.6, alpha=0.7, zorder=1.5)
