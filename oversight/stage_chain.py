"""Keep every change of a stage in a chain of its own, and say which of them count.

The chain stands in the store of the episodes, sealed and witnessed as they are. What nobody signed
can only lower a stage. A promotion counts when a known person signed exactly this, at exactly this
place of the chain: known is whose `person-NAME.pub` lies in the folder of keys.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from oversight.stages import StageName
from sandbox.action import canonical
from sandbox.episode_log import EpisodeLog
from sandbox.errors import InputError, StoreError
from sandbox.events import StageChanged
from sandbox.keys import PERSON, Signer, check_signature, fingerprint, key_folder, public_key
from sandbox.log import Store
from sandbox.verify import verify

NAME = "stages"
"""Id of the chain in the store."""

PREFIX = b"offswitch stage 1\n"
"""Stands before what is signed, so that a signature can be for nothing else."""

PATIENCE = 5.0
"""Seconds in which another process should be done with writing to the chain."""


class Change(NamedTuple):
    """Hold one row of the chain: its number, and why it does not count, if it does not."""

    seq: int
    event: StageChanged
    fault: str = ""


@dataclass(frozen=True)
class Chain:
    """Hold the chain as it was read.

    Attributes:
        changes: in order, those that do not count among them.
        length: number of its events.
        head: hash of the last; empty of a chain that has not begun.
        latest: the latest time that stands in the store, in seconds since the epoch.
    """

    changes: tuple[Change, ...] = ()
    length: int = 0
    head: str = ""
    latest: float = 0.0

    def counting(self) -> Iterator[Change]:
        """Yield the changes that count."""
        return (one for one in self.changes if not one.fault)


def people() -> dict[str, str]:
    """Return the persons whose word counts here: their public keys, hexadecimal, with the names.

    Raises:
        InputError: naming the file that is no public key.
    """
    found = sorted(key_folder().glob(f"{PERSON}*.pub"))
    return {public_key(str(one)).hex(): one.stem.removeprefix(PERSON) for one in found}


def statement(event: StageChanged) -> bytes:
    """Return what is signed of a change: all of it but the signature."""
    return PREFIX + canonical(msgspec.structs.replace(event, signature=""))


def signed(event: StageChanged, signer: Signer) -> StageChanged:
    """Return a change that its person vouches for."""
    named = msgspec.structs.replace(event, public=signer.public.hex())
    return msgspec.structs.replace(named, signature=signer.sign(statement(named)).hex())


def fault_of(event: StageChanged, before: str, known: Mapping[str, str]) -> str:
    """Say why a change, that follows the hash `before`, does not count; empty when it does."""
    if odd := {event.now, event.was or event.now} - set(StageName):
        return f"there is no stage {odd.pop()!r:.40}"
    if not (event.public or event.signature):
        return ""  # nobody signed it, and so it only lowers
    try:
        public, signature = bytes.fromhex(event.public), bytes.fromhex(event.signature)
    except ValueError:
        return "its signature is none"
    if not check_signature(public, signature, statement(event)):
        return "its signature is not of what it says"
    name = known.get(event.public)
    if name is None:
        key = fingerprint(public)
        return f"it was signed by a key ({key}) that is nobody's here: there is no {PERSON}NAME.pub"
    if event.by != f"operator:{name}":
        return f"{name} signed it in the name of {event.by.removeprefix('operator:'):.40}"
    if event.after != before:
        return "it was signed for another place in the chain"
    return ""


def unchanged(store: Store, chain: Chain) -> bool:
    """Tell whether the chain still ends where it was read to."""
    row = store.listed(NAME)
    return (row.length, row.head) == (chain.length, chain.head) if row else not chain.length


def read_chain(store: Store) -> Chain:
    """Read the chain of stages, and check it as any episode.

    Raises:
        StoreError: when it is not whole: then nobody is trusted, and nobody starts.
        InputError: naming the file in the folder of keys that is no public key.
    """
    row = store.listed(NAME)
    if row is None and store.remembered(NAME) is None:
        return Chain(latest=store.latest())
    problems = ["it is gone"] if row is None else [one.sentence for one in verify(store, row)]
    if row is None or problems:
        raise StoreError(
            f"{store.path}: the chain of stages is not whole ({problems[0]}): who is trusted "
            "cannot be known; bring back a whole copy, or begin a new log (--logs DIR)"
        )
    known = people()
    changes = [
        Change(one.seq, one.event, fault_of(one.event, one.prev, known))
        for one in store.records(NAME)
        if one.seq <= row.length and isinstance(one.event, StageChanged)
    ]
    latest = max([store.latest(), *(one.event.at for one in changes)])
    return Chain(tuple(changes), row.length, row.head, latest)


@dataclass
class Adding:
    """Hold the chain while nobody else writes to it."""

    store: Store
    chain: Chain
    _log: EpisodeLog = field(repr=False)

    def add(self, event: StageChanged) -> None:
        """Append one change, on disk on return, and read the chain anew.

        Raises:
            StoreError: when it cannot be written.
        """
        self._log.append(event, durable=True)
        self.chain = read_chain(self.store)


@contextmanager
def adding(store: Store, patience: float = PATIENCE) -> Iterator[Adding]:
    """Write to the chain; others wait, `patience` seconds at the most.

    Raises:
        StoreError: when it is not whole, cannot be written, or others write all the time.
    """
    read_chain(store)  # nothing is added to what is not whole
    log = _opened(store, time.monotonic() + patience)
    try:
        yield Adding(store, read_chain(store), log)
    finally:
        log.close()


def _opened(store: Store, until: float) -> EpisodeLog:
    new = store.listed(NAME) is None
    while True:
        try:
            return store.ledger(NAME)
        except InputError as error:
            if time.monotonic() > until:
                raise StoreError(
                    f"{store.path}: another process holds the chain of stages; run again"
                ) from error
        except StoreError:
            if not new or store.listed(NAME) is None:
                raise
            new = False  # two began it at once, and the other was first
        time.sleep(0.02)
