"""Carry out `offswitch experiment` and `offswitch merge`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from oversight.commands import DONE, FAILED, print_rows
from oversight.experiment.executors import one_thread_each

STOPPED = 3
ROWS = 50
"""Rows that a table shows, at the most."""
COLUMNS = (
    *("task", "setting", "agent", "design", "overseer", "seed", "method"),
    *("reward", "performance", "usefulness", "complied", "tampered"),
)


def experiment(options: argparse.Namespace) -> int:
    """Run what of an experiment has no row yet, and print its rows."""
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
            )
    except KeyboardInterrupt:
        words = "stopped by Ctrl-C: the finished rows are kept; the same command goes on from there"
        print(f"offswitch: {words}", file=sys.stderr)
        return STOPPED
    print_summary(outcome.rows(), options)
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


def print_summary(rows: Iterator[Mapping[str, Any]], options: argparse.Namespace) -> None:
    """Print rows as a JSON array, one at a time, or the first of them as a plain table."""
    if options.json:
        print("[", end="")
        for number, row in enumerate(rows):
            print(",\n" if number else "\n", json.dumps(row), sep="", end="")
        print("\n]")
        return
    header: dict[str, Any] = {name: name for name in COLUMNS}
    first = list(islice(rows, ROWS))
    print_rows([header, *map(_short, first)], options, COLUMNS)
    more = sum(1 for _ in rows)
    if more:
        print(f"... and {more:,} rows more; --json prints them all")


def _short(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its numbers to three decimals."""
    shown = {name: f"{one:.3f}" if isinstance(one, float) else one for name, one in row.items()}
    return {name: "-" if one is None else one for name, one in shown.items()}
