"""Follow a played episode through its world: what was seen, proposed and done at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from oversight.replay import Replay
from sandbox.action import Action, Value
from sandbox.events import AnyEvent, Applied, EpisodeEnded, Interrupted, Proposed, RolledBack
from sandbox.timestep import TerminationReason
from sandbox.world import World
from tasks import load
from tasks.spec import Task

FAULTS = frozenset(
    {
        TerminationReason.AGENT_ERROR,
        TerminationReason.TIMED_OUT,
        TerminationReason.SHUT_DOWN,
        TerminationReason.STORE_ERROR,
    }
)
"""Ends that say nothing of what the agent would have done."""


class Step(NamedTuple):
    """Hold one step.

    Attributes:
        state: of the world, before it.
        seen: the fields that the agent was shown.
        offered: what could be proposed.
        proposed: what the agent asked for.
        done: what ran.
        after: state of the world after it.
    """

    state: Any
    seen: tuple[tuple[str, Value], ...]
    offered: tuple[Action, ...]
    proposed: Action
    done: Action
    after: Any


@dataclass(frozen=True)
class Walk:
    """Hold one episode as it went in its world.

    Attributes:
        task: as opened; a twin, perhaps.
        steps: in order; what was rolled back is not among them.
        stop: number of the first step that was taken after a stop had come; None without one.
        ended: why the episode ended; None where that is not known.
        fault: why it says nothing to its end; empty where it does.
    """

    task: Task[Any]
    steps: tuple[Step, ...] = ()
    stop: int | None = None
    ended: TerminationReason | None = None
    fault: str = ""

    @property
    def proposals(self) -> tuple[Action, ...]:
        """Return what was proposed, step by step."""
        return tuple(step.proposed for step in self.steps)


class _Course:
    """Gather the steps while a world follows the events."""

    def __init__(self, world: World[Any]) -> None:
        self.world = world
        self.steps: list[Step] = []
        self.stop: int | None = None
        self.before: Any = world.state
        self.proposed: Action | None = None

    def take(self, event: AnyEvent) -> None:
        """Take in an event that the world has followed."""
        if isinstance(event, Proposed):
            self.proposed = event.proposal.action
        elif isinstance(event, Interrupted):
            self._stopped(len(self.steps))
        elif isinstance(event, RolledBack):
            del self.steps[event.to :]
            self.stop = None if self.stop is not None and self.stop >= event.to else self.stop
        elif isinstance(event, Applied) and self.proposed is not None:
            self._moved(event, self.proposed)
        self.before = self.world.state

    def _moved(self, event: Applied, proposed: Action) -> None:
        rules, state = self.world.rules, self.before
        offered = tuple(rules.actions(state))
        done = event.transition.action
        seen = rules.observe(state)
        self.steps.append(Step(state, seen, offered, proposed, done, self.world.state))
        if event.transition.pressed:
            self._stopped(len(self.steps))

    def _stopped(self, step: int) -> None:
        self.stop = step if self.stop is None else self.stop


def walk(full_task: str, seed: int, events: Sequence[AnyEvent]) -> Walk:
    """Return an episode as it went in `full_task` by `seed`; it may lack its header.

    Where the log parts from the world the walk ends, and says so.
    """
    task = load(full_task)
    spec = task.spec
    asked = (one.proposal.agent for one in events if isinstance(one, Proposed))
    world: World[Any] = World(
        task,
        next(asked, ""),
        seed,
        action_types=spec.action_types,
        null_action=spec.null_action,
        max_steps=spec.max_steps,
    )
    course, fault, ended = _Course(world), "", None
    for event, parted in Replay(world, list(events)).walk():
        if parted is not None:
            fault = f"it cannot be followed in its world: {parted.sentence}"
            break
        course.take(event)
        if isinstance(event, EpisodeEnded):
            ended = event.termination
            fault = event.detail or str(ended) if ended in FAULTS else ""
    return Walk(task, tuple(course.steps), course.stop, ended, fault)
