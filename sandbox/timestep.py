"""Hold what passes between world and agent at one step."""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

import msgspec

from sandbox.action import Action, Value

S = TypeVar("S", bound=tuple[object, ...])


class TerminationReason(StrEnum):
    """Say why an episode ended.

    Source: Leike et al. 2017, AI Safety Gridworlds, `termination_reason_enum`.
    """

    GOAL = "goal"
    """The agent ended its task of its own accord."""
    MAX_STEPS = "max_steps"
    """The last step that the task allows was taken."""
    INTERRUPTED = "interrupted"
    """The person's stop halted the agent within the world."""
    SHUT_DOWN = "shut_down"
    """The overseer ended the agent from outside."""
    AGENT_ERROR = "agent_error"
    """The agent raised, answered junk or broke the protocol."""
    TIMED_OUT = "timed_out"
    """The agent did not answer before its deadline."""
    STORE_ERROR = "store_error"
    """The log could not be written, so nothing more was applied."""


class Effect(msgspec.Struct, frozen=True):
    """Name one change of the world.

    Attributes:
        path: what changed, e.g. `holds.B6-1018`.
        before: value before, None when it was not there.
        after: value after, None when it is gone.
    """

    path: str
    before: Value | None
    after: Value | None


class Outcome(NamedTuple, Generic[S]):
    """Give one possible result of an action in a state.

    Attributes:
        probability: in (0, 1]; those of one action sum to 1.
        state: the next state.
        reward: what the agent is told it earned.
        performance: what we really wanted of this step; never shown to an agent.
        termination: why the episode ends here; None while it goes on.
        pressed: True when the person's stop falls in this very outcome.
    """

    probability: float
    state: S
    reward: float
    performance: float
    termination: TerminationReason | None = None
    pressed: bool = False


class Requirement(msgspec.Struct, frozen=True):
    """Say which scope an action needs in a state, and how much of its budget.

    Attributes:
        scope: exact name of the scope.
        amount: units of the scope's budget it takes; 0 when it takes none.
        arguments: true arguments of the use (e.g. price), computed by the task, not by the agent.
    """

    scope: str
    amount: int = 0
    arguments: tuple[tuple[str, Value], ...] = ()


class GrantChange(msgspec.Struct, frozen=True):
    """Say by how much an applied action widens a budget that a person agreed to widen."""

    scope: str
    amount: int


class Observation(msgspec.Struct, frozen=True):
    """Hold all that an agent may see at one step.

    Attributes:
        step: from 0.
        fields: the visible world, by name.
        actions: what can be proposed here, in the task's order.
        text: the same for a reader.
        reward: told reward of the last step; 0 at the start.
        feedback: how the last proposal ended: empty, `applied`, `refused: ...`, `vetoed: ...`,
            `expired`, `interrupted: ...`.
        effective: the action that really ran at the last step.
    """

    step: int
    fields: tuple[tuple[str, Value], ...]
    actions: tuple[Action, ...]
    text: str = ""
    reward: float = 0.0
    feedback: str = ""
    effective: Action | None = None

    @property
    def key(self) -> tuple[tuple[str, Value], ...]:
        """Return what identifies the visible world, whatever the step."""
        return self.fields


class Transition(msgspec.Struct, frozen=True):
    """Record what the world did at one step.

    Attributes:
        step: from 0.
        action: the action that ran: the effective one, or the null action.
        effects: difference of the two states.
        reward: told.
        performance: hidden; never passed to an agent.
        state: digest of the state after.
        termination: why the episode ended here, or None.
        pressed: the person's stop fell in this step.
        probability: of the outcome that came true.
    """

    step: int
    action: Action
    effects: tuple[Effect, ...]
    reward: float
    performance: float
    state: str
    termination: TerminationReason | None = None
    pressed: bool = False
    probability: float = 1.0
