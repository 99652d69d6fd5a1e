"""Carry out `offswitch experiment`, `offswitch merge` and `offswitch report`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oversight.columns import terminal_room
from oversight.commands import DONE, FAILED, print_rows
from oversight.experiment.executors import one_thread_each
from sandbox.errors import InputError

if TYPE_CHECKING:
    from oversight.experiment.config import Experiment
    from oversight.experiment.results import Stored
    from oversight.experiment.row import Row

STOPPED = 3


def experiment(options: argparse.Namespace) -> int:
    """Run what of an experiment has no row yet, and print what all its rows say."""
    one_thread_each()  # before numpy comes in
    from oversight.experiment.config import Experiment
    from oversight.experiment.plan import ALL, Shard
    from oversight.experiment.progress import shown
    from oversight.experiment.runner import run

    asked = Experiment.read(options.file)
    try:
        with shown() as progress:
            outcome = run(
                asked,
                options.results,
                workers=options.workers,
                cluster=options.cluster,
                shard=Shard.of(options.shard) if options.shard else ALL,
                evaluation=getattr(options, "evaluation", None),
                progress=progress,
                logs=options.logs,
            )
    except KeyboardInterrupt:
        words = "stopped by Ctrl-C: the finished rows are kept; the same command goes on from there"
        print(f"offswitch: {words}", file=sys.stderr)
        return STOPPED
    if options.json:
        _print_array(outcome.rows())
    elif outcome.new or not outcome.failed:
        _print_summary(outcome.rows(), options)
        page = f"offswitch report {outcome.path} --page {asked.name}.html"
        print(f"for the page: {page}", file=sys.stderr)
    return FAILED if outcome.failed else DONE


def merge(options: argparse.Namespace) -> int:
    """Put the rows of several results files into one."""
    from oversight.experiment.results import merged

    new = merged(options.into, options.others)
    rows = [
        {"id": str(other), "new": count, "sentence": f"{count:,} new rows -> {options.into}"}
        for other, count in zip(options.others, new, strict=True)
    ]
    return print_rows(rows, options, ("id", "sentence"))


def report(options: argparse.Namespace) -> int:
    """Write the page of a results file, or its rows; where neither is wanted, print the summary."""
    one_thread_each()  # the last digits of sums hang on the number of threads
    from oversight.report_commands import Wanted, give_out

    asked, rows = _read(options.results)
    wanted = Wanted(
        name=asked.name,
        question=asked.question,
        baseline=options.baseline,
        page=options.page,
        picture=options.picture,
        files=tuple(options.rows),
        overseers={one: _overseer(one) for one in {cell.overseer for cell in asked.cells()}},
        logs=options.logs,
    )
    for line in give_out(rows, wanted):
        print(line, file=sys.stderr)
    if options.json or not (options.page or options.rows or options.picture):
        _print_summary(rows, options)
    return DONE


def _read(path: Path) -> tuple[Experiment, Stored]:
    """Return the experiment that a results file was last run for, and its rows."""
    from oversight.experiment.config import Experiment
    from oversight.experiment.results import Results, Stored

    with Results(path, readonly=True) as results:
        noted = results.notes().get("experiment")
    if noted is None:
        raise InputError(f"{path}: it does not say of which experiment it is: run that first")
    asked = Experiment.model_validate_json(noted)
    return asked, Stored(path, asked.cells(), asked.seed_list)


def _overseer(reference: str) -> str:
    """Return what an overseer does, in a sentence."""
    from oversight.experiment.persons import PERSONS
    from oversight.overseer import OVERSEERS

    name = reference.partition(":")[0]
    return PERSONS[name][1] if name in PERSONS else OVERSEERS.get(name, "")


def _print_summary(rows: Iterable[Row], options: argparse.Namespace) -> None:
    from oversight.report_commands import told

    baseline = getattr(options, "baseline", None)
    print(told(rows, as_json=options.json, width=terminal_room(), baseline=baseline))


def _print_array(rows: Iterable[Row]) -> None:
    """Print rows as a JSON array, one at a time."""
    print("[", end="")
    for number, row in enumerate(rows):
        found: dict[str, Any] = dict(row)
        print(",\n" if number else "\n", json.dumps(found), sep="", end="")
    print("\n]")
