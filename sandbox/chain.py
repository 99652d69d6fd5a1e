"""Chain events: each row's hash covers the hash before it and the event's canonical bytes."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sandbox.events import AnyEvent, decode

GENESIS = "0" * 64
"""The hash before the first event."""


def chain(prev: str, content: bytes) -> str:
    """Return the hash of an event that follows `prev`."""
    return hashlib.sha256(prev.encode() + content).hexdigest()


class Record(NamedTuple):
    """Hold one row of the log.

    Attributes:
        seq: number in the episode, from 1.
        kind: of event.
        step: that it belongs to; -1 for the first.
        content: the event's canonical bytes, as text.
        prev: hash of the event before it.
        hash: its own.
        wall: when it was appended, in seconds since the epoch; for people to read.
    """

    seq: int
    kind: str
    step: int
    content: str
    prev: str
    hash: str
    wall: float

    @property
    def event(self) -> AnyEvent:
        """Return the event that the row holds."""
        return decode(self.content)
