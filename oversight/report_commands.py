"""Give out what an experiment found: tables or JSON to read, a page, and files for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from oversight.experiment.export import WRITERS, summary_record, write
from oversight.experiment.row import Row
from oversight.experiment.summary import summarise
from oversight.experiment.tables import text
from oversight.files import whole
from oversight.report.page import picture, render
from oversight.report.words import QUESTION
from sandbox.errors import InputError


@dataclass(frozen=True)
class Wanted:
    """Say what is to be given out.

    Attributes:
        name: of the experiment.
        question: that it was to answer.
        baseline: design that the others are compared with; `naive` if there is one.
        page: file for the page; None for none.
        picture: file for the picture of usefulness against safety alone; None for none.
        files: for the rows, in the form that their suffixes name.
        overseers: what each overseer does, by its text in the rows.
        logs: folder of the episodes' files.
    """

    name: str
    question: str = QUESTION
    baseline: str | None = None
    page: Path | None = None
    picture: Path | None = None
    files: tuple[Path, ...] = ()
    overseers: Mapping[str, str] | None = None
    logs: Path | None = None


def give_out(rows: Iterable[Row], wanted: Wanted) -> list[str]:
    """Write the page and the files, and return a line on each; rows are gone through for each.

    Raises:
        InputError: before anything is written, if a suffix is unknown or there are no rows; else
            if an extra is not installed, or a file cannot be written.
    """
    for path in wanted.files:
        if path.suffix not in WRITERS:
            raise InputError(f"{path}: rows are written as {', '.join(WRITERS)}")
    try:
        said = []
        if wanted.page:
            said.append(_written(wanted.page, "page", _page(rows, wanted)))
        if wanted.picture:
            said.append(_written(wanted.picture, "picture", picture(rows, wanted.baseline)))
        said += [f"{path}: {write(rows, path):,} rows" for path in wanted.files]
    except OSError as error:
        raise InputError(f"cannot write {error.filename}: {error.strerror}") from error
    return said


def _page(rows: Iterable[Row], wanted: Wanted) -> str:
    return render(
        rows,
        wanted.name,
        wanted.question,
        baseline=wanted.baseline,
        overseers=wanted.overseers,
        logs=wanted.logs,
    )


def _written(path: Path, what: str, text: str) -> str:
    """Write a file, whole or not at all, and return a line on it."""
    with whole(path) as partial:
        partial.write_text(text, encoding="utf-8")
    return f"{path}: {what}, {len(text.encode()) / 1024:,.0f} KB"


def told(
    rows: Iterable[Row], *, as_json: bool, width: int | None, baseline: str | None = None
) -> str:
    """Return the summary to print: tables in `width` columns, or JSON.

    Raises:
        InputError: if there are no rows, or the baseline is no design of theirs.
    """
    comparisons = summarise(rows, baseline)
    if as_json:
        return json.dumps(summary_record(comparisons), indent=2)
    return text(comparisons, width)
