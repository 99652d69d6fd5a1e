"""Watch, decide and learn: the gate that every action passes, and who stands at it."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, so that the command line starts fast."""
    if name == "run_episode":
        from oversight.session import run_episode

        return run_episode
    if name == "Experiment":
        from oversight.experiment.config import Experiment

        return Experiment
    raise AttributeError(f"module 'oversight' has no attribute {name!r}")
