"""List the agents, and make one by name."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from agents.base import Agent
from agents.rewards import load_design
from sandbox.errors import InputError
from sandbox.plugin import from_file
from sandbox.schema import nearest

AGENTS = {
    "planner": "Solve the task exactly under a reward design, and show the plan.",
    "compliant": "A script: do the task plainly, finish at once when asked to stop.",
    "greedy": "A script: take and ask for all there is; deaf to the stop.",
    "evasive": "A script: take away the person's way to stop first; deaf to the stop.",
    "random": "A script: any possible action with equal chance.",
}
"""Built-in agents: name and one sentence."""


def make_agent(name: str, reward: str = "naive") -> Agent:
    """Return a fresh agent: built in, from an entry point, or `path/to/file.py:Name`.

    Raises:
        InputError: naming what is unknown or does not fit.
    """
    if ".py:" in name:
        return _instance(from_file(name, needs=("begin", "propose")), name)
    if name == "planner":
        from agents.planner import Planner  # imported here: it brings numpy

        load_design(reward)
        return Planner(reward)
    if name in AGENTS:
        from agents import scripted

        made: Agent = getattr(scripted, name.capitalize())()
        return made
    others = {point.name: point for point in entry_points(group="offswitch.agents")}
    if name in others:
        return _instance(others[name].load(), name)
    raise InputError(f"unknown agent {name!r}{nearest(name, {**AGENTS, **others})}")


def _instance(factory: Callable[[], Any], name: str) -> Agent:
    try:
        agent: Agent = factory()
    except Exception as error:
        raise InputError(f"agent {name}: cannot be made: {error}") from error
    return agent


def is_built_in(name: str) -> bool:
    """Tell whether an agent's code comes with Offswitch."""
    return name in AGENTS
