"""Sign the head of a chain: after this event, of this episode, in this store, the hash is this.

A hash chain alone is tamper-evident only to who remembers its head: whoever can write the file can
make the chain anew. A sealed head cannot be made anew without the key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from sandbox.action import canonical
from sandbox.keys import Signer, check_signature

PREFIX = b"offswitch seal 2\n"
"""Stands before what is signed, so that a signature can be for nothing else."""


class Statement(msgspec.Struct, frozen=True):
    """Say what a seal vouches for.

    Attributes:
        store: id of the store in which it was written.
        episode: id of the episode.
        seq: number of the last event that it covers; all before are covered through the chain.
        head: hash of that event, hexadecimal.
        ended: that event closed the episode.
        adopted: the chain was found like this when the store was brought to this format; who
            wrote it was not signed at the time.
    """

    store: str
    episode: str
    seq: int
    head: str
    ended: bool = False
    adopted: bool = False

    @property
    def bytes(self) -> bytes:
        """Return what is signed."""
        return PREFIX + canonical(self)


class Seal(NamedTuple):
    """Hold one row of the table of seals, or one of an exported file.

    Attributes:
        statement: what is vouched for.
        public: public key of who vouches, hexadecimal.
        signature: 128 hexadecimal characters.
    """

    statement: Statement
    public: str
    signature: str

    @property
    def valid(self) -> bool:
        """Tell whether the owner of the public key signed the statement."""
        try:
            key, signature = bytes.fromhex(self.public), bytes.fromhex(self.signature)
        except ValueError:
            return False
        return check_signature(key, signature, self.statement.bytes)


def sealed(signer: Signer, statement: Statement) -> Seal:
    """Vouch for a statement."""
    return Seal(statement, signer.public.hex(), signer.sign(statement.bytes).hex())


INSERT = (
    "INSERT INTO seals (episode, seq, store, head, ended, adopted, public, signature)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
"""Writes one seal; see `row_of`."""


def row_of(seal: Seal) -> tuple[str, int, str, str, int, int, str, str]:
    """Return a seal as the values of `INSERT`."""
    said = seal.statement
    flags = (int(said.ended), int(said.adopted))
    return (said.episode, said.seq, said.store, said.head, *flags, seal.public, seal.signature)


def seals_of(connection: sqlite3.Connection, episode: str) -> Iterable[Seal]:
    """Yield the seals of an episode, the first first."""
    rows = connection.execute(
        "SELECT episode, seq, store, head, ended, adopted, public, signature FROM seals"
        " WHERE episode = ? ORDER BY seq",
        (episode,),
    )
    for named, seq, store, head, ended, adopted, public, signature in rows:
        said = Statement(store, named, seq, head, bool(ended), bool(adopted))
        yield Seal(said, public, signature)
