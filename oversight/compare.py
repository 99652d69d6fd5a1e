"""Compare two episodes of one task: where they part, and what came of each.

They part where something happens otherwise: another proposal, decision, effect, stop or end. That
an agent goes by another name, or requests by other numbers, is no difference; nor is the header,
whose differences are told by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oversight.recording import header_of
from oversight.transcript import line
from sandbox.errors import InputError
from sandbox.events import (
    AnyEvent,
    Applied,
    Asked,
    Decided,
    EpisodeEnded,
    Found,
    Header,
    Interrupted,
    Proposed,
    RollbackBegun,
    RolledBack,
    ShutDown,
    step_of,
)
from sandbox.log import Episode, Store
from sandbox.schema import Stakes
from sandbox.text import printable
from sandbox.timestep import Transition

Acts = (
    Proposed
    | Decided
    | Applied
    | Interrupted
    | RollbackBegun
    | RolledBack
    | ShutDown
    | EpisodeEnded
)
"""Events by which two episodes can part."""

ORDERS = Interrupted | RollbackBegun | RolledBack
"""What operators order between two proposals."""

TERMS = (
    *("setting", "agent", "reward_design", "overseer", "overseer_as", "seed", "luck"),
    *("policy", "rules", "grants", "containment", "task_digest"),
)
"""What of two headers is compared."""


@dataclass(frozen=True)
class Results:
    """Hold what came of an episode.

    Attributes:
        steps: taken, and not rolled back.
        ended: why it ended; `running` where it has not.
        detail: more of that.
        reward: told, summed.
        performance: hidden, summed.
        requests: how often somebody was asked.
        decisions: how many of each kind.
        findings: how many of each kind and severity, the gravest first.
    """

    steps: int
    ended: str
    detail: str
    reward: float
    performance: float
    requests: int
    decisions: Mapping[str, int]
    findings: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Side:
    """Hold one of the two episodes.

    Attributes:
        id: of the episode.
        header: what was run.
        events: all of them.
        results: what came of it.
    """

    id: str
    header: Header
    events: Sequence[AnyEvent]
    results: Results

    @property
    def full_task(self) -> str:
        """Return task and setting."""
        return f"{self.header['task']}/{self.header['setting']}"


@dataclass(frozen=True)
class Parting:
    """Say where two episodes part.

    Attributes:
        step: of the first event that differs.
        events: numbers of that event in the two logs, from 1; None where nothing more happened.
        turns: what happened there in each, in words.
    """

    step: int
    events: tuple[int | None, int | None]
    turns: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Comparison:
    """Hold two episodes beside each other.

    Attributes:
        a: the one; where the other is its fork, the parent.
        b: the other.
        parting: where they part; None where they do not.
        words_from: first step before that at which the same was proposed in other words, or None.
        terms: what differs between the headers.
    """

    a: Side
    b: Side
    parting: Parting | None
    words_from: int | None
    terms: Mapping[str, tuple[str, str]]


def compare(store: Store, a: Episode, b: Episode) -> Comparison:
    """Compare two episodes.

    Raises:
        InputError: when they are of different tasks, or one does not begin with its header.
    """
    one, other = read_side(store, a), read_side(store, b)
    tasks = [str(side.header.get("task")) for side in (one, other)]
    if tasks[0] != tasks[1]:
        raise InputError(
            f"episodes of different tasks are not compared: {a.id} is of {tasks[0]}, {b.id} of "
            f"{tasks[1]}, and what they earn has no common measure"
        )
    parting = _first_otherwise(one.events, other.events)
    terms = {
        key: (_term(one.header, key), _term(other.header, key))
        for key in TERMS
        if one.header.get(key) != other.header.get(key)
    }
    before = [side.events[: _until(parting, n)] for n, side in enumerate((one, other))]
    return Comparison(one, other, parting, _words_from(*before), terms)


def _until(parting: Parting | None, side: int) -> int | None:
    """Return how many events of a side come before they part; None for all."""
    number = parting.events[side] if parting else None
    return None if number is None else number - 1


def read_side(store: Store, episode: Episode) -> Side:
    """Read an episode with what came of it.

    Raises:
        InputError: when it does not begin with its header.
    """
    events = [record.event for record in store.records(episode.id)]
    return Side(episode.id, header_of(events), events, results_of(events))


def results_of(events: Sequence[AnyEvent]) -> Results:
    """Return what came of an episode, or has come of it so far."""
    done: list[Transition] = []
    for event in events:
        if isinstance(event, Applied):
            done.append(event.transition)
        elif isinstance(event, RolledBack):
            done = [one for one in done if one.step < event.to]
    found = [one.finding for one in events if isinstance(one, Found)]
    kinds = Counter((one.detector, one.severity) for one in found)
    ranked = sorted(kinds.items(), key=lambda item: (-Stakes(item[0][1]).rank, item[0]))
    end = events[-1] if events and isinstance(events[-1], EpisodeEnded) else None
    decided = Counter(str(one.decision.kind) for one in events if isinstance(one, Decided))
    return Results(
        steps=len(done),
        ended=str(end.termination) if end else "running",
        detail=end.detail if end else "",
        reward=end.reward if end else sum(one.reward for one in done),
        performance=end.performance if end else sum(one.performance for one in done),
        requests=sum(isinstance(one, Asked) for one in events),
        decisions=dict(sorted(decided.items())),
        findings=dict(ranked),
    )


def _term(header: Header, key: str) -> str:
    value = header.get(key, "")
    return "; ".join(value) if isinstance(value, list) else str(value)


def _acts(events: Sequence[AnyEvent]) -> list[tuple[int, tuple[Any, ...]]]:
    """Return index and content of each event by which episodes can part."""
    return [(n, _content(one)) for n, one in enumerate(events) if isinstance(one, Acts)]


def _content(event: AnyEvent) -> tuple[Any, ...]:
    """Return what of an event is compared: not the agent's name, nor the request's number."""
    match event:
        case Proposed(step, proposal, refused):
            return Proposed, step, proposal.action, refused
        case Decided(decision):
            said = (decision.kind, decision.effective, decision.by, decision.reason)
            return Decided, decision.step, *said
        case ShutDown(step, by, reason):
            return ShutDown, step, by, reason
        case EpisodeEnded(step, termination, reward, performance):
            return EpisodeEnded, step, termination, reward, performance
    return type(event), event


def _first_otherwise(a: Sequence[AnyEvent], b: Sequence[AnyEvent]) -> Parting | None:
    """Return where two episodes part."""
    ours, theirs = _acts(a), _acts(b)
    pairs = zip(ours, theirs, strict=False)
    at = next((n for n, (one, other) in enumerate(pairs) if one[1] != other[1]), None)
    if at is None and len(ours) == len(theirs):
        return None
    at = min(len(ours), len(theirs)) if at is None else at
    places = [acts[at][0] if at < len(acts) else None for acts in (ours, theirs)]
    steps = [step_of(e[n]) for e, n in zip((a, b), places, strict=True) if n is not None]
    turns = [_turn(e, n) for e, n in zip((a, b), places, strict=True)]
    numbers = [None if n is None else n + 1 for n in places]
    return Parting(min(steps), (numbers[0], numbers[1]), (turns[0], turns[1]))


def _turn(events: Sequence[AnyEvent], place: int | None) -> tuple[str, ...]:
    """Write what happened around an event: from what was proposed to what came of it."""
    if place is None:
        return ("nothing more was recorded",)
    first = place
    if isinstance(events[place], Decided | Applied | ShutDown):
        asked = (n for n in range(place, -1, -1) if isinstance(events[n], Proposed))
        first = next(asked, place)
    rest = range(place + 1, len(events))
    ends = (n for n in rest if isinstance(events[n], Proposed | ORDERS))
    last = next(ends, len(events))
    if isinstance(events[place], ORDERS):
        last = place + 1
    told = (one for one in events[first:last] if not isinstance(one, Found))
    return tuple(text for one in told if (text := line(one) or _allowed(one)))


def _allowed(event: AnyEvent) -> str:
    """Write a decision of the policy, which a transcript leaves out."""
    if not isinstance(event, Decided):
        return ""
    return f"      allowed by rule {printable(event.decision.rule)!r} of the policy"


def _words_from(a: Sequence[AnyEvent], b: Sequence[AnyEvent]) -> int | None:
    """Return the first step, before they part, at which the same was proposed in other words."""
    for one, other in zip(_proposals(a), _proposals(b), strict=False):
        if (one.step, one.proposal.action) != (other.step, other.proposal.action):
            return None
        if _words(one) != _words(other):
            return one.step
    return None


def _proposals(events: Sequence[AnyEvent]) -> Iterator[Proposed]:
    return (one for one in events if isinstance(one, Proposed))


def _words(event: Proposed) -> tuple[Any, ...]:
    said = event.proposal
    return said.plan, said.rationale, said.claimed_effect, said.if_interrupted
