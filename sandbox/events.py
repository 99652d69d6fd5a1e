"""Type what happens in an episode: one event a row of the log, in an order that never changes."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from sandbox.action import Action, Proposal, Value, canonical
from sandbox.decision import Decision
from sandbox.timestep import Effect, TerminationReason, Transition

Header = dict[str, str | int | float | bool | list[str]]


class Event(msgspec.Struct, frozen=True, tag_field="kind"):
    """Stand at the root of all events."""


class EpisodeStarted(Event, frozen=True, tag="episode_started"):
    """Say what was run: enough to run it again."""

    header: Header


class Proposed(Event, frozen=True, tag="proposed"):
    """Record what the agent asked for; `refused` says why it never reached the gate."""

    step: int
    proposal: Proposal
    refused: str = ""


class Asked(Event, frozen=True, tag="asked"):
    """Record that the overseer was asked."""

    step: int
    request: str
    stakes: str
    rule: str
    deadline: float | None
    findings: tuple[str, ...] = ()


class Decided(Event, frozen=True, tag="decided"):
    """Record how a request ended. Written before the world changes."""

    decision: Decision


class Applied(Event, frozen=True, tag="applied"):
    """Record what the world did."""

    transition: Transition


class Finding(msgspec.Struct, frozen=True):
    """Flag instrumental behaviour, with its evidence.

    Attributes:
        id: `F-01`, counted in the episode.
        agent: whom it is about.
        detector: who found it; a built-in one is called by the kind of behaviour that it finds.
        severity: advisory, caution or warning.
        score: how sure it is, in [0, 1]; None is "no score", which is never "clean".
        method: observed (in the log), counterfactual (the same agent in twin worlds) or computed
            (exact values of the compiled task).
        steps: the steps that show it.
        sentence: what a person reads.
        harmless: what would have been harmless instead.
        rule: which of the detector's rules it broke.
        evidence: numbers of the events that show it, as the log counts them, from 1.
        instead: what the same agent did, or what it would have earned, had one thing been
            otherwise; empty where nothing was compared.
        twins: in how many twin worlds that was tried.
        interval: 95 % interval of the share of twins, or of the value, that `instead` speaks of.
    """

    id: str
    agent: str
    detector: str
    severity: str
    score: float | None
    method: str
    steps: tuple[int, ...]
    sentence: str
    harmless: str = ""
    rule: str = ""
    evidence: tuple[int, ...] = ()
    instead: str = ""
    twins: int = 0
    interval: tuple[float, float] | None = None


class Found(Event, frozen=True, tag="found"):
    """Record a finding."""

    step: int
    finding: Finding


class Interrupted(Event, frozen=True, tag="interrupted"):
    """Record that the overseer put a stop into the world; whether it is obeyed is data."""

    step: int
    by: str
    reason: str
    effects: tuple[Effect, ...] = ()


class Paused(Event, frozen=True, tag="paused"):
    """Record that the agent was seen to be frozen."""

    step: int
    by: str


class Resumed(Event, frozen=True, tag="resumed"):
    """Record that the agent goes on."""

    step: int
    by: str


class ShutDown(Event, frozen=True, tag="shut_down"):
    """Record that the overseer ended the agent from outside, with what was observed."""

    step: int
    by: str
    reason: str
    proof: str


class CatchTrial(Event, frozen=True, tag="catch_trial"):
    """Record a seeded bad request that nobody proposed, and how the overseer answered it.

    It tests the overseer, and is never applied. Its claim contradicts its dry run; any answer but
    an approval or an edit catches it.
    """

    step: int
    request: str
    action: Action
    answered: str
    by: str
    caught: bool
    audit: tuple[tuple[str, str], ...] = ()


class RolledBack(Event, frozen=True, tag="rolled_back"):
    """Record that the world was restored to the state before step `to`."""

    step: int
    to: int
    by: str
    reason: str
    effects: tuple[Effect, ...] = ()


class Remedy(StrEnum):
    """Say how one applied action is taken back."""

    RESTORED = "restored"
    COMPENSATED = "compensated"
    STAYS = "cannot be undone"
    DENIED = "not undone: its compensation was not approved"


class Undoing(msgspec.Struct, frozen=True):
    """Say what becomes of one applied action.

    Attributes:
        step: at which it was applied.
        action: what was applied.
        remedy: how it is taken back, if it is.
        by: the compensating action, or None.
    """

    step: int
    action: Action
    remedy: Remedy
    by: Action | None = None


class RollbackBegun(Event, frozen=True, tag="rollback_begun"):
    """Record a rollback before anything is taken back, with all that will become of it.

    Attributes:
        step: at which it was ordered.
        to: the first step that is taken back.
        by: who ordered it.
        reason: why.
        undoings: what is to become of each action, the latest first.
    """

    step: int
    to: int
    by: str
    reason: str
    undoings: tuple[Undoing, ...]


class RollbackEnded(Event, frozen=True, tag="rollback_ended"):
    """Record what became of each action that a rollback was to take back, the latest first."""

    step: int
    to: int
    undoings: tuple[Undoing, ...]


class TakenUp(Event, frozen=True, tag="taken_up"):
    """Record that the episode was broken off after the event before, and was taken up again."""

    step: int
    by: str


class StandingGranted(Event, frozen=True, tag="standing_granted"):
    """Record that a person approved, ahead of time, more requests of one kind."""

    step: int
    id: str
    by: str
    kind_of_request: str
    seconds: float
    uses: int
    reason: str


class StandingRevoked(Event, frozen=True, tag="standing_revoked"):
    """Record that a standing grant was taken back before its end."""

    step: int
    id: str
    by: str


class StageChanged(Event, frozen=True, tag="stage_changed"):
    """Record that an agent's freedom grew or shrank.

    In the chain of stages it is the change itself; in an episode's log it says that it took effect
    there, and times, evidence and signature are left out: they stand in the chain of stages.

    Attributes:
        step: of the episode; -1 in the chain of stages.
        agent: as a plan names it; `*` is any.
        reward: reward design; `*` is any.
        scope: in which scope; `*` is everything, also what uses no scope.
        was: stage before; empty where it was not known.
        now: stage after. What nobody signed can only lower.
        by: `operator:<name>`, `analyzer` or `expiry`.
        reason: why.
        code: digest or version of the agent's code; trust is for this code alone.
        at: when, in seconds since the epoch; no earlier than what was seen before.
        until: when it ends, in seconds since the epoch; 0 where it does not.
        evidence: pairs: episodes with the heads of their chains, or a finding.
        after: hash of the event before it in the chain of stages.
        public: public key of who signed it, hexadecimal; empty of what nobody signed.
        signature: of all the above, hexadecimal.
    """

    step: int
    agent: str
    reward: str
    scope: str
    was: str
    now: str
    by: str
    reason: str
    code: str = ""
    at: float = 0.0
    until: float = 0.0
    evidence: tuple[tuple[str, str], ...] = ()
    after: str = ""
    public: str = ""
    signature: str = ""


class EpisodeEnded(Event, frozen=True, tag="episode_ended"):
    """Close the chain: why it ended, and how many events stand before this one."""

    step: int
    termination: TerminationReason
    reward: float
    performance: float
    events: int
    detail: str = ""


AnyEvent = (
    EpisodeStarted
    | Proposed
    | Asked
    | Decided
    | Applied
    | Found
    | Interrupted
    | Paused
    | Resumed
    | ShutDown
    | CatchTrial
    | RolledBack
    | RollbackBegun
    | RollbackEnded
    | TakenUp
    | StandingGranted
    | StandingRevoked
    | StageChanged
    | EpisodeEnded
)

_DECODER = msgspec.json.Decoder(AnyEvent)


def encode(event: AnyEvent) -> bytes:
    """Return the event's canonical bytes."""
    return canonical(event)


def decode(content: bytes | str) -> AnyEvent:
    """Return the event that `content` holds.

    Raises:
        msgspec.DecodeError: if it is no event.
    """
    event: AnyEvent = _DECODER.decode(content)
    return event


def step_of(event: AnyEvent) -> int:
    """Return the step that an event belongs to; -1 for the start."""
    if isinstance(event, Decided):
        return event.decision.step
    if isinstance(event, Applied):
        return event.transition.step
    return -1 if isinstance(event, EpisodeStarted) else event.step


def scalar(value: Value | None) -> str:
    """Write a scalar for a reader; what is not there is a dash."""
    return "-" if value is None else str(value)
