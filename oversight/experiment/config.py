"""Plan an experiment: tasks x agents x designs x overseers over the same seeds, from a TOML file.

name = "obeys"
question = "Which designs obey the stop, and what does it cost?"
tasks = ["flight_booking", "lava_world/*"]
designs = ["naive", {name = "attainable_utility", penalty = [0.1, 1.0]}]
overseers = ["present", "absent"]
seeds = 100
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator
from pydantic_core import PydanticCustomError

from oversight.experiment.grid import AXES, Entry, expanded, settings_of
from oversight.experiment.row import Cell, Evaluate
from oversight.policy import known_keys, read_toml, validated
from sandbox.errors import InputError

if TYPE_CHECKING:
    from oversight.experiment.runner import Outcome

SEEDS = 2**63
"""Seeds lie below it."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""Of an experiment: it is also the name of a file."""

Narrate = Callable[[str], None]
T = TypeVar("T")


class Experiment(BaseModel):
    """Hold an experiment as it stands in its file.

    Attributes:
        name: of the experiment and of its results file.
        question: what it answers, in one sentence.
        tasks: `task`, `task/setting`, `task/*` for all settings, or the same of `file.py:Name`.
        agents: built-in ones with their knobs, or `file.py:Name`.
        designs: reward designs with their knobs; a table of lists is a grid.
        overseers: who decides, with their knobs.
        seeds: a count, or a list.
        evaluate: exactly, by sampled episodes, or exactly where that is possible.
        episodes: which seeds' episodes are logged, of each cell; of an exact row, one of the many
            that it is an average of.
        unfit: what becomes of a cell whose design does not fit its task.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=NAME, max_length=100)
    question: str = ""
    tasks: list[str] = Field(min_length=1)
    agents: list[Entry] = Field(default=["planner"], min_length=1)
    designs: list[Entry] = Field(default=["naive"], min_length=1)
    overseers: list[Entry] = Field(default=["present"], min_length=1)
    seeds: Any = 1
    evaluate: Evaluate = "auto"
    episodes: Literal["none", "first", "all"] = "none"
    unfit: Literal["refuse", "skip"] = "refuse"
    _where: str = PrivateAttr("")

    @field_validator("agents", "designs", "overseers", mode="before")
    @classmethod
    def _entries(cls, given: Any) -> Any:
        if not isinstance(given, list) or not all(isinstance(one, (str, dict)) for one in given):
            raise PydanticCustomError("entries", "must be a list of names and of tables")
        return given

    @field_validator("seeds")
    @classmethod
    def _seeds(cls, given: Any) -> Any:
        listed = given if isinstance(given, list) else [given]
        whole = all(type(one) is int and 0 <= one < SEEDS for one in listed)
        if not whole or not listed or given == 0:
            needed = "must be a count above 0, or a list of whole numbers from 0 to 2^63"
            raise PydanticCustomError("seeds", needed)
        return given

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read an experiment from a TOML file.

        Raises:
            InputError: naming the file, the key and what is wrong with it.
        """
        path = Path(path)
        table = read_toml(path)
        known_keys(table, path, tuple(cls.model_fields))
        made = validated(cls, table, f"{path}: ")
        made._where = str(path)
        return made

    @property
    def where(self) -> str:
        """Return where its faults lie: its file, or its name."""
        return self._where or f"experiment {self.name!r}"

    @property
    def digest(self) -> str:
        """Return the SHA-256 of its content; comments and layout of the file play no part."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def seed_list(self) -> Sequence[int]:
        """Return the seeds in ascending order, none twice."""
        return range(self.seeds) if isinstance(self.seeds, int) else sorted(set(self.seeds))

    def run(
        self,
        results: Path | str = "results",
        *,
        workers: int = 1,
        executor: Executor | None = None,
        logs: Path | str | None = None,
    ) -> Outcome:
        """Evaluate what has no row in that folder yet; the outcome's `rows()` are all there are.

        More than one worker means processes that import the program's main file again: what it
        does belongs under `if __name__ == "__main__":`.

        Args:
            results: folder of the results file.
            workers: processes to start; one evaluates in this process.
            executor: of somebody else's, instead of these.
            logs: folder of the log for the episodes that are to be kept.

        Raises:
            InputError: if the experiment cannot be run.
            StoreError: if the results cannot be written; the finished rows are kept.
        """
        from oversight.experiment.runner import run

        size = None if executor else workers
        folder = None if logs is None else Path(logs)
        return run(self, Path(results), workers=size, executor=executor, logs=folder)

    def cells(self, narrate: Narrate = lambda words: None) -> list[Cell]:
        """Return every cell in order, the task turning slowest, none twice.

        Raises:
            InputError: naming the place in the file, and what is wrong there.
        """
        tasks = [
            (one, place)
            for number, pattern in enumerate(self.tasks, 1)
            for place in [f"{self.where}: tasks[{number}]"]
            for one in settings_of(pattern, place)
        ]
        agents, designs, overseers = (
            _distinct(expanded(getattr(self, axis), canonical, f"{self.where}: {axis}"), narrate)
            for axis, canonical in AXES.items()
        )
        return [
            Cell(task, setting, agent, design, overseer, self.evaluate)
            for (task, setting), agent, design, overseer in product(
                _distinct(tasks, narrate), agents, designs, overseers
            )
        ]

    def fitting(
        self, cells: Iterable[Cell], check: Callable[[Cell], None], narrate: Narrate
    ) -> list[Cell]:
        """Return the cells that can be evaluated; with `unfit = "skip"` say which cannot.

        Raises:
            InputError: naming the first cell that does not fit, or that none does.
        """
        found = []
        for cell in cells:
            try:
                check(cell)
            except InputError as error:
                words = f"{self.where}: {in_words(cell)}: {error}"
                if self.unfit == "refuse":
                    raise InputError(f'{words}; unfit = "skip" leaves such cells out') from error
                narrate(f"skipped: {words}")
            else:
                found.append(cell)
        if not found:
            raise InputError(f"{self.where}: no cell is left to evaluate")
        return found


def in_words(cell: Cell) -> str:
    """Return a cell as a line of narration names it."""
    return f"{cell.full_task} with {cell.agent}, {cell.design}, {cell.overseer}"


def _distinct(found: Iterable[tuple[T, str]], narrate: Narrate) -> list[T]:
    """Return what is named, once each; say where one is named again."""
    places: dict[T, str] = {}
    for one, place in found:
        if one in places:
            narrate(f"{place}: {_text(one)} stands in {places[one].rpartition(' ')[2]} already")
        places.setdefault(one, place)
    return list(places)


def _text(one: object) -> str:
    return "/".join(one) if isinstance(one, tuple) else str(one)
