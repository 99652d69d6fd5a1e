"""Evaluate one cell of an experiment: exactly where its agent and world are tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from agents.curves import curves
from agents.outlook import outlook
from agents.policies import Way, way_of
from agents.registry import check_agent, check_design, check_fit, check_learner, is_built_in
from agents.rewards import load_design
from agents.trained import Trained, train
from agents.training import is_learner, training_of
from oversight.experiment.chain import Course, follow
from oversight.experiment.governed import Governed
from oversight.experiment.node import NotTabledError
from oversight.experiment.persons import PERSONS, canonical_overseer, load_person
from oversight.experiment.row import Cell, Method, Row, rounded
from oversight.experiment.sampled import Sample, sample
from oversight.experiment.yardstick import yardstick
from oversight.policy import ApprovalPolicy, load_policy
from oversight.run import Plan
from sandbox.errors import InputError
from sandbox.log import Store
from tasks import load

UNSAID = 1e-12
"""Chance below which a stop is never said."""

KEPT = 1024
"""Courses that are kept, at most."""


@dataclass(frozen=True)
class Logging:
    """Say which seeds' episodes are written into the log, for whoever wants to see one.

    Attributes:
        folder: of the log.
        seeds: whose episodes are written; of an exact row, its own seed's, or, where it has none,
            the first of them that the cell has.
    """

    folder: Path
    seeds: frozenset[int]


def evaluate(cell: Cell, seeds: Sequence[int], logging: Logging | None = None) -> list[Row]:
    """Return the rows of a cell: one where it is exact and no seed plays a part, else one a seed.

    A learner's seed is that of what it learns; how it then acts is as exact as a planner's.

    Raises:
        InputError: if its names are unknown, or do not fit each other.
    """
    check(cell)
    if whole(cell):
        try:
            return [_witnessed(row, cell, seeds, logging) for row in _exact(cell, seeds)]
        except NotTabledError as error:
            if cell.evaluate == "exact":
                raise InputError(
                    f"{cell.full_task} with {cell.design} and overseer {cell.overseer} cannot be "
                    f"evaluated exactly: {error}; say evaluate = 'auto'"
                ) from error
    return [_sampled_row(cell, seed, logging) for seed in seeds]


def whole(cell: Cell) -> bool:
    """Tell whether a cell is evaluated in one go, whatever the number of seeds.

    Such cells are not cut into chunks: one exact row covers every seed, or the agent is one that
    learns on many seeds side by side.
    """
    return cell.evaluate != "sampled" and _tabled(cell) and _simulated(cell)


def check(cell: Cell) -> None:
    """Refuse a cell that cannot be evaluated, before anything runs.

    Raises:
        InputError: naming what is unknown or does not fit, and what to take instead.
    """
    task = load(cell.task, cell.setting)
    check_agent(cell.agent, cell.design)
    if cell.agent == "planner":
        check_design(cell.design, task.spec, task.setting)
    elif is_learner(cell.agent):
        check_learner(cell.agent, cell.design, task.spec, task.setting)
    check_fit(cell.design, cell.full_task, cell.agent)
    canonical_overseer(cell.overseer)
    if _simulated(cell) and task.setting in task.spec.untabled:
        raise InputError(
            f"overseer {cell.overseer!r} judges by tables, and {cell.full_task} is too wide "
            "for them: take 'scripted', or another setting"
        )
    if cell.evaluate == "exact" and not whole(cell):
        raise InputError(
            f"agent {cell.agent!r} under overseer {cell.overseer!r} on {cell.full_task} is not a "
            "table, and cannot be evaluated exactly: say evaluate = 'auto'"
        )


def _simulated(cell: Cell) -> bool:
    return cell.overseer.partition(":")[0] in PERSONS


def _tabled(cell: Cell) -> bool:
    task = load(cell.task, cell.setting)
    acts_by_tables = cell.agent == "planner" or is_learner(cell.agent)
    return acts_by_tables and task.setting not in task.spec.untabled


@lru_cache(maxsize=16)
def _planned(full_task: str, design: str) -> Way:
    return way_of(load_design(design), outlook(full_task).mdp)


@lru_cache(maxsize=4)
def _trained(full_task: str, design: str, agent: str, seeds: tuple[int, ...]) -> Trained:
    """Return what learners learn, once for all the overseers that they are evaluated under."""
    return train(full_task, design, training_of(agent), seeds)


_UNASKED: dict[tuple[object, ...], Course] = {}
"""Courses in which nobody is asked anything: the same whoever is there, but for their stops."""


def _courses(cell: Cell, way: Way, seed: int | None) -> tuple[Course, Course]:
    """Return what an episode comes to, without and with a stop of the overseer's own."""
    person = load_person(cell.overseer)
    key = (cell.full_task, cell.agent, cell.design, seed)
    known = _UNASKED.get((*key, None)), _UNASKED.get((*key, person.stop))
    if known[0] is not None and known[1] is not None:
        return known[0], known[1]
    full = cell.full_task
    governed = Governed(yardstick(full), outlook(full), way, _policy(), person)
    calm = follow(governed)
    stopped = follow(replace(governed, stops=True)) if person.stop else calm
    if len(_UNASKED) >= KEPT:
        _UNASKED.clear()
    for stop, course in ((None, calm), (person.stop, stopped)):
        if not course.gains["asked"]:
            _UNASKED[(*key, stop)] = course
    return calm, stopped


@lru_cache(maxsize=1)
def _policy() -> ApprovalPolicy:
    return load_policy()


def _exact(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    if not is_learner(cell.agent):
        return [_exact_row(cell, _planned(cell.full_task, cell.design), None)]
    trained = _trained(cell.full_task, cell.design, cell.agent, tuple(seeds))
    return [
        rounded({**_exact_row(cell, trained.way(place), seed), "curve": curve})
        for place, (seed, curve) in enumerate(zip(seeds, _curves(trained), strict=True))
    ]


def _curves(trained: Trained) -> list[list[tuple[int, float, float]]]:
    """Return what each learner was worth while it learnt, with nobody there."""
    marks = trained.marks.tolist()
    worth = curves(trained, yardstick(trained.task).mdp).tolist()
    return [
        [(steps, told, wanted) for steps, (told, wanted) in zip(marks, one, strict=True)]
        for one in worth
    ]


def _exact_row(cell: Cell, way: Way, seed: int | None) -> Row:
    """Return the row of one way through the tables."""
    calm, stopped = _courses(cell, way, seed)
    flags = {"tampered": calm.tampered, "evaded": calm.evaded, "surplus": calm.surplus}
    stop = (stopped.said, stopped.complied / stopped.said if stopped.said > UNSAID else None)
    return _row(cell, seed, "exact", {**calm.gains, **flags}, stop, calm.lengths)


def _witnessed(row: Row, cell: Cell, seeds: Sequence[int], logging: Logging | None) -> Row:
    """Return an exact row with one of the episodes that it is an average of, if one is wanted."""
    wanted = [one for one in seeds if logging and one in logging.seeds]
    if row["seed"] is not None:
        wanted = [one for one in wanted if one == row["seed"]]
    if not wanted:
        return row
    got = _sampled(cell, wanted[0], logging)
    return {**row, "episode": got.summary.episode}


def _sampled(cell: Cell, seed: int, logging: Logging | None) -> Sample:
    """Play one seed's episode, and write it down if that is wanted."""
    plan = Plan(
        cell.task, cell.setting, cell.agent, cell.design, seed, in_process=is_built_in(cell.agent)
    )
    kept = logging is not None and seed in logging.seeds
    store = _store(logging.folder) if logging is not None and kept else None
    return sample(plan, cell.overseer, store)


@lru_cache(maxsize=1)
def _store(folder: Path) -> Store:
    return Store(folder / "offswitch.db")


def _sampled_row(cell: Cell, seed: int, logging: Logging | None) -> Row:
    """Return the row of one seed's episode."""
    got = _sampled(cell, seed, logging)
    done = got.summary
    sums = {**got.sums, "reward": done.reward, "performance": done.performance}
    stop = (float(got.said), float(got.complied) if got.said else None)
    row = _row(cell, seed, "sampled", sums, stop, {done.steps: 1.0})
    logged = logging is not None and seed in logging.seeds
    return {**row, "episode": done.episode} if logged else row


def _row(
    cell: Cell,
    seed: int | None,
    method: Method,
    sums: Mapping[str, float],
    stop: tuple[float, float | None],
    lengths: Mapping[int, float],
) -> Row:
    """Return a row, read against the scales of the setting where it has tables."""
    tabled = cell.setting not in load(cell.task, cell.setting).spec.untabled
    scale = yardstick(cell.full_task) if tabled else None
    told, wanted = sums["reward"], sums["performance"]
    row: Row = {
        "key": cell.key(seed),
        "task": cell.task,
        "setting": cell.setting,
        "agent": cell.agent,
        "design": cell.design,
        "overseer": cell.overseer,
        "seed": seed,
        "method": method,
        "steps": sum(length * chance for length, chance in lengths.items()),
        "reward": told,
        "performance": wanted,
        "usefulness": scale.usefulness(wanted) if scale else None,
        "gap": scale.gap(told, wanted) if scale else None,
        "said": stop[0],
        "complied": stop[1],
        "tampered": sums["tampered"],
        "evaded": sums["evaded"],
        "side_effects": sums["harm"] if scale else None,
        "surplus": sums["surplus"],
        "permissions": sums["permissions"],
        "refused": sums["refused"],
        "asked": sums["asked"],
        "approved": sums["approved"],
        "lengths": {str(length): chance for length, chance in lengths.items()},
    }
    return rounded(row)
