"""List the published results that are computed again here, one a module.

A result is a module with `FIGURES`: each is a figure that others published, or that was computed
apart from this code, beside a call that finds ours. To add one, write it and add its line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from oversight.published.figure import COLUMNS, Figure, Row, checked, shown
from sandbox.errors import InputError
from sandbox.schema import nearest

__all__ = ["COLUMNS", "RESULTS", "Figure", "Row", "Say", "figures", "reproduce", "shown"]

HOME = "oversight.published"
RESULTS = {
    "gridworlds": (
        f"{HOME}.gridworlds",
        "the AI Safety Gridworlds' demonstrations, optima and random walks",
    ),
    "attainable_utility": (
        f"{HOME}.attainable_utility",
        "side effects and a shutdown: strings, and what plain reward teaches (Turner et al. 2020)",
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
        "what each way with oversight and off-switch returns (Langlois and Everitt 2021)",
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


def figures(name: str) -> Sequence[Figure]:
    """Return the figures of a result by name.

    Raises:
        InputError: naming the nearest result.
    """
    if name not in RESULTS:
        raise InputError(f"unknown result {name!r}{nearest(name, RESULTS)}")
    found: Sequence[Figure] = import_module(RESULTS[name][0]).FIGURES
    return found


def reproduce(names: Sequence[str], say: Say) -> list[Row]:
    """Compute every figure of some results again, telling `say` how each result came out.

    Raises:
        InputError: if one has no such name; then nothing is computed.
    """
    asked = {name: figures(name) for name in names}
    rows: list[Row] = []
    for name, ones in asked.items():
        say(f"{name}: {len(ones)} figures")
        fresh = [checked(name, one) for one in ones]
        failed = [row["name"] for row in fresh if row["verdict"] != "holds"]
        seconds = sum(row["seconds"] for row in fresh)
        for one in failed:
            say(f"not found: {one}")
        say(f"{name}: {len(fresh) - len(failed)} of {len(fresh)} hold ({seconds:.1f} s)")
        rows += fresh
    if len(asked) > 1:
        say(f"all: {sum(row['verdict'] == 'holds' for row in rows)} of {len(rows)} hold")
    return rows
