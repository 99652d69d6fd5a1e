"""Run an experiment: find what is missing, have it evaluated, and write it as it comes.

At any time only a few units are out, and rows go to disk as they arrive: memory does not grow with
the rows. What is on disk is never evaluated again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import NamedTuple

from oversight.experiment.cell import Logging
from oversight.experiment.config import Experiment, in_words
from oversight.experiment.dispatch import Dispatch
from oversight.experiment.executors import Crew, Lent, opened
from oversight.experiment.plan import ALL, Queue, Shard, missing
from oversight.experiment.progress import Progress, Silent, duration
from oversight.experiment.results import VERSION, Results, Stored
from oversight.experiment.row import Cell
from oversight.experiment.unit import Evaluate, Evaluated, Evaluation, Unit
from sandbox.errors import StoreError
from sandbox.plugin import file_of

LINES = 50
"""Failures that are told one by one, at the most."""


class Outcome(NamedTuple):
    """Say what came of a run.

    Attributes:
        experiment: that was run.
        path: of the results.
        cells: that were evaluated, now or before.
        new: rows that this run added.
        failed: episodes without rows; cells in one go count as one episode.
    """

    experiment: Experiment
    path: Path
    cells: list[Cell]
    new: int
    failed: int

    def rows(self) -> Stored:
        """Return the experiment's rows, read from disk: by cell in its order, then by seed."""
        return Stored(self.path, self.cells, self.experiment.seed_list)


def run(
    experiment: Experiment,
    folder: Path,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    cluster: str = "",
    shard: Shard = ALL,
    evaluation: Evaluation | None = None,
    progress: Progress | None = None,
    logs: Path | None = None,
) -> Outcome:
    """Evaluate what has no row yet: on `executor`, on `cluster`, or by so many workers here.

    The episodes that the experiment wants logged go into the log in `logs`, if that is given.

    Raises:
        InputError: if the experiment cannot be run.
        StoreError: if the results cannot be written; the finished rows are kept.
    """
    evaluation, told = evaluation or Evaluation(), progress or Silent()
    evaluate = _logged(evaluation.evaluate, experiment, logs)
    cells = experiment.fitting(experiment.cells(told.say), evaluation.check, told.say)
    path = results_path(experiment, folder, shard)
    with Results(path) as results:
        _note(results, experiment, cells, told)
        units = missing(cells, experiment.seed_list, results, evaluation.whole, shard)
        total = sum(unit.weight for unit in units)
        told.say(f"{experiment.name}: {len(cells):,} cells; {total:,} episodes without a row yet")
        writer, began = _Writer(results, told), time.monotonic()
        if units:
            told.begin(total)
            with _crew(executor, workers, cluster) as crew:
                Dispatch(crew, evaluate, Queue(units), writer.keep).run()
        told.say(f"{writer.new:,} rows in {duration(time.monotonic() - began)} -> {path}")
        if writer.failed:
            told.say(f"{writer.failed:,} episodes failed; the same command tries them again")
    return Outcome(experiment, path, cells, writer.new, writer.failed)


def _logged(evaluate: Evaluate, experiment: Experiment, logs: Path | None) -> Evaluate:
    """Return the evaluation that writes the episodes down that the experiment wants to keep."""
    seeds = experiment.seed_list
    wanted = {"none": (), "first": seeds[:1], "all": seeds}[experiment.episodes]
    if logs is None or not wanted:
        return evaluate
    return partial(evaluate, logging=Logging(logs.absolute(), frozenset(wanted)))


def results_path(experiment: Experiment, folder: Path, shard: Shard = ALL) -> Path:
    """Return where the rows of an experiment, or of a part of it, are kept."""
    part = "" if shard.parts == 1 else f".{shard.number}of{shard.parts}"
    return folder / f"{experiment.name}{part}.db"


def _crew(
    executor: Executor | None, workers: int | None, cluster: str
) -> AbstractContextManager[Crew]:
    if executor is not None:
        return nullcontext(Lent(executor, workers))
    return opened(workers, cluster)


class _Writer:
    """Write what comes, and tell of it."""

    def __init__(self, results: Results, told: Progress) -> None:
        self._results, self._told = results, told
        self._said: set[tuple[Cell, str]] = set()
        self.new = self.failed = 0

    def keep(self, unit: Unit, came: Evaluated) -> None:
        """Keep the rows of a unit, and tell what failed, the same of one cell only once."""
        if came.rows:
            self._results.add(unit.cell, came.rows, came.seconds / len(came.rows))
            self.new += len(came.rows)
        for seeds, sentence in came.failures:
            self.failed += 1 if unit.whole else len(seeds)
            if (unit.cell, sentence) not in self._said and len(self._said) < LINES:
                self._said.add((unit.cell, sentence))
                of = "" if unit.whole else f", seed {seeds[0]}"
                self._told.say(f"failed: {in_words(unit.cell)}{of}: {sentence}")
        self._told.advance(unit.weight)


def _note(results: Results, experiment: Experiment, cells: Iterable[Cell], told: Progress) -> None:
    """Note what is run; refuse to mix rows of a file of code that has changed with new ones.

    That Offswitch itself is another version is only told: most versions change no row.

    Raises:
        StoreError: naming the file.
    """
    names = {name for cell in cells for name in (cell.task, cell.agent, cell.design)}
    found = {
        f"file {path}": _digest(path) for path in sorted({file_of(one) for one in names} - {""})
    }
    before = results.notes()
    for name, digest in found.items():
        if before.get(name, digest) != digest:
            raise StoreError(
                f"{results.path}: its rows were made with another {name}; "
                "give the experiment another name, or another folder with --results DIR"
            )
    if before.get("version", VERSION) != VERSION:
        told.say(f"{results.path}: has rows of Offswitch {before['version']}; this is {VERSION}")
    about = {"version": VERSION, "name": experiment.name, "digest": experiment.digest}
    results.note({**found, **about, "experiment": experiment.model_dump_json()})


def _digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
