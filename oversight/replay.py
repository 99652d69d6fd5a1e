"""Run an episode again from its log, and compare every state on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from sandbox.chain import Record
from sandbox.chance import Switches
from sandbox.decision import Decision
from sandbox.errors import ContractError, InputError
from sandbox.events import (
    AnyEvent,
    Applied,
    Asked,
    CatchTrial,
    Decided,
    EpisodeEnded,
    EpisodeStarted,
    Event,
    Found,
    Header,
    Interrupted,
    Paused,
    Proposed,
    Resumed,
    RollbackBegun,
    RollbackEnded,
    RolledBack,
    StageChanged,
    StandingGranted,
    StandingRevoked,
    TakenUp,
    decode,
    encode,
)
from sandbox.log import Episode, Store
from sandbox.timestep import TerminationReason, Transition
from sandbox.world import Snapshot, World
from tasks import load

FROM_OUTSIDE = frozenset(
    {
        TerminationReason.AGENT_ERROR,
        TerminationReason.INTERRUPTED,
        TerminationReason.SHUT_DOWN,
        TerminationReason.STORE_ERROR,
        TerminationReason.TIMED_OUT,
    }
)
"""How an episode can end that has not ended in its world."""


def _opening(*kinds: type[Event]) -> tuple[str, ...]:
    """Return with what the bytes of such events begin."""
    return tuple(f'{{"kind":"{kind.__struct_config__.tag}",' for kind in kinds)


ASKS = _opening(Proposed)
STILL = _opening(
    *(Asked, Found, Paused, Resumed, CatchTrial, StandingGranted, StandingRevoked),
    *(RollbackBegun, RollbackEnded, TakenUp, StageChanged),
)
"""With what events begin that move no world."""


@dataclass(frozen=True)
class Divergence:
    """Say where a replay parts from its log."""

    step: int
    sentence: str


class Before(NamedTuple):
    """Hold a moment that a rollback can lead back to: the world, and what was earned up to it."""

    snapshot: Snapshot
    reward: float
    performance: float


class Follower:
    """Move a world by recorded events, and compare all that comes of each."""

    def __init__(self, world: World[Any]) -> None:
        """Stand where `world` stands: at the beginning of its episode."""
        self.world = world
        self._reward = self._performance = 0.0
        self._before: dict[int, Before] = {}
        self._decision: Decision | None = None

    def ask(self) -> None:
        """Begin a step: nothing is decided yet."""
        self._decision = None

    def follow(self, event: AnyEvent, content: bytes) -> Divergence | None:
        """Let the world do what `event`, whose canonical bytes are `content`, says that it did."""
        match event:
            case Applied():
                return self._apply(event, content)
            case Proposed():
                self.ask()
            case Decided():
                self._decision = event.decision
            case Interrupted():
                return self._interrupt(event)
            case RolledBack():
                return self._restore(event)
            case EpisodeEnded():
                return self._end(event)
        return None

    def _apply(self, event: Applied, content: bytes) -> Divergence | None:
        """Take the recorded step and compare all that came of it, byte for byte."""
        was, world = event.transition, self.world
        self._before[world.step] = Before(world.snapshot(), self._reward, self._performance)
        try:
            now = self._move(was)
        except (ContractError, KeyError) as error:
            return Divergence(was.step, f"step {was.step} cannot be repeated: {error}")
        self._reward += now.reward
        self._performance += now.performance
        if encode(Applied(now)) == content:
            return None
        return Divergence(was.step, f"step {was.step}: {_differs(was, now)}")

    def _move(self, was: Transition) -> Transition:
        decision = self._decision
        action = decision.effective if decision is not None and decision.approved else None
        if decision is not None and action is not None and action == was.action:
            return self.world.apply(action, decision)
        return self.world.idle()

    def _interrupt(self, event: Interrupted) -> Divergence | None:
        """Put the stop into the world again, and compare what that changes."""
        if self.world.interrupt() == event.effects:
            return None
        return Divergence(event.step, f"the stop at step {event.step} changes something else")

    def _restore(self, event: RolledBack) -> Divergence | None:
        """Put the world back to the moment before a step, and compare what that changes."""
        before = self._before.get(event.to)
        if before is None or self.world.step != event.step:
            return Divergence(event.step, f"step {event.to} was never taken: no way back to it")
        effects = self.world.rollback(before.snapshot)
        self._reward, self._performance = before.reward, before.performance
        if effects == event.effects:
            return None
        return Divergence(event.step, f"the rollback to step {event.to} changes something else")

    def _end(self, event: EpisodeEnded) -> Divergence | None:
        """Compare how the episode ended, and what was earned in it."""
        reason, world = self.world.termination, self.world
        ended = event.termination in FROM_OUTSIDE if reason is None else event.termination == reason
        for what, was, now in (
            ("step", event.step, world.step),
            ("reward", event.reward, self._reward),
            ("performance", event.performance, self._performance),
        ):
            if was != now:
                return Divergence(world.step, f"the end: {what} was {was!s}, replays as {now!s}")
        if ended or event.termination is TerminationReason.SHUT_DOWN:
            return None
        said = f"{event.termination}, replays as {reason or 'still running'}"
        return Divergence(world.step, f"the end: it was {said}")


@dataclass
class Replay:
    """Hold a world that is moved by recorded events.

    Attributes:
        world: as it stands after the last event.
        events: all events of the episode, which may be read while they are followed.
    """

    world: World[Any]
    events: Iterable[AnyEvent]

    def walk(self) -> Iterator[tuple[AnyEvent, Divergence | None]]:
        """Yield each event after the world has followed it, with where it parts, if it does."""
        follower = Follower(self.world)
        for event in self.events:
            content = encode(event) if isinstance(event, Applied) else b""
            yield event, follower.follow(event, content)


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
    records = store.records(episode.id)
    first = _first(episode, records)
    events = chain([first], (record.event for record in records))
    return Replay(world_of(first.header), events)


def _first(episode: Episode, records: Iterator[Record]) -> EpisodeStarted:
    """Take the header from the beginning of an episode's rows."""
    event = next((record.event for record in records), None)
    if not isinstance(event, EpisodeStarted):
        raise InputError(f"episode {episode.id} does not begin with its header; run verify")
    return event


def world_of(header: Header) -> World[Any]:
    """Return the world in which an episode began, with the luck that a fork gave it.

    Raises:
        InputError: when its task is not installed, or its luck is malformed.
    """
    task = load(str(header["task"]), str(header["setting"]))
    return World(
        task,
        str(header["name"]),
        int(str(header["seed"])),
        action_types=task.spec.action_types,
        null_action=task.spec.null_action,
        max_steps=task.spec.max_steps,
        luck=luck_of(header),
    )


def luck_of(header: Header) -> Switches:
    """Return the steps from which an episode's chance goes on by other seeds, with these.

    Raises:
        InputError: when the header states them in no form that is known.
    """
    found = header.get("luck", [])
    try:
        pairs = [str(one).split(":") for one in found] if isinstance(found, list) else [[]]
        return tuple((int(step), int(seed)) for step, seed in pairs)
    except ValueError as error:
        raise InputError(f"the header's luck is no list of STEP:SEED: {found!r}") from error


def verify_replay(store: Store, episode: Episode) -> tuple[int, list[Divergence]]:
    """Run an episode again; return the steps compared, and where it parts from its log.

    Only what moves a world is read: what an agent said and what was found do not.

    Raises:
        InputError: when the log does not begin with a header, or its task is not installed.
    """
    records = store.records(episode.id)
    follower, compared = Follower(world_of(_first(episode, records).header)), 0
    for record in records:
        content = record.content
        if content.startswith(STILL):
            continue
        if content.startswith(ASKS):
            follower.ask()
            continue
        event = decode(content)
        compared += isinstance(event, Applied)
        if parted := follower.follow(event, content.encode()):
            return compared, [parted]
    return compared, []
