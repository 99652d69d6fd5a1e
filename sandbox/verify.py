"""Check that an episode's log is whole: every hash, every number, its seal, its end, its witness.

What is checked rests on what the file cannot change: the key that sealed it, and what was noted of
it elsewhere. Hashes alone would hold for a chain that somebody made anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import msgspec

from sandbox.chain import GENESIS, Record
from sandbox.events import AnyEvent, EpisodeEnded, EpisodeStarted
from sandbox.keys import fingerprint, trusted
from sandbox.log import Episode, Store
from sandbox.seal import Seal
from sandbox.witness import Head

RUNNING = "running"


class Problem(NamedTuple):
    """Say what is wrong with which event; 0 is the episode as a whole."""

    seq: int
    sentence: str


class _Label(msgspec.Struct):
    """Read no more of an event than where it belongs; an event is known by its kind."""

    kind: str
    step: int = -1
    decision: _Step | None = None
    transition: _Step | None = None


class _Step(msgspec.Struct):
    step: int


_LABELS = msgspec.json.Decoder(_Label)
_KINDS = frozenset(str(one.__struct_config__.tag) for one in AnyEvent.__args__)


class Walked(NamedTuple):
    """Hold what a walk along a chain found.

    Attributes:
        problems: of single events.
        last: the last row, or None of an empty chain.
        hashes: by number, of the events at which a seal stands.
        header: of the first event, or None when it is none.
    """

    problems: list[Problem]
    last: Record | None
    hashes: dict[int, str]
    header: EpisodeStarted | None


def verify(store: Store, episode: Episode) -> list[Problem]:
    """Return what is wrong with an episode's log; nothing means that it is whole.

    Raises:
        StoreError: when the store, the keys or the witness cannot be read.
    """
    known = store.remembered(episode.id)
    with store.standing_still():  # an episode may go on while it is read
        row = store.listed(episode.id)
        if row is None:
            return [Problem(0, "the episode is not there"), *_witnessed(None, {}, known)]
        seals = store.seals(episode.id)
        marked = {one.statement.seq for one in seals} | ({known.seq} if known else set())
        walked = walk(store.records(episode.id), marked)
    problems = [*walked.problems, *_listed(row, walked)]
    problems += check_seals(seals, walked, trusted(), episode.id)
    problems += [
        Problem(one.statement.seq, "its seal is that of another store")
        for one in seals[-1:]
        if one.statement.store != store.id
    ]
    return problems + _witnessed(walked.last, walked.hashes, known)


def walk(records: Iterable[Record], marked: Collection[int]) -> Walked:
    """Follow a chain; remember the hashes of the events that are `marked`."""
    problems: list[Problem] = []
    hashes: dict[int, str] = {}
    head, expected = GENESIS, 1
    last: Record | None = None
    header: EpisodeStarted | None = None
    digest = hashlib.sha256
    for record in records:
        seq, kind, step, content, prev, own, _ = record
        if seq != expected:
            problems.append(Problem(seq, f"event {expected} is missing"))
        if prev != head:
            problems.append(Problem(seq, "does not follow the event before it"))
        if digest((prev + content).encode()).hexdigest() != own:
            problems.append(Problem(seq, "its content does not match its hash"))
        problems += _labelled(seq, kind, step, content)
        if seq in marked:
            hashes[seq] = own
        if last is None:
            header = _header(record)
        head, expected, last = own, seq + 1, record
    return Walked(problems, last, hashes, header)


def _labelled(seq: int, kind: str, step: int, content: str) -> Sequence[Problem]:
    """Check a row's columns against its content."""
    try:
        label = _LABELS.decode(content)
    except msgspec.DecodeError as error:
        return [Problem(seq, f"is no event: {error}")]
    if label.kind not in _KINDS:
        return [Problem(seq, f"is no event: of the unknown kind {label.kind!r:.40}")]
    inner = label.decision if kind == "decided" else label.transition if kind == "applied" else None
    if label.kind != kind or (inner.step if inner else label.step) != step:
        return [Problem(seq, "its kind or step is not that of its content")]
    return ()


def _header(record: Record) -> EpisodeStarted | None:
    try:
        event = record.event
    except msgspec.DecodeError:
        return None
    return event if isinstance(event, EpisodeStarted) else None


def _listed(row: Episode, walked: Walked) -> list[Problem]:
    """Check the row by which an episode is listed against its chain."""
    last = walked.last
    if last is None:
        return [Problem(0, "the episode has no events")]
    found: list[Problem] = []
    if last.seq != row.length or last.hash != row.head:
        found.append(Problem(0, f"the chain ends at event {last.seq}; {row.length} were written"))
    if walked.header is None or not _same_header(row, walked.header):
        found.append(Problem(1, "the list says something else of the episode than its first event"))
    try:
        end = last.event
    except msgspec.DecodeError:
        return found
    if isinstance(end, EpisodeEnded) != (row.ended is not None):
        found.append(Problem(0, f"the episode is marked {row.status}, its log says otherwise"))
    if isinstance(end, EpisodeEnded):
        found += check_end(end, last.seq)
        if row.status != end.termination:
            found.append(Problem(0, f"the episode is marked {row.status}: it is {end.termination}"))
    return found


def check_end(end: EpisodeEnded, seq: int) -> list[Problem]:
    """Check what the last event says of the number of those before it."""
    if end.events == seq - 1:
        return []
    return [Problem(seq, f"counts {end.events} events before it, not {seq - 1}")]


def _same_header(row: Episode, first: EpisodeStarted) -> bool:
    header = first.header
    named = all(getattr(row, name) == header.get(name, "") for name in ("task", "setting", "agent"))
    try:
        return named and bool(json.loads(row.header) == header)
    except json.JSONDecodeError:
        return False


def check_seals(
    seals: Sequence[Seal], walked: Walked, keys: Collection[bytes], episode: str
) -> list[Problem]:
    """Check a chain against its seals, by the public keys that are trusted.

    Where the last seal holds, all holds that it covers. Where it does not, the earlier ones say
    between which events the chain was changed.
    """
    if walked.last is None:
        return []
    if not seals:
        return [Problem(0, "nothing is sealed: the whole chain may have been made anew")]
    last, seq = seals[-1], walked.last.seq
    covered = last.statement.seq
    if problem := _seal_problem(last, keys, episode):
        return [Problem(covered, problem)]
    if covered > seq:
        return [Problem(seq + 1, f"{_were(seq + 1, covered, 'sealed')} missing")]
    found = []
    if covered < seq:
        found.append(Problem(covered + 1, "it and what follows came after the last seal"))
    if walked.hashes.get(covered) != last.statement.head:
        found.append(_where(seals, walked, keys, episode))
    return found


def _seal_problem(seal: Seal, keys: Collection[bytes], episode: str) -> str:
    """Say why a seal proves nothing; empty when it does."""
    if not seal.valid:
        return "its seal is broken: the signature is not of what it says"
    public = bytes.fromhex(seal.public)
    if public not in keys:
        return (
            f"it was sealed by another key ({fingerprint(public)}), which is not trusted here; "
            "lay its .pub beside the keys, or name it with --key, if it is to be"
        )
    if seal.statement.episode != episode:
        return f"its seal is that of episode {seal.statement.episode:.40}"
    return ""


def _were(first: int, last: int, done: str) -> str:
    """Begin a sentence about some events that are no longer there."""
    one = first == last
    return (
        f"event {first} was {done}, and is"
        if one
        else f"events {first} to {last} were {done}, and are"
    )


def _where(seals: Sequence[Seal], walked: Walked, keys: Collection[bytes], episode: str) -> Problem:
    """Name the span in which a chain was made anew: after the last seal that still holds."""
    good = 0
    for seal in seals:
        said = seal.statement
        if walked.hashes.get(said.seq) != said.head or _seal_problem(seal, keys, episode):
            span = (
                f"event {said.seq}" if said.seq == good + 1 else f"one of {good + 1} to {said.seq}"
            )
            return Problem(good + 1, f"the chain was made anew: {span} is not what was sealed")
        good = said.seq
    return Problem(good, "the chain was made anew")


def _witnessed(last: Record | None, hashes: dict[int, str], known: Head | None) -> list[Problem]:
    """Check a chain against what was noted of it outside the file, which is never ahead of it."""
    if known is None or known.gone:
        return []
    seq = last.seq if last else 0
    if known.seq > seq:
        what = _were(seq + 1, known.seq, "written")
        return [Problem(seq + 1, f"{what} not in this file: it is an older copy, or cut")]
    if hashes.get(known.seq, known.head) != known.head:
        return [Problem(known.seq, "is not the event that was written: another one was noted")]
    return []


def missing(store: Store) -> list[Head]:
    """Return the episodes that were written to this store, are not in it, and were not pruned.

    Raises:
        StoreError: when the store or the witness cannot be read.
    """
    heads = store.all_remembered()
    with store.standing_still():
        present = store.ids()
    return [one for name, one in heads.items() if name not in present and not one.gone]


def header_matches(store: Store, episode: Episode) -> bool:
    """Tell whether the listed header is the one in the chain."""
    first = next(store.records(episode.id), None)
    head = _header(first) if first else None
    return head is not None and _same_header(episode, head)
