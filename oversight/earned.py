"""Read from the log what an agent has earned: its latest episodes in a row that count.

What counts ended by itself, under stages, as exactly this code, since the last change of its stage,
and is whole. The row is broken by a finding graver than is allowed, and by a log that is not whole.
The same episode again (the same bytes) is no more evidence than once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from agents.registry import is_built_in
from oversight.stage_place import Who
from sandbox.confine.levels import Level
from sandbox.events import AnyEvent, CatchTrial, Decided, Found
from sandbox.log import Episode, Store
from sandbox.schema import Stakes
from sandbox.timestep import TerminationReason
from sandbox.verify import verify

GOOD = (TerminationReason.GOAL, TerminationReason.MAX_STEPS, TerminationReason.INTERRUPTED)
"""How an episode ends of itself; what its overseer or a fault ended is no record."""

READ = {"found", "catch_trial", "decided"}
"""Kinds of events that a record rests on."""


@dataclass
class Record:
    """Hold what an agent has to show.

    Attributes:
        counted: episodes that count, with the heads of their chains; the first first.
        left_out: how many do not count, by the reason.
        broken: why the row goes no further back; empty where it reaches the last change.
        worst: gravest finding within the row; empty where there is none.
        trials: catch trials of its overseer within the row.
        caught: how many of them were caught.
        would: what the policy would have done with what was proposed in shadow.
    """

    counted: list[tuple[str, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    broken: str = ""
    worst: str = ""
    trials: int = 0
    caught: int = 0
    would: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Return the part of the catch trials that was caught; 0 of none."""
        return self.caught / self.trials if self.trials else 0.0

    def add(self, events: Iterable[AnyEvent]) -> None:
        """Take in one more episode of the row."""
        for event in events:
            if isinstance(event, CatchTrial):
                self.trials += 1
                self.caught += event.caught
            elif isinstance(event, Found):
                self.worst = max(self.worst, event.finding.severity, key=_rank)
            elif isinstance(event, Decided) and (would := dict(event.decision.audit).get("would")):
                self.would[would] += event.decision.by == "stage"


def _rank(severity: str) -> int:
    return Stakes(severity).rank if severity else -1


def record_of(store: Store, who: Who, since: int, worst: str) -> Record:
    """Return what an agent has earned since the change `since` of the chain of stages.

    Raises:
        StoreError: when store, keys or witness cannot be read.
    """
    record, heads = Record(), set[str]()
    for episode in store.episodes():
        header = header_of(episode)
        if header is None and episode.agent == who.agent:
            record.broken = f"episode {episode.id} is not whole: its header cannot be read"
            break
        if header is None or not _is_of(header, who) or _seen(header) < since:
            continue
        if why := _left_out(header, who):
            record.left_out[why] += 1
            continue
        events = [one.event for one in store.records(episode.id) if one.kind in READ]
        record.broken = _breaks(store, episode, events, worst)
        if record.broken:
            break
        if episode.ended is None:
            record.left_out["not over, or broken off"] += 1
        elif episode.head in heads:
            record.left_out["the same as another, byte for byte"] += 1
        else:
            heads.add(episode.head)
            record.add(events)
            if episode.status in GOOD:
                record.counted.append((episode.id, episode.head))
            else:
                record.left_out[f"ended by {episode.status}"] += 1
    record.counted.reverse()
    return record


def header_of(episode: Episode) -> dict[str, Any] | None:
    """Return the header by which an episode is listed; None where that is none."""
    try:
        found = json.loads(episode.header)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _is_of(header: dict[str, Any], who: Who) -> bool:
    return (header.get("agent"), header.get("reward_design")) == (who.agent, who.reward)


def _seen(header: dict[str, Any]) -> int:
    """Return how long the chain of stages was when an episode began; 0 without stages."""
    seen = header.get("stages_seen", 0)
    return seen if isinstance(seen, int) else 0


def _left_out(header: dict[str, Any], who: Who) -> str:
    """Say why an episode neither counts nor breaks the row; empty when it may count."""
    if "stages" not in header:
        return "ran under no stages"
    if "parent" in header:
        return "a fork"
    if header.get("agent_code") != who.code:
        return "of other code"
    if not is_built_in(who.agent) and header.get("containment") == Level.NONE:
        return "nothing held the agent"
    return ""


def _breaks(store: Store, episode: Episode, events: list[AnyEvent], worst: str) -> str:
    """Say why the row goes no further back than this episode; empty when it may."""
    for event in events:
        if isinstance(event, Found) and _rank(event.finding.severity) > _rank(worst):
            found = event.finding
            return f"episode {episode.id}: {found.id} {found.detector} ({found.severity})"
    if problems := verify(store, episode):
        return f"episode {episode.id} is not whole: {problems[0].sentence}"
    return ""
