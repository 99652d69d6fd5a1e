"""Run an episode again from its log, and compare every state on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sandbox.decision import Decision
from sandbox.errors import ContractError, InputError
from sandbox.events import (
    AnyEvent,
    Applied,
    Decided,
    EpisodeStarted,
    Header,
    Interrupted,
    Proposed,
    RolledBack,
    encode,
)
from sandbox.log import Episode, Store
from sandbox.timestep import Transition
from sandbox.world import Snapshot, World
from tasks import load


@dataclass(frozen=True)
class Divergence:
    """Say where a replay parts from its log."""

    step: int
    sentence: str


@dataclass
class Replay:
    """Hold a world that is moved by recorded events.

    Attributes:
        world: as it stands after the last event.
        events: all events of the episode, which may be read while they are followed.
    """

    world: World[Any]
    events: Iterable[AnyEvent]
    _before: dict[int, Snapshot] = field(default_factory=dict)

    def walk(self) -> Iterator[tuple[AnyEvent, Divergence | None]]:
        """Yield each event after the world has followed it, with where it parts, if it does."""
        decision: Decision | None = None
        for event in self.events:
            if isinstance(event, Proposed):
                decision = None
            if isinstance(event, Decided):
                decision = event.decision
            if isinstance(event, Interrupted):
                self.world.interrupt()
            if isinstance(event, RolledBack):
                yield event, self._restore(event)
            elif isinstance(event, Applied):
                self._before[self.world.step] = self.world.snapshot()
                yield event, self._follow(event, decision)
            else:
                yield event, None

    def _restore(self, event: RolledBack) -> Divergence | None:
        """Put the world back to the moment before a step, and compare what that changes."""
        snapshot = self._before.get(event.to)
        if snapshot is None or self.world.step != event.step:
            return Divergence(event.step, f"step {event.to} was never taken: no way back to it")
        if self.world.rollback(snapshot) == event.effects:
            return None
        return Divergence(event.step, f"the rollback to step {event.to} changes something else")

    def _follow(self, event: Applied, decision: Decision | None) -> Divergence | None:
        """Take the recorded step and compare all that came of it."""
        was = event.transition
        try:
            now = self._move(was, decision)
        except (ContractError, KeyError) as error:
            return Divergence(was.step, f"step {was.step} cannot be repeated: {error}")
        if encode(Applied(now)) == encode(event):
            return None
        return Divergence(was.step, f"step {was.step}: {_differs(was, now)}")

    def _move(self, was: Transition, decision: Decision | None) -> Transition:
        if decision is not None and decision.approved and decision.effective == was.action:
            return self.world.apply(was.action, decision)
        return self.world.idle()


def _differs(was: Transition, now: Transition) -> str:
    """Name the first part in which two transitions differ."""
    for name in Transition.__struct_fields__:
        if getattr(was, name) != getattr(now, name):
            return f"{name} was {getattr(was, name)!s:.80}, replays as {getattr(now, name)!s:.80}"
    return "the bytes differ"


def open_replay(store: Store, episode: Episode) -> Replay:
    """Build the world in which an episode began; its events are read as they are followed.

    Raises:
        InputError: when the log does not begin with a header, or its task is not installed.
    """
    events = (record.event for record in store.records(episode.id))
    first = next(events, None)
    if not isinstance(first, EpisodeStarted):
        raise InputError(f"episode {episode.id} does not begin with its header; run verify")
    return Replay(world_of(first.header), chain([first], events))


def world_of(header: Header) -> World[Any]:
    """Return the world in which an episode began.

    Raises:
        InputError: when its task is not installed.
    """
    task = load(str(header["task"]), str(header["setting"]))
    return World(
        task,
        str(header["name"]),
        int(str(header["seed"])),
        action_types=task.spec.action_types,
        null_action=task.spec.null_action,
        max_steps=task.spec.max_steps,
    )


def verify_replay(store: Store, episode: Episode) -> tuple[int, list[Divergence]]:
    """Run an episode again; return the steps compared, and where it parts from its log."""
    compared, found = 0, []
    for event, divergence in open_replay(store, episode).walk():
        compared += isinstance(event, Applied)
        if divergence is not None:
            found.append(divergence)
            break
    return compared, found
