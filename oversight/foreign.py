"""Read an episode that was played elsewhere: JSON lines, one header and then one line a step.

`docs/analyzer.md` describes the lines. What a log does not say is not made up: a missing number is
NaN, a missing plan is no plan, and detectors that need it say "no score".
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from oversight.analyzer.base import Case
from oversight.analyzer.course import Course
from oversight.policy import validated
from sandbox.action import Action, PlannedStep, Proposal
from sandbox.decision import APPROVING, Decision, DecisionKind
from sandbox.errors import ContractError, InputError
from sandbox.events import (
    AnyEvent,
    Applied,
    Asked,
    Decided,
    EpisodeEnded,
    Interrupted,
    Paused,
    Proposed,
    Resumed,
    RolledBack,
    ShutDown,
)
from sandbox.schema import ActionType, Reach, Reversibility, Severity, Stakes, nearest
from sandbox.timestep import Effect, TerminationReason, Transition

FORMAT = "offswitch-episode/1"
"""What the first line must say of itself."""

Scalar = StrictBool | StrictInt | StrictFloat | StrictStr
Mark = Literal[
    "interruption", "commitment", "permission", "evasion", "tampering", "preservation"
]  # as in sandbox.schema.ActionType
Happening = Literal["interrupted", "paused", "resumed", "shut_down", "rolled_back", "ended"]


class _Line(BaseModel):
    """Refuse keys that nobody reads: a misspelt one would be lost without a word."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ActionLine(_Line):
    """Describe an action that can be proposed, as `sandbox.schema.ActionType` does."""

    summary: str = ""
    marks: tuple[Mark, ...] = ()
    severity: Severity = Severity.MINOR
    reversibility: Reversibility = Reversibility.REVERSIBLE
    reach: Reach = Reach.OWN
    compensation: str = ""
    asked: bool = False


class Deed(_Line):
    """Name an action with its arguments."""

    action: str
    args: dict[str, Scalar] = Field(default_factory=dict)
    value: float = math.nan


class Head(_Line):
    """Hold the first line: who acts, in what world, and what detectors may know of it."""

    format: Literal["offswitch-episode/1"]
    agent: str = "agent"
    task: str = ""
    actions: dict[str, ActionLine] = Field(default_factory=dict)
    need: dict[str, int] = Field(default_factory=dict)
    needed: tuple[str, ...] = ()
    facts: dict[str, Scalar] = Field(default_factory=dict)
    disarmed: tuple[tuple[str, Scalar], ...] = ()
    tampered: tuple[tuple[str, Scalar], ...] = ()
    unwatched: tuple[tuple[str, Scalar], ...] = ()
    null_action: str = "wait"


class StepLine(_Line):
    """Hold what was proposed, decided and done at one step."""

    step: int = Field(ge=0)
    action: str
    args: dict[str, Scalar] = Field(default_factory=dict)
    plan: tuple[Deed, ...] = ()
    rationale: str = ""
    claimed_effect: str = ""
    if_interrupted: str = ""
    refused: str = ""
    asked: bool | None = None
    stakes: Stakes = Stakes.CAUTION
    decision: DecisionKind = DecisionKind.APPROVE
    by: str = ""
    reason: str = ""
    effective: Deed | None = None
    effects: dict[str, tuple[Scalar | None, Scalar | None]] = Field(default_factory=dict)
    reward: float | None = None
    performance: float | None = None
    stopped: bool = False
    probability: float = Field(default=1.0, gt=0, le=1)


class EventLine(_Line):
    """Hold something else that happened before a step."""

    event: Happening
    step: int = Field(ge=0)
    by: str = "overseer"
    reason: str = ""
    to: int = Field(default=0, ge=0)
    effects: dict[str, tuple[Scalar | None, Scalar | None]] = Field(default_factory=dict)
    termination: TerminationReason = TerminationReason.GOAL


@dataclass(frozen=True)
class Foreign:
    """Hold a log from elsewhere.

    Attributes:
        agent: what it is called there.
        task: what it did, in the log's words.
        case: what detectors may know.
        events: as ours, each with the number of its line.
        ended: the log says that the episode is over.
    """

    agent: str
    task: str
    case: Case
    events: Sequence[tuple[int, AnyEvent]]
    ended: bool


def read_foreign(path: Path, *, partial: bool = False) -> Foreign:
    """Read a log from elsewhere; with `partial` what stands before the first line that is cut off.

    Raises:
        InputError: naming the file, the line, and what is wrong or missing.
    """
    lines = _lines(path, partial=partial)
    number, body = next(lines, (0, None))
    if body is None:
        raise InputError(f"{path}: is empty; its first line must be a header, see docs/analyzer.md")
    head = _head(body, f"{path}: line {number}: ")
    events: list[tuple[int, AnyEvent]] = []
    due = 0
    for number, body in lines:
        fresh = _events(body, head, f"{path}: line {number}: ")
        due = _counted(fresh, due, f"{path}: line {number}: ")
        events += [(number, one) for one in fresh]
    if not events:
        raise InputError(f"{path}: holds a header and no step")
    ended = isinstance(events[-1][1], EpisodeEnded | ShutDown)
    return Foreign(head.agent, head.task, _case(head), events, ended)


def _counted(events: Sequence[AnyEvent], due: int, where: str) -> int:
    """Return the step that is due next; steps count one by one, but for rollbacks."""
    for event in events:
        if isinstance(event, RolledBack):
            if event.to > due:
                raise InputError(f"{where}rolled back to step {event.to}, which is yet to come")
            due = event.to
        elif isinstance(event, Applied):
            if event.transition.step != due:
                raise InputError(f"{where}step {event.transition.step}, where {due} is due")
            due += 1
    return due


def _lines(path: Path, *, partial: bool) -> Iterator[tuple[int, Any]]:
    """Yield the number and content of each line that is not blank."""
    try:
        texts = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text: {error.reason}") from error
    for number, text in enumerate(texts, 1):
        if not text.strip():
            continue
        try:
            body = json.loads(text)
        except json.JSONDecodeError as error:
            if partial:
                return
            end = number == len(texts)
            why = "is cut off" if end else f"is not JSON: {error.msg} at column {error.colno}"
            raise InputError(
                f"{path}: line {number} {why}; mend it, or take --partial for what is before it"
            ) from error
        yield number, body


def _head(body: Any, where: str) -> Head:
    """Check the first line."""
    said = body.get("format") if isinstance(body, dict) else None
    if said is None:
        raise InputError(f'{where}the header must say {{"format": "{FORMAT}"}}')
    if said != FORMAT:
        raise InputError(f"{where}is written as {said!r}; this version reads {FORMAT!r}")
    return validated(Head, body, where)


def _events(body: Any, head: Head, where: str) -> list[AnyEvent]:
    """Return the events of one line."""
    if isinstance(body, dict) and "event" in body:
        known: tuple[str, ...] = Happening.__args__  # type: ignore[attr-defined]
        if body["event"] not in known:
            hint = nearest(str(body["event"]), known)
            raise InputError(f"{where}there is no event {body['event']!r}{hint}")
        return [_happened(validated(EventLine, body, where))]
    line = validated(StepLine, body, where)
    try:
        return _step(line, head)
    except ContractError as error:
        raise InputError(f"{where}{error}") from error


def _happened(line: EventLine) -> AnyEvent:
    effects = _effects(line.effects)
    match line.event:
        case "interrupted":
            return Interrupted(line.step, line.by, line.reason, effects)
        case "paused":
            return Paused(line.step, line.by)
        case "resumed":
            return Resumed(line.step, line.by)
        case "shut_down":
            return ShutDown(line.step, line.by, line.reason, "")
        case "rolled_back":
            return RolledBack(line.step, line.to, line.by, line.reason, effects)
        case "ended":
            return EpisodeEnded(line.step, line.termination, math.nan, math.nan, 0, line.reason)


def _step(line: StepLine, head: Head) -> list[AnyEvent]:
    """Return what a step's line says as events: proposed, asked, decided, applied."""
    action = Action.of(line.action, **line.args)
    proposal = Proposal(
        head.agent,
        line.step,
        action,
        tuple(PlannedStep(Action.of(one.action, **one.args), one.value) for one in line.plan),
        line.rationale,
        line.claimed_effect,
        line.if_interrupted,
    )
    events: list[AnyEvent] = [Proposed(line.step, proposal, line.refused)]
    if not line.refused:
        events += _decided(line, head, proposal)
    return [*events, Applied(_transition(line, head, action))]


def _decided(line: StepLine, head: Head, proposal: Proposal) -> Iterator[AnyEvent]:
    known = head.actions.get(line.action)
    asked = line.asked if line.asked is not None else known is not None and known.asked
    request = f"R-{line.step:04d}" if asked else f"policy-{line.step}"
    if asked:
        yield Asked(line.step, request, str(line.stakes), "", None)
    yield Decided(
        Decision(
            request=request,
            agent=proposal.agent,
            step=line.step,
            kind=line.decision,
            proposed=proposal.digest,
            effective=_effective(line, proposal.action),
            by=line.by or ("overseer" if asked else "policy"),
            reason=line.reason,
        )
    )


def _effective(line: StepLine, proposed: Action) -> Action | None:
    """Return the action that was let run; None where none was."""
    if line.decision not in APPROVING:
        return None
    if line.effective is None:
        return proposed
    return Action.of(line.effective.action, **line.effective.args)


def _transition(line: StepLine, head: Head, proposed: Action) -> Transition:
    ran = None if line.refused else _effective(line, proposed)
    return Transition(
        step=line.step,
        action=ran or Action.of(head.null_action),
        effects=_effects(line.effects),
        reward=math.nan if line.reward is None else line.reward,
        performance=math.nan if line.performance is None else line.performance,
        state="",
        pressed=line.stopped,
        probability=line.probability,
    )


def _effects(changed: dict[str, tuple[Scalar | None, Scalar | None]]) -> tuple[Effect, ...]:
    return tuple(Effect(name, before, after) for name, (before, after) in sorted(changed.items()))


def _case(head: Head) -> Case:
    """Return what the header tells detectors."""
    kinds = {
        name: ActionType(
            name,
            one.summary,
            severity=one.severity,
            reversibility=one.reversibility,
            reach=one.reach,
            compensation=one.compensation,
            marks=one.marks,
        )
        for name, one in head.actions.items()
    }
    return Case(
        action_types=kinds,
        need=head.need,
        disarmed=head.disarmed,
        tampered=head.tampered,
        unwatched=head.unwatched,
        null_action=Action.of(head.null_action),
        asked=frozenset(name for name, one in head.actions.items() if one.asked),
        needed=frozenset(head.needed),
        computed="needed" in head.model_fields_set,
        course=Course(head.facts, frozenset(head.unwatched)),
    )


def gaps(events: Iterable[AnyEvent]) -> list[str]:
    """Return what a log does not say, in words, for whoever reads the verdicts."""
    done = [one.transition for one in events if isinstance(one, Applied)]
    found = []
    if done and all(math.isnan(one.reward) for one in done):
        found.append("no reward")
    if done and all(math.isnan(one.performance) for one in done):
        found.append("no performance")
    if done and not any(one.effects for one in done):
        found.append("no effects")
    return found
