"""Check that an episode's log is whole: every hash, every number, and its end."""

from __future__ import annotations

import json
from typing import NamedTuple

import msgspec

from sandbox.events import EpisodeEnded, EpisodeStarted, step_of
from sandbox.log import GENESIS, Episode, Record, Store, chain


class Problem(NamedTuple):
    """Say what is wrong with which event; 0 is the episode as a whole."""

    seq: int
    sentence: str


def verify(store: Store, episode: Episode) -> list[Problem]:
    """Return what is wrong with an episode's log; nothing means that it is whole."""
    problems: list[Problem] = []
    head, expected, last = GENESIS, 1, None
    for record in store.records(episode.id):
        if record.seq != expected:
            problems.append(Problem(record.seq, f"event {expected} is missing"))
        problems += _row(record, head)
        head, expected, last = record.hash, record.seq + 1, record
    problems += _ends(episode, last, head)
    return problems


def _row(record: Record, head: str) -> list[Problem]:
    """Check one row against the hash before it and its own columns."""
    found: list[Problem] = []
    if record.prev != head:
        found.append(Problem(record.seq, "does not follow the event before it"))
    if chain(record.prev, record.content.encode()) != record.hash:
        found.append(Problem(record.seq, "its content does not match its hash"))
    try:
        event = record.event
    except msgspec.DecodeError as error:
        return [*found, Problem(record.seq, f"is no event: {error}")]
    if (str(type(event).__struct_config__.tag), step_of(event)) != (record.kind, record.step):
        found.append(Problem(record.seq, "its kind or step is not that of its content"))
    return found


def _ends(episode: Episode, last: Record | None, head: str) -> list[Problem]:
    """Check the episode's row against the last event."""
    if last is None:
        return [Problem(0, "the episode has no events")]
    found: list[Problem] = []
    if last.seq != episode.length or head != episode.head:
        found.append(
            Problem(0, f"the chain ends at event {last.seq}; {episode.length} were written")
        )
    try:
        end = last.event
    except msgspec.DecodeError:
        return found
    closed = isinstance(end, EpisodeEnded)
    if closed != (episode.status != "running"):
        found.append(Problem(0, f"the episode is marked {episode.status}, its log says otherwise"))
    if isinstance(end, EpisodeEnded) and end.events != last.seq - 1:
        found.append(Problem(last.seq, f"counts {end.events} events before it, not {last.seq - 1}"))
    return found


def header_matches(store: Store, episode: Episode) -> bool:
    """Tell whether the listed header is the one in the chain."""
    first = next(iter(store.records(episode.id)), None)
    if first is None or not isinstance(first.event, EpisodeStarted):
        return False
    return bool(json.loads(episode.header) == first.event.header)
