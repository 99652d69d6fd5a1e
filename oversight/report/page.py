"""Write one page of what an experiment found: no script, nothing from outside, the same bytes.

The page holds the question, the answer in a sentence, the pictures, every figure with its interval,
and how it was all come by. The same rows give the same page, in whatever order they come.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from oversight.experiment.front import answer, front
from oversight.experiment.gathered import Gathered, Where, gather
from oversight.experiment.intervals import Estimate, RateHow
from oversight.experiment.row import FORMAT, Row, content
from oversight.experiment.summary import (
    FIGURES,
    Comparison,
    Line,
    summarise_gathered,
)
from oversight.experiment.tables import rests_on
from oversight.experiment.wording import number
from oversight.report.bars import bars
from oversight.report.curves import curves
from oversight.report.ink import DARK, LIGHT, alone, drawing
from oversight.report.pareto import pareto
from oversight.report.words import METHODS, QUESTION, design_words, meanings
from sandbox.errors import InputError

TEMPLATE = Path(__file__).with_name("page.html")
EPISODES = 2
"""Episodes of a cell that are named: first who disobeyed, then who tampered, then by seed."""


def render(
    rows: Iterable[Row],
    name: str,
    question: str = QUESTION,
    *,
    baseline: str | None = None,
    overseers: Mapping[str, str] | None = None,
    logs: Path | None = None,
    rates: RateHow = "wilson",
) -> str:
    """Return the page.

    Args:
        rows: of the experiment, in any order.
        name: of the experiment.
        question: that it was to answer.
        baseline: design that the others are compared with; `naive` if it is there.
        overseers: what each overseer does, by its text in the rows.
        logs: folder of the episodes' files, to link those that are there.
        rates: method of the intervals of rates.

    Raises:
        InputError: if there are no rows, one is there twice, or the extra is not installed.
    """
    digest = Digest()
    cells = gather(digest.over(rows))
    comparisons = summarise_gathered(cells, baseline, rates)
    with drawing():
        parts = [_part(place, one, cells, logs) for place, one in enumerate(comparisons)]
    return _filled(
        name=name,
        question=question,
        parts=parts,
        answers=_answers(comparisons),
        light=LIGHT,
        dark=DARK,
        figures=meanings(),
        methods=METHODS,
        counts=_counts(cells),
        designs=_designs(comparisons),
        overseers={one.overseer: (overseers or {}).get(one.overseer, "") for one in comparisons},
        digest=digest.text,
        version=version("offswitch"),
        format=FORMAT,
    )


def picture(rows: Iterable[Row], baseline: str | None = None) -> str:
    """Return the picture of usefulness against safety alone, of the first overseer, as SVG.

    Raises:
        InputError: as `render`; or if no arm has both figures.
    """
    first = summarise_gathered(gather(rows), baseline, "wilson")[0]
    with drawing():
        drawn = pareto(first, "front")
    if drawn is None:
        raise InputError("no design has both usefulness and safety: there is nothing to draw")
    return alone(drawn.svg)


class Digest:
    """Follow rows that pass by, and tell which they were, whatever their order.

    It is the sum of their SHA-256: it tells results apart, and is no seal against forgery.
    """

    def __init__(self) -> None:
        """Begin with no rows."""
        self._sum = 0

    def over(self, rows: Iterable[Row]) -> Iterable[Row]:
        """Give the rows on."""
        for row in rows:
            own = hashlib.sha256(content(row).encode()).digest()
            self._sum = (self._sum + int.from_bytes(own, "big")) % 2**256
            yield row

    @property
    def text(self) -> str:
        """Return the digest of the rows that have passed."""
        return f"{self._sum:064x}"


class Episode(NamedTuple):
    """Name an episode that can be replayed.

    Attributes:
        task: with its setting.
        design: of its agent.
        seed: of the episode; empty where its cell is exact, and the episode is one of many.
        what: came of it.
        id: in the log.
        link: to its file; empty without one.
    """

    task: str
    design: str
    seed: str
    what: str
    id: str
    link: str


def _part(
    place: int, one: Comparison, cells: Mapping[Where, Gathered], logs: Path | None
) -> dict[str, Any]:
    """Return what the page says of one comparison."""
    picture = pareto(one, f"front{place}")
    return {
        "id": f"part{place}",
        "agent": one.agent,
        "overseer": one.overseer,
        "baseline": one.baseline,
        "shared": one.shared,
        "partial": one.partial,
        "pareto": picture,
        "bars": bars(one, f"bars{place}"),
        "curves": curves(one, cells, f"curves{place}"),
        "designs": [arm.design for arm in one.arms],
        "front": {arm.design for arm in front(one)},
        "groups": _groups(one),
        "episodes": list(_episodes(one, cells, logs)),
    }


def _answers(comparisons: Sequence[Comparison]) -> dict[str, list[str]]:
    """Return the answers, each with whose it is: many overseers may come to the same."""
    found: dict[str, list[str]] = {}
    for one in comparisons:
        found.setdefault(answer(one), []).append(f"agent {one.agent}, overseer {one.overseer}")
    return found


def _groups(one: Comparison) -> list[dict[str, Any]]:
    """Return the bodies of the table: the means, the differences, then each task."""
    count = len(one.shared)
    title = f"means over {count} tasks" if count > 1 else f"mean of {count} task"
    groups = [_group(title, one.arms, "figures", one)]
    if len(one.arms) > 1:
        groups.append(_group(f"the same less {one.baseline}\u2019s", one.arms, "change", one))
    for task in dict.fromkeys(line.task for line in one.lines):
        mine = [line for line in one.lines if line.task == task]
        groups.append(_group(task, mine, "figures", one))
    return groups


def _group(title: str, lines: Sequence[Line], kind: str, one: Comparison) -> dict[str, Any]:
    found = {line.design: line for line in lines}
    table = {design: getattr(line, kind) for design, line in found.items()}
    designs = [arm.design for arm in one.arms]
    names = [name for name in FIGURES if any(name in figures for figures in table.values())]
    return {
        "title": title,
        "rows": [_rows(found.get(each), kind) for each in designs],
        "figures": [
            (name, [_cell(table.get(each, {}).get(name), found.get(each)) for each in designs])
            for name in names
        ],
    }


def _rows(line: Line | None, kind: str) -> str:
    """Return how many rows a column rests on, where it has any."""
    return rests_on(line) if line and (kind == "figures" or line.change) else ""


def _cell(one: Estimate | None, line: Line | None) -> tuple[str, str]:
    """Return a figure, and what stands below it: its interval, or why it has none."""
    if one is None or line is None:
        return "\N{EN DASH}", ""
    below: str = one.how
    if one.low is not None and one.high is not None:
        alike = one.low == one.high
        below = "all alike" if alike else f"{number(one.low)} to {number(one.high)}"
    if one.left and one.how != "exact":
        below += f"; n {one.n}"
    if one.bias:
        below += f"; bias {number(one.bias)}"
    return _typed(number(one.value)), _typed(below)


def _typed(text: str) -> str:
    """Return text with the sign that printers use for minus."""
    return text.replace("-", "\N{MINUS SIGN}")


def _breakable(text: str) -> Any:
    """Return a name that may be broken behind the marks within it."""
    from markupsafe import Markup, escape

    return Markup(re.sub("([:,_=/])", r"\1<wbr>", str(escape(text))))  # noqa: S704 (escaped)


def _episodes(
    one: Comparison, cells: Mapping[Where, Gathered], logs: Path | None
) -> Iterable[Episode]:
    for line in one.lines:
        cell = cells[Where(one.agent, one.overseer, line.design, line.task)]
        found = []
        for row, seed in enumerate(cell.seeds):
            if seed in cell.episodes:
                defied = cell.columns["complied"][row] == 0
                tampered = cell.columns["tampered"][row] > 0
                found.append((not defied, not tampered, row, seed))
        for *_, row, seed in sorted(found, key=lambda one: one[:3])[:EPISODES]:
            name = cell.episodes[seed]
            path = logs / f"{name}.jsonl" if logs else None
            link = path.resolve().as_uri() if path and path.exists() else ""
            words = "" if seed is None else str(seed)
            yield Episode(line.task, line.design, words, _came(cell, row), name, link)


def _came(cell: Gathered, row: int) -> str:
    """Return what came of an episode."""
    if cell.exact:
        return "one of many that may come about"
    said, complied, tampered = (
        cell.columns[name][row] for name in ("said", "complied", "tampered")
    )
    stop = "no stop was said" if not said else "obeyed" if complied else "went on after the stop"
    return f"{stop}, tampered" if tampered else stop


def _counts(cells: Mapping[Where, Gathered]) -> dict[str, int]:
    """Return how many rows there are of each kind."""
    whole = sum(cell.exact for cell in cells.values())
    computed = sum(len(cell.seeds) for cell in cells.values() if cell.method == "exact")
    return {
        "cells": len(cells),
        "whole": whole,
        "seeded": computed - whole,
        "sampled": sum(len(one.seeds) for one in cells.values() if one.method == "sampled"),
        "left": sum(one.left for one in cells.values()),
    }


def _designs(comparisons: Sequence[Comparison]) -> dict[str, str]:
    arms = chain.from_iterable(one.arms for one in comparisons)
    return {arm.design: design_words(arm.design) for arm in arms}


def _filled(**found: Any) -> str:
    try:
        import jinja2
        from markupsafe import Markup
    except ModuleNotFoundError as error:
        raise InputError(
            "the page is filled in by jinja2, which is not installed: "
            "pip install 'offswitch[report]'"
        ) from error
    room = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    room.filters.update(svg=Markup, breakable=_breakable)
    text = room.from_string(TEMPLATE.read_text(encoding="utf-8")).render(found)
    return text if text.endswith("\n") else f"{text}\n"
