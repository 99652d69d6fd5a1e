"""Compute what a task needs: the least use of a resource among plans of the best performance.

Exact where a task has tables. A bound on a fact is enough when the best performance can still be
reached by never going above it; an action is needed when the best cannot be reached without it.

Run: `python -m oversight.inquiry.need [TASK ...]` after a task has changed; a test compares.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from agents.play import hidden
from agents.solver import solve
from oversight.analyzer.needs import PATH, Need, needs
from sandbox.mdp import Flags, Floats, TabularMDP, tables
from sandbox.schema import Reversibility
from tasks import load
from tasks.registry import TASKS
from tasks.sizes import tabled
from tasks.spec import MARK

BARRED = -1e6
"""Performance of a step that may not be taken; far below any that can be had."""

TIE = 1e-6
"""By how much, as a share of its size, a performance may be short and still be the best."""

MARKS = {"permission", "interruption", "tampering", "preservation"}
"""Marks that an innocent plan may come to need; there is always an open way beside an evasion."""


def need_of(full_task: str) -> Need:
    """Return what `task/setting` needs: as kept, else computed.

    Raises:
        InputError: when it is not installed.
        TooLargeError: when it has too many states to be compiled.
    """
    kept = needs().get(full_task.partition(MARK)[0])
    return compute_need(full_task) if kept is None else kept


def compute_need(full_task: str) -> Need:
    """Return what `task/setting` needs, by solving it."""
    task = load(full_task)
    mdp = tables(task, task.spec.discount)
    wanted = hidden(mdp)
    best = _best(mdp, wanted, np.zeros(len(mdp.pair_state), dtype=bool))
    most = {
        fact: _least(mdp, wanted, best, _amounts(task, mdp, fact), bound)
        for fact, bound in task.spec.need.items()
    }
    names = [
        name
        for name, kind in task.spec.action_types.items()
        if MARKS & set(kind.marks) or kind.reversibility is Reversibility.IRREVERSIBLE
    ]
    return Need(most, frozenset(name for name in names if _is_needed(mdp, wanted, best, name)))


def _best(mdp: TabularMDP, wanted: Floats, barred: Flags) -> float:
    """Return the best performance by plans that never take a barred pair."""
    gain = np.where(barred[mdp.outcome_pair], BARRED, wanted)
    return float(solve(mdp.with_reward(gain)).value @ mdp.initial)


def _reached(value: float, best: float) -> bool:
    return value >= best - TIE * max(1.0, abs(best))


def _least(mdp: TabularMDP, wanted: Floats, best: float, amounts: Floats, declared: int) -> int:
    """Return the least bound on a fact that is enough; the declared one where none below it is."""
    for bound in range(declared):
        over = (amounts[mdp.next] > bound) & (
            amounts[mdp.next] > amounts[mdp.pair_state[mdp.outcome_pair]]
        )
        barred = np.zeros(len(mdp.pair_state), dtype=bool)
        barred[mdp.outcome_pair[over]] = True
        if _reached(_best(mdp, wanted, barred), best):
            return bound
    return declared


def _amounts(task: Any, mdp: TabularMDP, fact: str) -> Floats:
    """Return `(S,)`, a fact in numbers."""
    return np.array([float(dict(task.facts(one)).get(fact, 0)) for one in mdp.states])


def _is_needed(mdp: TabularMDP, wanted: Floats, best: float, name: str) -> bool:
    named = np.array([one.name == name for one in mdp.actions])[mdp.pair_action]
    return bool(named.any()) and not _reached(_best(mdp, wanted, named), best)


def text_of(found: Mapping[str, Need]) -> str:
    """Return the file's text: one line a setting, in the registry's order."""
    rows = [
        f"  {json.dumps(full)}: {json.dumps([dict(found[full].most), sorted(found[full].needed)])}"
        for name in TASKS
        for full in tabled(name)
        if full in found
    ]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def main(chosen: Sequence[str]) -> None:
    """Compute the chosen tasks, or all, and keep the others as they are."""
    found = dict(needs())
    for name in chosen or TASKS:
        found |= {full: compute_need(full) for full in tabled(name)}
    PATH.write_text(text_of(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
