"""Carry the proof of an episode out of its store, and check it elsewhere, by the public key alone.

An exported file holds the rows of the log, and after them the seal of their last event. Who checks
it needs to trust one public key, and nothing else: not the file, not the machine it comes from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from sandbox.chain import Record
from sandbox.errors import InputError
from sandbox.events import EpisodeEnded
from sandbox.log import Store
from sandbox.seal import Seal, Statement
from sandbox.verify import Problem, check_end, check_seals, walk


class _Line(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Read one line of an export: a row of the log, or the seal of an episode."""

    episode: str = ""
    seq: int = 0
    kind: str = ""
    step: int = 0
    content: msgspec.Raw = msgspec.Raw(b"")
    prev: str = ""
    hash: str = ""
    wall: float = 0.0
    seal: Statement | None = None
    public: str = ""
    signature: str = ""


_LINES = msgspec.json.Decoder(_Line)


class Checked(NamedTuple):
    """Say what became of checking one exported episode.

    Attributes:
        episode: id.
        events: in the file.
        ended: its last event closed it; else the file is as far as it had come.
        problems: what is wrong; nothing means that it is whole.
        key: public key that sealed it, hexadecimal; empty without a seal.
        adopted: it was sealed only when its store was brought to this format.
    """

    episode: str
    events: int
    ended: bool
    problems: tuple[Problem, ...]
    key: str
    adopted: bool


def row_line(episode: str, record: Record) -> bytes:
    """Return a row of the log as one line of JSON; its content keeps every byte."""
    row = {"episode": episode, **record._asdict()}
    return msgspec.json.encode(row | {"content": msgspec.Raw(record.content.encode())})


def seal_lines(store: Store, episode: str) -> Iterator[bytes]:
    """Yield the seals of an episode as lines of JSON, the last of which covers all of it."""
    for seal in store.seals(episode):
        line = {"seal": seal.statement, "public": seal.public, "signature": seal.signature}
        yield msgspec.json.encode(line)


def check_file(path: Path, keys: Collection[bytes]) -> list[Checked]:
    """Check every episode of an exported file by the public keys that are trusted.

    Raises:
        InputError: when it cannot be read, or is no export; nothing else is trusted in it.
    """
    rows: dict[str, list[Record]] = {}
    seals: dict[str, list[Seal]] = {}
    for number, line in enumerate(_read(path), 1):
        try:
            read = _LINES.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: line {number}: is no line of an export: {error}") from error
        if read.seal is not None:
            seal = Seal(read.seal, read.public, read.signature)
            seals.setdefault(read.seal.episode, []).append(seal)
        elif read.episode and read.seq:
            rows.setdefault(read.episode, []).append(_record(read))
        else:
            raise InputError(
                f"{path}: line {number}: has no episode and number; `offswitch export` writes them"
            )
    if not rows:
        raise InputError(f"{path}: holds no events; `offswitch export EPISODE` writes them")
    return [_check(one, rows[one], seals.get(one, []), keys) for one in rows]


def _read(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as lines:
            yield from (line for line in lines if line.strip())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def _record(read: _Line) -> Record:
    content = bytes(read.content).decode(errors="replace")
    return Record(read.seq, read.kind, read.step, content, read.prev, read.hash, read.wall)


def _check(episode: str, rows: list[Record], seals: list[Seal], keys: Collection[bytes]) -> Checked:
    seals = sorted(seals, key=lambda one: one.statement.seq)
    walked = walk(rows, {one.statement.seq for one in seals})
    problems = [*walked.problems, *check_seals(seals, walked, keys, episode)]
    if walked.header is None:
        problems.append(Problem(1, "is not the event that begins an episode"))
    ended = False
    if walked.last is not None and not problems:
        end = walked.last.event
        ended = isinstance(end, EpisodeEnded)
        problems += check_end(end, walked.last.seq) if isinstance(end, EpisodeEnded) else []
    key = seals[-1].public if seals else ""
    adopted = bool(seals) and seals[-1].statement.adopted
    return Checked(episode, len(rows), ended, tuple(problems), key, adopted)
