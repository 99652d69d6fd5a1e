"""List the studies: questions that are answered by solving many worlds, as a table.

A study is a module here with `COLUMNS`, what a table shows of a row, and `rows(say)`: it computes
the rows when it is called, and tells `say` how far it is. To add one, write it and add its line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from sandbox.errors import InputError
from sandbox.schema import nearest

STUDIES = {
    "patchwork": (
        "oversight.studies.patchwork",
        "how many patches a careless reward needs until the honest lap is what it pays for",
    ),
    "many_goals": (
        "oversight.studies.many_goals",
        "which means random goals have in common, beside where they gain nothing",
    ),
}
"""Studies: the module of each, and what is asked."""

Say = Callable[[str], None]
Row = dict[str, Any]


class Study(Protocol):
    """Say what the module of a study offers."""

    COLUMNS: Sequence[str]

    def rows(self, say: Say) -> list[Row]:
        """Return the study's rows, each with an `id`."""


def load_study(name: str) -> Study:
    """Return a study by name.

    Raises:
        InputError: naming the nearest study.
    """
    if name not in STUDIES:
        raise InputError(f"unknown study {name!r}{nearest(name, STUDIES)}")
    return cast("Study", import_module(STUDIES[name][0]))
