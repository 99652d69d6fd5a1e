"""Draw from a seed what goes wrong in one episode, and when."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tests.faults.injection import FOR_GOOD, STRIKES, Call, Fault, Kind
from tests.faults.scene import PAGES, SCENES, Scene

RUNS = 4
"""The most runs of one episode; nothing goes wrong in the last."""

FEW_PAGES = 4


class After(StrEnum):
    """Say what becomes of the program after its run."""

    ORDERLY = "closes its files"
    KILLED = "is killed"
    POWER = "loses its power"


class Beforehand(StrEnum):
    """Say what stands in the folder before the first run."""

    NOTHING = "nothing"
    EPISODE = "another episode"
    FORMAT_1 = "a store of format 1"


@dataclass(frozen=True)
class Setting:
    """Hold what a run does when nothing goes wrong.

    Attributes:
        scene: what is played.
        beforehand: what stands in the folder before.
        pages: see `scene.play`.
    """

    scene: Scene
    beforehand: Beforehand
    pages: int


@dataclass(frozen=True)
class Run:
    """Hold what goes wrong in one run, and what becomes of the program after it."""

    faults: tuple[Fault, ...] = ()
    after: After = After.ORDERLY


@dataclass(frozen=True)
class Schedule:
    """Hold what was drawn from a seed: the first run, and those that go on with its episode."""

    seed: int
    setting: Setting
    runs: tuple[Run, ...]


def schedule(seed: int, calls: Callable[[Setting], tuple[Call, ...]]) -> Schedule:
    """Draw a schedule; `calls` are those of the first run when nothing goes wrong.

    The first fault lies within them, so that it always comes to pass. Those of later runs, which
    are shorter or longer, may not.
    """
    chance = random.Random(f"faults {seed}")
    beforehand = chance.choices(list(Beforehand), (20, 70, 10))[0]
    setting = Setting(chance.choice(SCENES), beforehand, chance.choice((PAGES, FEW_PAGES)))
    done = calls(setting)
    first = _fault(chance, done, 0)
    second = (_fault(chance, done, first.at + 1),) if chance.random() < 0.25 else ()
    runs = [Run((first, *second), chance.choice(tuple(After)))]
    while len(runs) < RUNS - 1:
        faults = (_fault(chance, done, 0),) if chance.random() < 0.4 else ()
        runs.append(Run(faults, chance.choice(tuple(After))))
    return Schedule(seed, setting, (*runs, Run()))


def _fault(chance: random.Random, calls: tuple[Call, ...], since: int) -> Fault:
    """Draw a fault at a call that it can strike; half the time, rare calls are as likely."""
    kind = chance.choice(tuple(Kind))
    lasts = chance.choice((1, 3, 60)) if kind is Kind.LOCK else chance.choice((1, FOR_GOOD))
    struck = STRIKES[kind].intersection(calls[since:])
    if struck and chance.random() < 0.5:
        struck = frozenset({chance.choice(sorted(struck))})
    places = [at for at, call in enumerate(calls) if at >= since and call in struck]
    return Fault(kind, chance.choice(places or [since]), lasts)
