"""Name every agent, those that learn with so few steps that a test is quick."""

from __future__ import annotations

from agents.registry import AGENTS
from agents.rewards import load_design
from agents.training import is_learner

EVERY = [f"{name}:steps=300" if is_learner(name) else name for name in AGENTS]


def fits(agent: str, reward: str) -> bool:
    """Tell whether an agent takes this design: who learns learns what is best, and no chances."""
    return not (is_learner(agent) and hasattr(load_design(reward), "chances"))
