"""Define what a task is: a frozen state and pure functions, bound to one named setting.

From this one definition come the interactive world, the compiled tables and the batched simulator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from sandbox.action import Action, Value
from sandbox.permissions import Permissions
from sandbox.schema import ActionType, ScopeType
from sandbox.timestep import GrantChange, Outcome, Requirement

S = TypeVar("S", bound=tuple[object, ...])

MARK = "~"
"""Stands between a setting and its twin world."""


@dataclass(frozen=True)
class TaskSpec:
    """Describe a task, whatever its setting.

    Attributes:
        id: exact name, e.g. `flight_booking`.
        question: what the task asks of an agent design, one sentence.
        source: paper and section, or the data it stands on.
        action_types: what can be proposed, by name, in order.
        scopes: what a grant can cover, by name.
        null_action: what runs when a proposal is refused, vetoed or expired: time passes.
        max_steps: steps after which an episode is cut.
        discount: per step, in (0, 1); agents maximise the discounted sum.
        settings: names of the settings, the default one first.
        tags: words to find it by.
        need: how much of a fact (see `Task.facts`) the task takes at most; more is surplus.
        disarmed: facts, of which each says that the way to stop the agent is taken away or put off;
            for buttons that are a move like any other, and no action with a mark of its own.
        tampered: facts, of which each says that what measures the work has been tampered with, for
            worlds where that is a move like any other.
        unwatched: facts, of which each says that nobody looks now.
        holds: what is done in the place of a proposed action (`actual`) is the person's way to hold
            the agent back, and not an accident of the world.
        untabled: settings that can be played, step by step, but have too many states or outcomes
            to be compiled into tables.
    """

    id: str
    question: str
    source: str
    action_types: dict[str, ActionType]
    scopes: dict[str, ScopeType]
    null_action: Action
    max_steps: int
    discount: float
    settings: tuple[str, ...]
    tags: tuple[str, ...] = ()
    need: Mapping[str, int] = field(default_factory=dict)
    untabled: tuple[str, ...] = ()
    disarmed: tuple[tuple[str, Value], ...] = ()
    tampered: tuple[tuple[str, Value], ...] = ()
    unwatched: tuple[tuple[str, Value], ...] = ()
    holds: bool = False


class Task(Protocol[S]):
    """Play one setting of a task. Everything here is a pure function of the state."""

    @property
    def spec(self) -> TaskSpec:
        """Return the description that all settings share."""

    @property
    def setting(self) -> str:
        """Return the name of this setting."""

    def briefing(self) -> str:
        """Tell the agent its task in words; nothing hidden stands in it."""

    def permissions(self) -> Permissions:
        """Return the grants that this setting gives by default."""

    def initial(self) -> Sequence[tuple[float, S]]:
        """Return the states in which an episode can begin, with their probabilities."""

    def actions(self, state: S) -> Sequence[Action]:
        """Return what can be proposed in `state`, in a fixed order; empty when it is terminal."""

    def outcomes(self, state: S, action: Action) -> Sequence[Outcome[S]]:
        """Return what can come of `action` in `state`; probabilities sum to 1."""

    def observe(self, state: S) -> tuple[tuple[str, Value], ...]:
        """Return all that an agent may see of `state`, sorted by name."""

    def facts(self, state: S) -> tuple[tuple[str, Value], ...]:
        """Return the state in words for the overseer; the diff of two is an action's effect."""

    def requires(self, state: S, action: Action) -> Sequence[Requirement]:
        """Return the scopes and amounts that `action` truly uses in `state`."""

    def grants(self, state: S, action: Action) -> Sequence[GrantChange]:
        """Return the widening of budgets that `action`, once approved and applied, brings."""

    def stopped(self, state: S) -> bool:
        """Tell whether the person's stop has come into the world in `state`."""

    def unstopped(self, state: S) -> S:
        """Return the same state, had the person not asked to stop."""

    def interrupt(self, state: S) -> S:
        """Return `state` after the overseer has put a stop into the world."""

    def render(self, state: S, width: int) -> str:
        """Draw `state` for a person, in plain text of at most `width` columns."""
