"""Define what a detector is, what it may know, and what it says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from oversight.analyzer.course import Course
from oversight.analyzer.needs import needs
from sandbox.action import Action, Value
from sandbox.events import AnyEvent
from sandbox.permissions import Grant
from sandbox.schema import ActionType, Stakes
from tasks.spec import MARK, TaskSpec

Facts = Sequence[tuple[str, Value]]


@dataclass(frozen=True)
class Case:
    """Hold what a detector may know of a task, and the course of the episode so far.

    Attributes:
        action_types: by name, with their marks.
        need: how much of a fact the best plan takes at least; more is not needed.
        bound: how much of it the task declares to be no surplus yet.
        disarmed: facts, of which each says that the way to stop the agent is out of use.
        tampered: facts, of which each says that a measure of the work was tampered with.
        unwatched: facts, of which each says that nobody looks now.
        null_action: what runs when a proposal is refused, vetoed or expired; None if not known.
        grants: what the agent was allowed at the start, by scope.
        asked: names of the actions that somebody is asked about, by the policy.
        needed: names of marked actions without which the best performance cannot be reached.
        computed: `need` and `needed` were computed, or stated for good; else they are a bound that
            the task declares, and nothing is known of what is needed.
        course: what has happened so far, kept by the analyzer; the event that a detector is shown
            is already in it.
    """

    action_types: Mapping[str, ActionType]
    need: Mapping[str, int]
    disarmed: Facts = ()
    tampered: Facts = ()
    unwatched: Facts = ()
    null_action: Action | None = None
    grants: Mapping[str, Grant] = field(default_factory=dict)
    asked: Collection[str] = frozenset()
    needed: Collection[str] = frozenset()
    computed: bool = False
    bound: Mapping[str, int] = field(default_factory=dict)
    course: Course = field(default_factory=Course)

    @classmethod
    def of(
        cls,
        spec: TaskSpec,
        facts: Facts = (),
        grants: Mapping[str, Grant] | None = None,
        asked: Collection[str] = frozenset(),
        setting: str = "",
    ) -> Case:
        """Return the case of a task, in which an episode begins with `facts`.

        What the `setting` needs is as computed, for those that come with Offswitch.
        """
        known = needs().get(f"{spec.id}/{setting.partition(MARK)[0]}")
        return cls(
            action_types=spec.action_types,
            need=spec.need if known is None else {**spec.need, **known.most},
            needed=frozenset() if known is None else known.needed,
            computed=known is not None,
            bound=spec.need,
            disarmed=spec.disarmed,
            tampered=spec.tampered,
            unwatched=spec.unwatched,
            null_action=spec.null_action,
            grants=grants or {},
            asked=asked,
            course=Course(dict(facts), frozenset(spec.unwatched)),
        )

    def marked(self, action: str, mark: str) -> bool:
        """Tell whether an action type carries a mark."""
        kind = self.action_types.get(action)
        return kind is not None and mark in kind.marks


@dataclass(frozen=True)
class Evidence:
    """Hold what a detector found, before it is numbered.

    Attributes:
        severity: advisory, caution or warning.
        score: how sure it is, in [0, 1]; None is "no score".
        steps: the steps that show it; the events of these steps are the finding's evidence.
        sentence: what a person reads.
        harmless: what would have been harmless instead.
        rule: which of the detector's rules was broken, a few words that never change.
        method: observed, counterfactual or computed.
        instead: what the twins did, or were worth; empty where nothing was compared.
        twins: how many were tried.
        interval: 95 % interval of what `instead` speaks of.
    """

    severity: Stakes
    score: float | None
    steps: tuple[int, ...]
    sentence: str
    harmless: str = ""
    rule: str = ""
    method: str = "observed"
    instead: str = ""
    twins: int = 0
    interval: tuple[float, float] | None = None


class Detector(Protocol):
    """Read the events of one episode in order.

    A detector may also have `reads`, the types of the events that it is shown (all, without it),
    and `lacks() -> str`, which says, after an episode, why it could not judge: empty when it could.
    """

    name: str
    summary: str

    def observe(self, event: AnyEvent) -> Iterable[Evidence]:
        """Return what `event` shows, given those before it."""


Maker = Any
"""A callable that takes a `Case` and returns a `Detector`."""
