"""Keep a sealed note of each episode that was pruned, so that pruned can be told from stolen."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from typing import NamedTuple

import msgspec

from sandbox.action import canonical
from sandbox.keys import Signer, check_signature

PREFIX = b"offswitch pruned 2\n"
"""Stands before what is signed, so that a signature can be for nothing else."""


class Notice(msgspec.Struct, frozen=True):
    """Say which episode was pruned, and how far it had come.

    Attributes:
        store: id of the store.
        episode: id of the episode.
        number: its place in the order in which episodes began.
        length: number of its last event.
        head: hash of that event.
        at: when it was pruned, in seconds since the epoch.
        pruned_by: who had it pruned.
        why: in their words, or what was asked for.
    """

    store: str
    episode: str
    number: int
    length: int
    head: str
    at: float
    pruned_by: str
    why: str

    @property
    def bytes(self) -> bytes:
        """Return what is signed."""
        return PREFIX + canonical(self)


class Pruned(NamedTuple):
    """Hold one row of the table of pruned episodes.

    Attributes:
        notice: what is vouched for.
        public: public key of who vouches, hexadecimal.
        signature: 128 hexadecimal characters.
    """

    notice: Notice
    public: str
    signature: str

    def holds(self, store: str, keys: Collection[bytes]) -> bool:
        """Tell whether the owner of one of `keys` signed it for this store."""
        try:
            key, signature = bytes.fromhex(self.public), bytes.fromhex(self.signature)
        except ValueError:
            return False
        known = key in keys and self.notice.store == store
        return known and check_signature(key, signature, self.notice.bytes)


def noticed(signer: Signer, notice: Notice) -> Pruned:
    """Vouch for a notice."""
    return Pruned(notice, signer.public.hex(), signer.sign(notice.bytes).hex())


_COLUMNS = (*Notice.__struct_fields__, "public", "signature")


def note_pruned(connection: sqlite3.Connection, rows: Collection[Pruned]) -> None:
    """Write notes of pruned episodes."""
    names, marks = ", ".join(_COLUMNS), ", ".join("?" * len(_COLUMNS))
    connection.executemany(
        f"INSERT INTO pruned ({names}) VALUES ({marks})",  # noqa: S608 (constants)
        [(*msgspec.structs.astuple(one.notice), one.public, one.signature) for one in rows],
    )


def pruned_ones(connection: sqlite3.Connection, beginning: str = "") -> Iterator[Pruned]:
    """Yield the notes of pruned episodes whose ids begin so, in the order in which these began."""
    names = ", ".join(_COLUMNS)
    rows = connection.execute(
        f"SELECT {names} FROM pruned WHERE substr(episode, 1, ?) = ? ORDER BY number",  # noqa: S608 (constants)
        (len(beginning), beginning),
    )
    for *notice, public, signature in rows:
        yield Pruned(Notice(*notice), public, signature)
