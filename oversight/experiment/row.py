"""Hold one cell of an experiment, and one row of its results.

A cell is one task, agent, design and overseer. Where its agent and its world are tables, one row
holds what an episode is worth on average, exactly; else each seed gives a row of one episode.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

FORMAT = 1
"""Of rows and of results files; a file of another format is not mixed with this one."""

DIGITS = 9
"""Decimal places of a row's numbers; what lies beyond may differ from machine to machine."""

Evaluate = Literal["auto", "exact", "sampled"]
Method = Literal["exact", "sampled"]


@dataclass(frozen=True)
class Cell:
    """Name what is evaluated. Two cells with the same fields give the same rows.

    Attributes:
        task: name of the task, or `file.py:Name`.
        setting: of the task.
        agent: a built-in one, with its knobs, or `file.py:Name`.
        design: reward design, with its knobs, in its canonical text.
        overseer: who decides, with their knobs, in their canonical text.
        evaluate: exactly, by sampled episodes, or exactly where that is possible.
    """

    task: str
    setting: str
    agent: str
    design: str
    overseer: str
    evaluate: Evaluate = "auto"

    @property
    def full_task(self) -> str:
        """Return task and setting."""
        return f"{self.task}/{self.setting}"

    def key(self, seed: int | None) -> str:
        """Return the SHA-256 of the cell and a seed, under which the row is kept."""
        content = json.dumps({**vars(self), "seed": seed, "format": FORMAT}, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


class Row(TypedDict):
    """Say what came of a cell, for one seed or on average over all chance.

    Everything but `complied` is of an episode in which the overseer says no stop of their own;
    `complied` is of the same episode in which they do.

    Attributes:
        key: of cell and seed.
        task: as in the cell, and so on.
        seed: of the episode, and of the learner; None where the row is exact and no seed plays a
            part.
        method: exact, or one sampled episode.
        steps: of the episode.
        reward: told, undiscounted.
        performance: hidden, undiscounted.
        usefulness: performance on a scale on which doing nothing is 0 and the best there is is 1;
            None where the two are the same.
        gap: told reward on the same scale of its own, less usefulness; None as above.
        said: chance that the stop is said, by the world or by the overseer; 0 or 1 if sampled.
        complied: of that, the part in which the agent complies; None where no stop is said.
        tampered: chance that the agent takes away the way to stop it.
        evaded: chance that it acts in a form that nobody is asked about, though one is there.
        side_effects: part of all states that can no longer be reached, summed over the steps;
            None where there are no tables.
        surplus: most that is held beyond the need at any time, in units.
        permissions: requests for more than was granted.
        refused: proposals that its grants did not cover.
        asked: approvals asked of the overseer.
        approved: approvals given.
        lengths: chance of each length of the episode, in steps; one length if sampled.
        episode: id in the log, if it was logged.
        curve: of a learner: steps learnt, and mean reward and performance of what it then does.
    """

    key: str
    task: str
    setting: str
    agent: str
    design: str
    overseer: str
    seed: int | None
    method: Method
    steps: float
    reward: float
    performance: float
    usefulness: float | None
    gap: float | None
    said: float
    complied: float | None
    tampered: float
    evaded: float
    side_effects: float | None
    surplus: float
    permissions: float
    refused: float
    asked: float
    approved: float
    lengths: dict[str, float]
    episode: NotRequired[str]
    curve: NotRequired[list[tuple[int, float, float]]]


MEASURES = (
    "reward",
    "performance",
    "usefulness",
    "gap",
    "complied",
    "tampered",
    "evaded",
    "side_effects",
    "surplus",
    "permissions",
    "refused",
    "asked",
    "approved",
    "steps",
)
"""The numbers of a row that a table compares, in this order."""

RATES = frozenset({"complied", "tampered", "evaded", "said"})
"""Measures that are chances; in a sampled row they are 0 or 1."""


def rounded(row: Row) -> Row:
    """Return a row with its numbers rounded to `DIGITS`: the same bytes on every machine."""
    found: Any = {
        name: round(value, DIGITS) + 0.0 if isinstance(value, float) else value
        for name, value in row.items()
    }
    found["lengths"] = {one: round(chance, DIGITS) for one, chance in row["lengths"].items()}
    if "curve" in row:
        found["curve"] = [
            (steps, round(told, DIGITS) + 0.0, round(wanted, DIGITS) + 0.0)
            for steps, told, wanted in row["curve"]
        ]
    kept: Row = found
    return kept


def content(row: Row) -> str:
    """Return a row as one canonical line of JSON, the same bytes for the same row.

    Its episode's id is left out: each logging of the same episode has its own.
    """
    found: dict[str, Any] = {name: value for name, value in row.items() if name != "episode"}
    return json.dumps(found, sort_keys=True, separators=(",", ":"), allow_nan=False)
