"""Start a process that the operating system holds, and load nothing into it before it shows so."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import msgspec

from sandbox.channel import Channel
from sandbox.errors import AgentError, InputError

SHIM = Path(__file__).with_name("shim.py")

COMMAND = (sys.executable, "-I", "-S", str(SHIM))
"""What starts a held process; two descriptors follow."""

SHOWN = 15.0
"""Seconds in which a process must have shown that it is held."""

PACKAGES = ("sandbox", "tasks", "agents")
"""Our packages that an agent may read; never those of its overseers."""

SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/usr/local/lib")
"""Where the dynamic linker looks."""


class Report(msgspec.Struct, frozen=True):
    """Hold what a process found when it tried its own doors.

    Attributes:
        faults: what could not be closed.
        open: what was tried and was possible all the same.
    """

    faults: tuple[str, ...]
    open: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Tell whether everything was closed and stayed shut."""
        return not (self.faults or self.open)

    def verdict(self, door: str) -> str:
        """Say in a word whether one door stayed shut."""
        return "OPEN" if door in self.open or self.faults else "shut"


DOORS = (
    *("read a file of the machine", "list the root folder", "write a file"),
    *("read another process", "make a socket", "make a network socket", "fork"),
    *("run a program", "signal its parent", "trace", "make a namespace", "raise its limits"),
)
"""What a held process tries, in the words of the shim."""


@cache
def readable() -> tuple[str, ...]:
    """Return the folders that every agent may read: interpreter, libraries, our packages."""
    root = Path(__file__).resolve().parent.parent.parent
    ours = [root / name for name in PACKAGES]
    prefixes = [Path(one) for one in (sys.base_prefix, sys.prefix, sys.base_exec_prefix)]
    installed = [Path(one) for one in sys.path if one.endswith(("site-packages", "dist-packages"))]
    found = [*prefixes, *installed, *ours, *map(Path, SYSTEM)]
    return tuple(dict.fromkeys(str(one.resolve()) for one in found if one.exists()))


def errand(agent: str) -> bytes:
    """Return what a process is told before it is held; `agent` is a file of one's own, or empty."""
    root = str(Path(__file__).resolve().parent.parent.parent)
    path = [one for one in sys.path if one and Path(one).exists() and one != root]
    told = {
        "path": [*path, root],
        "before": ["sandbox.confine.landlock", "sandbox.confine.seccomp"],
        "readable": [*readable(), *([agent] if agent else [])],
        "host": "agents.host",
    }
    return msgspec.json.encode(told)


def try_doors() -> Report:
    """Hold a process of our own, and return what it found; no agent is loaded."""
    to_child, from_child = os.pipe(), os.pipe()
    theirs = (to_child[0], from_child[1])
    child = subprocess.Popen(  # noqa: S603 (our own shim, no shell)
        [*COMMAND, *map(str, theirs)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=theirs,
        env={},
    )
    for descriptor in theirs:
        os.close(descriptor)
    channel = Channel(from_child[0], to_child[1])
    try:
        return msgspec.json.decode(channel.exchange(errand(""), SHOWN), type=Report)
    except (AgentError, msgspec.DecodeError) as error:
        return Report((f"a process did not show that it is held: {error}",), ())
    finally:
        channel.close()
        child.kill()
        child.wait()


def attest(channel: Channel, agent: str) -> None:
    """Have the process at the other end hold itself; load the agent only if nothing stayed open.

    Raises:
        InputError: naming what could not be closed on this machine.
    """
    try:
        report = msgspec.json.decode(channel.exchange(errand(agent), SHOWN), type=Report)
    except (AgentError, msgspec.DecodeError) as error:
        raise InputError(f"the agent's process did not show that it is held: {error}") from error
    problems = [*report.faults, *(f"it could {one}" for one in report.open)]
    if problems:
        raise InputError(
            f"this machine cannot hold an agent ({'; '.join(problems)}); "
            "--confine none runs it all the same, and the log says so"
        )
    channel.tell(b"load", SHOWN)
