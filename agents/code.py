"""Say which code an agent is: trust that was earned by one does not pass on to another."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

from agents.registry import is_built_in
from sandbox.errors import InputError
from sandbox.plugin import file_of


def code_of(agent: str, reward: str) -> str:
    """Return the digests of the agent's and the reward design's files, where they are files.

    What comes with a package is known by its name and version. What a file imports is not covered,
    nor what is changed in an editable installation.

    Raises:
        InputError: when a file cannot be read.
    """
    agent_file, reward_file = file_of(agent), file_of(reward)
    found = _digest(agent_file) if agent_file else _package(agent)
    return f"{found}, reward {_digest(reward_file)}" if reward_file else found


def _digest(path: str) -> str:
    try:
        return f"sha256:{hashlib.sha256(Path(path).read_bytes()).hexdigest()}"
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def _package(agent: str) -> str:
    """Return name and version of the package that an agent comes with."""
    if not is_built_in(agent):
        points = entry_points(group="offswitch.agents", name=agent)
        for brings in (point.dist for point in points):
            if brings is not None:
                return f"{brings.name} {brings.version}"
    try:
        return f"offswitch {version('offswitch')}"
    except PackageNotFoundError:
        return "offswitch, not installed"
