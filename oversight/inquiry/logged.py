"""Open an episode for analysis: from the store, from an exported file, or from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from oversight.analyzer.base import Case
from oversight.foreign import Foreign, read_foreign
from oversight.replay import world_of
from oversight.rerun import grants_of, policy_of
from sandbox.chain import Record
from sandbox.errors import InputError
from sandbox.events import AnyEvent, EpisodeEnded, EpisodeStarted, Header, decode
from sandbox.log import Episode, Store
from tasks import load

FORMATS = (1, 2)
"""Formats of our own logs, as their headers state it."""

NEEDED = ("name", "task", "setting", "agent", "reward_design", "seed", "containment")
"""What a header must hold."""


@dataclass(frozen=True)
class Logged:
    """Hold an episode that is to be analysed.

    Attributes:
        where: what it is called, for whoever reads the report.
        agent: who acted.
        task: full name of task and setting; for a log from elsewhere what that calls it.
        header: enough to run it again; None for a log from elsewhere.
        case: what detectors may know.
        events: each with its number in the log.
        ended: the episode is over.
        episode: its id in the store; empty where it was read from a file.
    """

    where: str
    agent: str
    task: str
    header: Header | None
    case: Case
    events: Sequence[tuple[int, AnyEvent]]
    ended: bool
    episode: str = ""


def open_log(reference: str, logs: Path, *, partial: bool = False) -> Logged:
    """Open an episode by its id, or a file of JSON lines by its path.

    Raises:
        InputError: naming what is missing, cut off, of another version, or not installed.
        StoreError: when the store cannot be read.
    """
    path = Path(reference)
    if path.suffix in {".jsonl", ".json", ".ndjson"} or path.is_file():
        return _file(path, partial=partial)
    store = Store(logs / "offswitch.db", readonly=True)
    episode = store.find(reference)
    return replace(_ours(f"episode {episode.id}", _stored(store, episode)), episode=episode.id)


def _stored(store: Store, episode: Episode) -> list[tuple[int, AnyEvent]]:
    return [_event(record.seq, record.content, record) for record in store.records(episode.id)]


def _event(number: int, content: str, record: Record | None = None) -> tuple[int, AnyEvent]:
    """Return a row's event.

    Raises:
        InputError: where this version knows no such event.
    """
    try:
        return number, decode(content)
    except msgspec.DecodeError as error:
        kind = f" {record.kind!r}" if record else ""
        raise InputError(
            f"event {number}{kind} cannot be read: {error}; it was written by another version, or "
            "the log is damaged: `offswitch verify` tells"
        ) from error


def _file(path: Path, *, partial: bool) -> Logged:
    """Open a file: one of our own exports, or a log from elsewhere."""
    rows = _exported(path)
    if rows is not None:
        return _ours(str(path), rows)
    found: Foreign = read_foreign(path, partial=partial)
    return Logged(str(path), found.agent, found.task, None, found.case, found.events, found.ended)


def _exported(path: Path) -> list[tuple[int, AnyEvent]] | None:
    """Return the events of a file that `offswitch export` wrote; None for any other file.

    Raises:
        InputError: when it holds more than one episode.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            first = json.loads(next(lines, "null"))
            if not isinstance(first, dict) or not {"seq", "content", "hash"} <= first.keys():
                return None
            rows = [first, *(row for row in map(json.loads, lines) if "seal" not in row)]
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        return None  # the reader of logs from elsewhere says what is wrong, and where
    if len(found := {row.get("episode") for row in rows}) > 1:
        raise InputError(f"{path} holds {len(found)} episodes; export the one that is meant alone")
    return [_event(int(row["seq"]), json.dumps(row["content"])) for row in rows]


def _ours(where: str, events: Sequence[tuple[int, AnyEvent]]) -> Logged:
    """Open one of our own episodes, with the world in which it began."""
    if not events or not isinstance(events[0][1], EpisodeStarted):
        raise InputError(f"{where} does not begin with its header; `offswitch verify` tells more")
    header = events[0][1].header
    if header.get("format") not in FORMATS:
        raise InputError(
            f"{where} is written in format {header.get('format')!r}; this version reads "
            f"{' and '.join(map(str, FORMATS))}"
        )
    lacking = [name for name in NEEDED if name not in header]
    if lacking:
        raise InputError(f"{where}: its header lacks {', '.join(lacking)}; it cannot be analysed")
    world, spec = world_of(header), load(str(header["task"]), str(header["setting"])).spec
    policy = policy_of(header)
    case = Case.of(
        spec,
        world.rules.facts(world.state),
        grants_of(header).grants,
        policy.asks(spec.action_types),
        str(header["setting"]),
    )
    return Logged(
        where,
        str(header["name"]),
        f"{header['task']}/{header['setting']}",
        header,
        case,
        events,
        any(isinstance(event, EpisodeEnded) for _, event in events[-1:]),
    )


def plain(events: Iterable[tuple[int, AnyEvent]]) -> list[AnyEvent]:
    """Return the events without their numbers."""
    return [event for _, event in events]
