"""Hold this very process, show that it is held, and only then load the agent.

Started as `python -I -S shim.py READ WRITE`. One line comes in (JSON, see `launch.errand`), one
goes out: what was tried after the doors were closed, and which were open all the same. The agent's
code is not imported before the launcher, having read that, says `load`; its host is, to show that
all it needs can be read.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP = 1, 4, 24
_LAST_CAPABILITY = 63

LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_DATA: 2 * 2**30,
    resource.RLIMIT_MEMLOCK: 0,
    resource.RLIMIT_MSGQUEUE: 0,
}
"""What a process may use at the most, in bytes or counts."""

THREADS = 64
"""Most threads of a process whose user id, or namespace of users, is its own."""


def main(arguments: list[str]) -> int:
    """Close the doors, try them, report, wait for the word, and become the agent's host."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    reading, writing = (int(one) for one in arguments)
    errand = json.loads(_line(reading))
    sys.path[:] = errand["path"]
    for module in errand["before"]:  # what needs more than reading while it loads
        importlib.import_module(module)
    faults = _hold(errand["readable"], errand["uid"], alone=errand["alone"])
    found = _probe()
    host: Any = None
    try:
        host = importlib.import_module(errand["host"])
    except (ImportError, OSError) as error:
        faults.append(f"its host does not load: {error}")
    report = {"faults": faults, "open": found, "uid": os.getuid()}
    os.write(writing, json.dumps(report).encode() + b"\n")
    if _line(reading).strip() != b"load":
        return 1
    os.dup2(1, 2)  # until here, what went wrong was for the launcher to read
    return int(host.serve(reading, writing))


def _line(descriptor: int) -> bytes:
    """Read one line, and not a byte more: the rest is for the host."""
    found = b""
    while not found.endswith(b"\n"):
        byte = os.read(descriptor, 1)
        if not byte:
            sys.exit(0)
        found += byte
    return found


def _hold(readable: list[str], uid: int, *, alone: bool) -> list[str]:
    """Close what can be closed; return what could not be."""
    from sandbox.confine import landlock, seccomp
    from sandbox.confine.syscalls import this_machine

    faults: list[str] = []

    def step(name: str, close: Callable[[], None]) -> None:
        try:
            close()
        except (OSError, ValueError) as error:
            faults.append(f"{name}: {error}")

    machine = this_machine()
    step("limits", lambda: _limit(alone=alone))
    step("privileges", lambda: _drop_privileges(uid))
    step("landlock", lambda: landlock.restrict(readable))
    if machine is None:
        faults.append("seccomp: this architecture has no table")
    else:
        step("seccomp", lambda: seccomp.install(machine))
    return faults


def _limit(*, alone: bool) -> None:
    """Set the limits; that on threads only where no one else's count against it."""
    for kind, most in (LIMITS | ({resource.RLIMIT_NPROC: THREADS} if alone else {})).items():
        resource.setrlimit(kind, (most, most))


def _drop_privileges(uid: int) -> None:
    """Give up every privilege, for good, and become `uid` unless it is 0: stay who one is."""
    libc = ctypes.CDLL(None, use_errno=True)
    for number in range(_LAST_CAPABILITY):
        if libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0) != 0:
            break  # beyond the last one, or nothing to drop
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of user clears it
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _probe() -> list[str]:
    """Try what must not be possible; return what was."""
    libc = ctypes.CDLL(None, use_errno=True)
    tries: dict[str, Callable[[], object]] = {
        "read a file of the machine": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "list the root folder": lambda: os.listdir("/"),  # noqa: PTH208 (pathlib is not wanted here)
        "write a file": _write_somewhere,
        "read another process": lambda: os.open(f"/proc/{os.getppid()}/environ", os.O_RDONLY),
        "make a socket": lambda: _sign(libc.socket(1, 1, 0)),
        "make a network socket": lambda: _sign(libc.socket(2, 2, 0)),
        "fork": _fork,
        "run a program": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606 (it must fail)
        "signal its parent": lambda: os.kill(os.getppid(), 0),
        "trace": lambda: _sign(libc.ptrace(0, 0, 0, 0)),
        "make a namespace": lambda: _sign(libc.unshare(0x10000000)),
        "raise its limits": lambda: _sign(libc.setrlimit(resource.RLIMIT_NOFILE, b"\xff" * 16)),
    }
    found = []
    for name, attempt in tries.items():
        with contextlib.suppress(OSError):
            attempt()
            found.append(name)
    return found


def _write_somewhere() -> None:
    """Raise unless a file could be made in one of the folders that anybody may write."""
    for folder in ("/dev/shm", "/tmp", "/"):  # noqa: S108 (it must fail)
        with contextlib.suppress(OSError):
            os.close(os.open(f"{folder}/offswitch-probe", os.O_WRONLY | os.O_CREAT))
            return
    raise OSError(errno.EACCES, "no folder")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _sign(result: int) -> None:
    """Raise what the C library returned as a fault."""
    if result < 0:
        raise OSError(ctypes.get_errno() or errno.EPERM, "refused")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
