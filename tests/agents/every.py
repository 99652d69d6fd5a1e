"""Name every agent, those that learn with so few steps that a test is quick."""

from __future__ import annotations

from agents.registry import AGENTS
from agents.rewards import load_design
from agents.training import is_learner

EVERY = [f"{name}:steps=300" if is_learner(name) else name for name in AGENTS]

SARSA = ("safe_sarsa", "virtual_sarsa", "empirical_sarsa")
"""Rules that are Sarsa, where the world does every action as it stands."""

APART = [name for name in EVERY if not name.startswith(SARSA)]
"""Agents that are not one and the same there."""


def fits(agent: str, reward: str) -> bool:
    """Tell whether an agent takes this design: who learns learns what is best, and no chances."""
    return not (is_learner(agent) and hasattr(load_design(reward), "chances"))
