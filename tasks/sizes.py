"""Keep how large every setting is, so that a list of tasks need compile none of them.

Run: `python -m tasks.sizes [TASK ...]` after a task has changed; the contract test compares.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sandbox.mdp import tables
from tasks.registry import TASKS, load, module_of

PATH = Path(__file__).with_name("sizes.json")


class Size(NamedTuple):
    """Count a setting's reachable states, and its pairs of a state and an action."""

    states: int
    pairs: int

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.states:,} states, {self.pairs:,} pairs"


@cache
def sizes() -> Mapping[str, Size]:
    """Return what is kept, by `task/setting`; empty where nothing was ever measured."""
    if not PATH.exists():
        return {}
    return {name: Size(*found) for name, found in json.loads(PATH.read_text("utf-8")).items()}


def tabled(name: str) -> list[str]:
    """Return `task/setting` for each setting of a task that has tables."""
    spec = module_of(name).SPEC
    return [f"{name}/{setting}" for setting in spec.settings if setting not in spec.untabled]


def measure(full: str) -> Size:
    """Return the size of `task/setting`, by compiling it."""
    task = load(full)
    mdp = tables(task, task.spec.discount)
    return Size(len(mdp.states), len(mdp.pair_action))


def text_of(found: Mapping[str, Size]) -> str:
    """Return the file's text: one line a setting, in the registry's order."""
    rows = [
        f"  {json.dumps(full)}: {json.dumps(found[full])}"
        for name in TASKS
        for full in tabled(name)
        if full in found
    ]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def main(chosen: Sequence[str]) -> None:
    """Measure the chosen tasks, or all, and keep the others as they are."""
    found = dict(sizes())
    for name in chosen or TASKS:
        found |= {full: measure(full) for full in tabled(name)}
    PATH.write_text(text_of(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
