"""Say how well this machine can hold an agent, by trying it; never by what was hoped.

There is no silent fallback: the level is found out once, stated, and a start that then fails is
an error.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from sandbox.confine import bubblewrap
from sandbox.confine.held import Held
from sandbox.confine.launch import start_bare, start_held
from sandbox.errors import InputError


class Level(StrEnum):
    """Say what holds an agent's process, in the words of the log's header."""

    CONTAINED = "contained (bubblewrap, Landlock, seccomp)"
    CONFINED = "confined (Landlock, seccomp)"
    NONE = "none (own process)"
    IN_PROCESS = "none (in-process)"


class Mode(StrEnum):
    """Say what a person asked for."""

    AUTO = "auto"
    REQUIRE = "require"
    NONE = "none"


HELD = (Level.CONTAINED, Level.CONFINED)
"""The levels that hold an agent, the best first."""

GAPS = {
    Level.CONTAINED: "shared kernel (its bugs, side channels)",
    Level.CONFINED: "one layer, no namespaces; shared kernel (its bugs, side channels)",
    Level.NONE: "it may do whatever its user may; only its death is certain",
    Level.IN_PROCESS: "only its own code holds it: for designs that are trusted",
}
"""What each level does not hold."""


class Probe(NamedTuple):
    """Hold what became of trying one level.

    Attributes:
        level: that was tried.
        problem: why it is not to be had; empty when it is.
        uid: the user that a held process becomes.
    """

    level: Level
    problem: str
    uid: int = -1

    @property
    def gaps(self) -> str:
        """Return what is not held, in one line."""
        same = "; under root's own user id, without its privileges" if self.uid == 0 else ""
        return GAPS[self.level] + same


@cache
def probe(level: Level) -> Probe:
    """Try once to hold a process at `level`; nothing of an agent is loaded."""
    try:
        process = start_held(namespaces=level is Level.CONTAINED)
    except InputError as error:
        return Probe(level, str(error))
    process.close()
    return Probe(level, "", process.report.uid if process.report else -1)


def choose(mode: Mode) -> Level:
    """Return the level at which agents run here.

    Raises:
        InputError: when `require` asks for more than there is, or `auto` finds nothing.
    """
    if mode is Mode.NONE:
        return Level.NONE
    for level in HELD if mode is Mode.AUTO else HELD[:1]:
        if not probe(level).problem:
            return level
    problem = probe(Level.CONTAINED).problem
    if mode is Mode.REQUIRE:
        raise InputError(f"--confine require: {problem}; see `offswitch doctor`")
    raise InputError(
        f"nothing here can hold an agent: {probe(Level.CONFINED).problem} (and {problem}); "
        "--confine none runs it all the same, and the log says so"
    )


def start(level: Level, files: Sequence[str] = ()) -> Held:
    """Start a process at exactly this level.

    Raises:
        InputError: when that fails; it never falls back.
    """
    if level in HELD:
        return start_held(files, namespaces=level is Level.CONTAINED)
    return start_bare()


def remedy() -> str:
    """Say what a person can install or set for a better level; empty at the best one."""
    problem = probe(Level.CONTAINED).problem
    if not problem:
        return ""
    if bubblewrap.find() is None:
        return bubblewrap.INSTALL
    if os.getuid():
        return (
            "bubblewrap is here but may not make namespaces: allow unprivileged user namespaces "
            "(sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces, or an AppArmor "
            "profile for /usr/bin/bwrap), or leave the container"
        )
    return (
        "bubblewrap is here but may not make namespaces (a container without CAP_SYS_ADMIN?), or "
        "the interpreter can be read by root alone"
    )
