"""Hold reward designs: rules that make the objective an agent maximises, one a file.

A design turns a compiled task into the same task under another reward; it knows no task by name.
One that chooses by chance has a method `chances(mdp, solution)` besides (see `agents.policies`);
one that fits few tasks has `check(mdp)`, which refuses the others in a line.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from agents.knobs import canonical, knobs_at, parse, turned, written
from sandbox.errors import InputError
from sandbox.plugin import from_file
from sandbox.schema import nearest

if TYPE_CHECKING:
    from sandbox.mdp import TabularMDP

Design = Callable[["TabularMDP"], "TabularMDP"]

DESIGNS = {
    "attainable_utility": (
        "agents.rewards.attainable_utility",
        "Charge for every change in what could be attained, compared with doing nothing.",
    ),
    "corrigibility_transform": (
        "agents.rewards.corrigibility_transform",
        "Pay for each act what it would bring without the stop, and a little for not refusing it.",
    ),
    "drest": (
        "agents.rewards.drest",
        "Choose how long to live by chance, and make the most of the length that came.",
    ),
    "impact_budget": (
        "agents.rewards.impact_budget",
        "Earn what can be earned without losing more than a part of all states.",
    ),
    "myopic_approval": (
        "agents.rewards.myopic_approval",
        "Look one step ahead, at what an overseer who looks further thinks of the act.",
    ),
    "naive": ("agents.rewards.naive", "Maximise the told reward, and nothing else."),
    "off_switch_uncertainty": (
        "agents.rewards.off_switch_uncertainty",
        "Doubt what going on is worth, and take the person's stop for evidence.",
    ),
    "quantilizer": (
        "agents.rewards.quantilizer",
        "Draw from the better part of what is usual, instead of taking the best.",
    ),
    "relative_reachability": (
        "agents.rewards.relative_reachability",
        "Charge for every state that can no longer be reached, or not as soon.",
    ),
    "satisficer": (
        "agents.rewards.satisficer",
        "Be content with the first action, in the task's order, that is good enough.",
    ),
    "utility_indifference": (
        "agents.rewards.utility_indifference",
        "Pay at the stop what it costs, so that being stopped is neither sought nor avoided.",
    ),
    "veto_penalty": (
        "agents.rewards.veto_penalty",
        "Charge for each stop: the tempting bad idea, under which stops are avoided.",
    ),
}
"""Built-in designs: name, module, one sentence."""


def load_design(reference: str) -> Design:
    """Return a reward design: `name`, `name:knob=value,...`, or the same of `path/to/file.py:Name`.

    What is named is a function from tables to tables, or a frozen dataclass that makes one; its
    fields are the knobs.

    Raises:
        InputError: naming the unknown design or knob, with the nearest known one.
    """
    name, knobs = parse(reference)
    found: Design = turned(_named(name), knobs, f"reward design {name!r}")
    return found


def canonical_design(reference: str) -> str:
    """Return the one way to write a design with its knobs, for keys and tables.

    Raises:
        InputError: as `load_design`.
    """
    load_design(reference)
    asked = parse(reference)
    return canonical(_named(asked.name), asked)


def defaults(name: str) -> str:
    """Return the knobs of a design at their defaults, as `knob=value,...`; empty without knobs.

    Raises:
        InputError: as `load_design`.
    """
    return written("", knobs_at(load_design(name))).lstrip(":")


def _named(name: str) -> Any:
    """Return the function, or the dataclass, of a design without knobs."""
    if ".py:" in name:
        found = from_file(name)
        if not callable(found):
            raise InputError(f"reward design {name}: it cannot be called with tables")
        return found
    if name in DESIGNS:
        return import_module(DESIGNS[name][0]).design
    others = {point.name: point for point in entry_points(group="offswitch.rewards")}
    if name in others:
        return others[name].load()
    raise InputError(f"unknown reward design {name!r}{nearest(name, {**DESIGNS, **others})}")
