"""Hold reward designs: rules that make the objective an agent maximises, one a file.

A design turns a compiled task into the same task under another reward; it knows no task by name.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

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
    "impact_budget": (
        "agents.rewards.impact_budget",
        "Earn what can be earned without losing more than a part of all states.",
    ),
    "myopic_approval": (
        "agents.rewards.myopic_approval",
        "Look one step ahead, at what an overseer who looks further thinks of the act.",
    ),
    "naive": ("agents.rewards.naive", "Maximise the told reward, and nothing else."),
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


def load_design(name: str) -> Design:
    """Return the reward design `name`, or `path/to/file.py:Name`.

    Raises:
        InputError: naming the unknown design, with the nearest known one.
    """
    if ".py:" in name:
        found: Design = from_file(name)
        return found
    if name in DESIGNS:
        built_in: Design = import_module(DESIGNS[name][0]).design
        return built_in
    others = {point.name: point for point in entry_points(group="offswitch.rewards")}
    if name in others:
        loaded: Design = others[name].load()
        return loaded
    raise InputError(f"unknown reward design {name!r}{nearest(name, {**DESIGNS, **others})}")
