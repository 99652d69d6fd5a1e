"""Say which call of the file system goes wrong, and how; count the calls, and what went wrong."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from tests.faults import library as sqlite
from tests.faults.disk import Disk


class Call(StrEnum):
    """Name the calls that can change a file, or wait for a lock on one."""

    OPEN = "open"
    WRITE = "write"
    TRUNCATE = "truncate"
    SYNC = "sync"
    DELETE = "delete"
    LOCK = "lock"
    SHM_MAP = "shm_map"
    SHM_LOCK = "shm_lock"


class Kind(StrEnum):
    """Name what goes wrong."""

    FAIL = "fail"
    SHORT = "short write"
    FULL = "full disk"
    EIO = "sync error"
    LOCK = "locked"
    KILL = "killed"
    POWER = "power cut"


DEADLY = frozenset({Kind.KILL, Kind.POWER})
"""Nothing is done after these: the program is gone."""

_ALL = frozenset(Call)

STRIKES: dict[Kind, frozenset[Call]] = {
    Kind.FAIL: frozenset({Call.OPEN, Call.WRITE, Call.TRUNCATE, Call.DELETE, Call.SHM_MAP}),
    Kind.SHORT: frozenset({Call.WRITE}),
    Kind.FULL: frozenset({Call.WRITE, Call.SHM_MAP}),
    Kind.EIO: frozenset({Call.SYNC}),
    Kind.LOCK: frozenset({Call.LOCK, Call.SHM_LOCK}),
    Kind.KILL: _ALL,
    Kind.POWER: _ALL,
}
"""Which calls each of them can strike."""

BROKEN: dict[Call, int] = {
    Call.OPEN: sqlite.CANTOPEN,
    Call.WRITE: sqlite.IOERR_WRITE,
    Call.TRUNCATE: sqlite.IOERR_TRUNCATE,
    Call.SYNC: sqlite.IOERR_FSYNC,
    Call.DELETE: sqlite.IOERR_DELETE,
    Call.LOCK: sqlite.IOERR_LOCK,
    Call.SHM_MAP: sqlite.IOERR_SHMSIZE,
    Call.SHM_LOCK: sqlite.IOERR_SHMLOCK,
}
"""What SQLite is told of a call that went wrong."""

FOR_GOOD = 1_000_000
"""Calls that a fault lasts which nobody mends."""


class Fault(NamedTuple):
    """Say what goes wrong, and when.

    Attributes:
        kind: what goes wrong.
        at: number of the call, from 0, from which on it does: the first that it can strike.
        lasts: how many calls that it can strike go wrong.
    """

    kind: Kind
    at: int
    lasts: int = 1


class Fired(NamedTuple):
    """Say what went wrong at which call."""

    kind: Kind
    call: Call


@dataclass
class Injection:
    """Decide for one run of a program, call by call.

    Attributes:
        disk: what it writes to.
        chance: draws how much of a short write is written.
        faults: what goes wrong.
        calls: all calls so far, in order.
        fired: what went wrong so far; a fault that lasts is counted once.
        dead: nothing is written from now on.
        slept: microseconds that SQLite waited for locks; nobody really waits.
        problems: exceptions in the file system itself; there must be none.
    """

    disk: Disk = field(default_factory=Disk)
    chance: random.Random = field(default_factory=random.Random)
    faults: list[Fault] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    fired: list[Fired] = field(default_factory=list)
    dead: bool = False
    slept: int = 0
    problems: list[BaseException] = field(default_factory=list)
    _struck: Counter[Fault] = field(default_factory=Counter)

    def next(self, call: Call) -> Kind | None:
        """Count a call; return what goes wrong with it, or None."""
        if self.dead:
            return Kind.KILL
        number = len(self.calls)
        self.calls.append(call)
        for fault in self.faults:
            if number < fault.at or call not in STRIKES[fault.kind]:
                continue
            if self._struck[fault] >= fault.lasts:
                continue
            self._struck[fault] += 1
            if self._struck[fault] == 1:
                self.fired.append(Fired(fault.kind, call))
            self.dead = fault.kind in DEADLY
            return fault.kind
        return None

    @property
    def power_cut(self) -> bool:
        """Tell whether it died of a power cut."""
        return any(one.kind is Kind.POWER for one in self.fired)

    def code(self, kind: Kind, call: Call) -> int:
        """Return what SQLite is told."""
        if kind is Kind.LOCK:
            return sqlite.BUSY
        if kind is Kind.FULL and call is Call.WRITE:
            return sqlite.FULL
        if kind is Kind.SHORT:  # its own layer calls it full when errno says so, else an error
            return self.chance.choice((sqlite.FULL, sqlite.IOERR_WRITE))
        return BROKEN[call]
