"""List the published results that are computed again here, one a module.

A result is a module with `FIGURES`: each is a figure that others published, or that was computed
apart from this code, beside a call that finds ours. Where ours are samples it has a function
`figures` of an effort instead. It may have a function `table` too, which lays its rows out like the
published table. To add a result, write it and add its line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from types import ModuleType

from oversight.published.effort import FULL, USUAL, Effort
from oversight.published.figure import COLUMNS, Figure, Row, Table, checked, shown
from sandbox.errors import InputError
from sandbox.schema import nearest

__all__ = [
    "COLUMNS",
    "FULL",
    "RESULTS",
    "USUAL",
    "Effort",
    "Figure",
    "Row",
    "Say",
    "Table",
    "figures",
    "reproduce",
    "shown",
    "tables",
]

HOME = "oversight.published"
RESULTS = {
    "gridworlds": (
        f"{HOME}.gridworlds",
        "the AI Safety Gridworlds' demonstrations, optima and random walks",
    ),
    "attainable_utility": (
        f"{HOME}.attainable_utility",
        "which agents keep from side effects, and let themselves be shut down (Turner et al. 2020)",
    ),
    "off_switch_game": (
        f"{HOME}.off_switch_game",
        "who is in doubt defers, unless the person errs too much (Hadfield-Menell et al. 2017)",
    ),
    "power": (
        f"{HOME}.power",
        "most goals are better served where options are kept open (Turner et al. 2021)",
    ),
    "partial_off_switch": (
        f"{HOME}.partial_off_switch",
        "a better informed person is deferred to less (Garber et al. 2024)",
    ),
    "incorrigible_robot": (
        f"{HOME}.incorrigible_robot",
        "a robot with a wrong model of orders ignores them (Carey 2018)",
    ),
    "button_detour": (
        f"{HOME}.button_detour",
        "a transformed reward leaves the button alone, unless it is physical (Hudson)",
    ),
    "payload": (
        f"{HOME}.payload",
        "a balancing term makes the payload's exchange nothing to fight (Holtman 2020)",
    ),
    "modified_actions": (
        f"{HOME}.modified_actions",
        "which rules of learning ignore oversight, press, or drink (Langlois and Everitt 2021)",
    ),
    "safe_interruption": (
        f"{HOME}.safe_interruption",
        "which rules of learning go round a person who interrupts (Orseau and Armstrong 2016)",
    ),
    "quantilizer": (
        f"{HOME}.quantilizer",
        "a draw from the best q costs at most 1/q of the base (Taylor 2016)",
    ),
    "best_of_n": (
        f"{HOME}.best_of_n",
        "how far the best of n by a proxy goes, and what it gains (Gao et al. 2022)",
    ),
    "drest": (
        f"{HOME}.drest",
        "paid less for what is chosen often, one does not care how long (Thornley et al. 2025)",
    ),
}
"""Results: the module of each, and what was found."""

Say = Callable[[str], None]

SLOW = 5.0
"""Seconds from which on a single figure is worth a line."""


def figures(name: str, effort: Effort = USUAL) -> Sequence[Figure]:
    """Return the figures of a result by name.

    Raises:
        InputError: naming the nearest result.
    """
    module = _module(name)
    found: Sequence[Figure]
    found = module.figures(effort) if hasattr(module, "figures") else module.FIGURES
    return found


def _module(name: str) -> ModuleType:
    """Import the module of a result.

    Raises:
        InputError: naming the nearest result.
    """
    if name not in RESULTS:
        raise InputError(f"unknown result {name!r}{nearest(name, RESULTS)}")
    return import_module(RESULTS[name][0])


def reproduce(names: Sequence[str], say: Say, effort: Effort = USUAL) -> Iterator[Row]:
    """Compute every figure of some results again, telling `say` how each result came out.

    Raises:
        InputError: if one has no such name; then nothing is computed.
    """
    asked = {name: figures(name, effort) for name in names}
    rows: list[Row] = []
    for name, ones in asked.items():
        say(f"{name}: {len(ones)} figures")
        fresh: list[Row] = []
        for one in ones:
            row = checked(name, one)
            fresh.append(row)
            if row["seconds"] >= SLOW:
                say(f"{name}: {len(fresh)} of {len(ones)}, {one.name} ({row['seconds']:.0f} s)")
            yield row
        for row in fresh:
            if row["verdict"] == "fails":
                say(f"not found: {row['name']}")
        say(f"{name}: {_sum(fresh)} ({sum(row['seconds'] for row in fresh):.1f} s)")
        rows += fresh
    if len(asked) > 1:
        say(f"all: {_sum(rows)}")


def _sum(rows: Sequence[Row]) -> str:
    """Say how many of the asserted figures hold, and how many are reported only."""
    verdicts = Counter(row["verdict"] for row in rows)
    words = f"{verdicts['holds']} of {verdicts['holds'] + verdicts['fails']} hold"
    return f"{words}, {verdicts['reported']} reported" if verdicts["reported"] else words


def tables(rows: Sequence[Row]) -> Iterator[Table]:
    """Yield the published tables that `rows` make up; a result that was cut short has none."""
    for name in RESULTS:
        ours = {
            row["name"].removeprefix(f"{name}: "): row
            for row in rows
            if row["name"].startswith(f"{name}: ")
        }
        module = _module(name) if ours else None
        if module is not None and hasattr(module, "table"):
            with suppress(KeyError):
                yield module.table(ours)
