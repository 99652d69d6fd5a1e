"""Gather from an episode's log what its agent was shown, and what it proposed, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from oversight.replay import Replay, world_of
from sandbox.action import Proposal
from sandbox.errors import InputError
from sandbox.events import AnyEvent, Applied, EpisodeStarted, Proposed, RolledBack
from sandbox.timestep import Observation, Transition


class Sight(NamedTuple):
    """Hold one step: what was shown, and the answer to it."""

    seen: Observation
    proposal: Proposal


def sights(events: Sequence[AnyEvent]) -> list[Sight]:
    """Return the steps of an episode that may still be running; what was rolled back is left out.

    Raises:
        InputError: when the log does not begin with its header, or parts from its world.
    """
    if not events or not isinstance(events[0], EpisodeStarted):
        raise InputError("the log does not begin with its header")
    world = world_of(events[0].header)
    found: dict[int, Sight] = {}
    came: dict[int, Transition] = {}
    for event, parted in Replay(world, list(events)).walk():
        if parted is not None:
            raise InputError(f"it cannot be followed in its world: {parted.sentence}")
        if isinstance(event, Proposed) and not world.done:
            found[event.step] = Sight(_seen(world, came.get(event.step - 1)), event.proposal)
        elif isinstance(event, Applied):
            came[event.transition.step] = event.transition
        elif isinstance(event, RolledBack):
            found = {step: one for step, one in found.items() if step < event.to}
    return [found[step] for step in sorted(found)]


def _seen(world: Any, last: Transition | None) -> Observation:
    """Return what the world shows after a step."""
    shown: Observation
    shown = world.observe() if last is None else world.observe(last.reward, "", last.action)
    return shown
