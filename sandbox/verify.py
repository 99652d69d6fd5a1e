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

from sandbox.chain import GENESIS, Record, chain
from sandbox.events import AnyEvent, EpisodeEnded, EpisodeStarted
from sandbox.keys import fingerprint, trusted
from sandbox.log import Episode, Store
from sandbox.seal import Seal
from sandbox.witness import Head

UNSEALED = (
    "nothing is sealed: the file is of a format without seals; the next program that writes to it "
    "brings it to this one, and seals what it finds"
)


class Problem(NamedTuple):
    """Say what is wrong with which event; 0 is the episode as a whole."""

    seq: int
    sentence: str


class _Step(msgspec.Struct):
    step: int


class _Label(msgspec.Struct):
    """Read no more of an event than where it belongs."""

    kind: str
    step: int = -1
    decision: _Step | None = None
    transition: _Step | None = None

    @property
    def at(self) -> tuple[str, int]:
        """Return the kind and the step of the event."""
        inner = self.decision or self.transition
        return self.kind, self.step if inner is None else inner.step


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


def verify(store: Store, episode: Episode, keys: Collection[bytes] | None = None) -> list[Problem]:
    """Return what is wrong with an episode's log; nothing means that it is whole.

    It must be sealed by one of the public `keys`; by one that is trusted here when None.

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
    if not store.sealed:
        return [*problems, Problem(0, UNSEALED)]
    problems += check_seals(seals, walked, trusted() if keys is None else keys, episode.id)
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
    digest, labels = hashlib.sha256, _LABELS.decode
    for record in records:
        seq, kind, step, content, prev, own, _ = record
        try:
            sound = labels(content).at == (kind, step) and kind in _KINDS
        except msgspec.DecodeError:
            sound = False
        same = digest((prev + content).encode()).hexdigest() == own
        if not (sound and same and prev == head and seq == expected):
            problems += _faults(record, expected, head)
        if seq in marked:
            hashes[seq] = own
        if last is None:
            header = _header(record)
        head, expected, last = own, seq + 1, record
    return Walked(problems, last, hashes, header)


def _faults(record: Record, expected: int, head: str) -> list[Problem]:
    """Say all that is wrong with one row."""
    found: list[str] = []
    if record.seq != expected:
        found.append(f"event {expected} is missing")
    if record.prev != head:
        found.append("does not follow the event before it")
    if chain(record.prev, record.content.encode()) != record.hash:
        found.append("its content does not match its hash")
    try:
        label = _LABELS.decode(record.content)
        if label.kind not in _KINDS:
            found.append(f"is no event: of the unknown kind {label.kind!r:.40}")
        elif label.at != (record.kind, record.step):
            found.append("its kind or step is not that of its content")
    except msgspec.DecodeError as error:
        found.append(f"is no event: {error}")
    return [Problem(record.seq, sentence) for sentence in found]


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

    Pruned is what the witness was told of, or what the store keeps a sealed note of.

    Raises:
        StoreError: when the store, the keys or the witness cannot be read.
    """
    heads = store.all_remembered()
    with store.standing_still():
        present, pruned = store.ids(), list(store.pruned())
    lost = [one for name, one in heads.items() if name not in present and not one.gone]
    if not lost:
        return []
    keys = trusted()
    held = [one.notice for one in pruned if one.holds(store.id, keys)]
    rightly = {(one.episode, one.head) for one in held}
    return [one for one in lost if (one.episode, one.head) not in rightly]


def header_matches(store: Store, episode: Episode) -> bool:
    """Tell whether the listed header is the one in the chain."""
    first = next(store.records(episode.id), None)
    head = _header(first) if first else None
    return head is not None and _same_header(episode, head)
