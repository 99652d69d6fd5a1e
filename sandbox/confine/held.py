"""Hold one process from outside: start it, speak to it, kill it, and see that it is dead."""

from __future__ import annotations

import contextlib
import os
import queue
import select
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec

from sandbox.channel import Channel

DOORS = (
    *("read a file of the machine", "list the root folder", "write a file"),
    *("read another process", "make a socket", "make a network socket", "fork"),
    *("run a program", "signal its parent", "trace", "make a namespace", "raise its limits"),
)
"""What a held process tries, in the words of the shim."""

DEATH = 5.0
"""Seconds in which a killed process must be seen to be dead."""

SHOWN = 15.0
"""Seconds in which a process must have shown that it is held."""


class Report(msgspec.Struct, frozen=True):
    """Hold what a process found when it tried its own doors.

    Attributes:
        faults: what could not be closed.
        open: what was tried and was possible all the same.
        uid: the user that the process now is, as it sees itself.
    """

    faults: tuple[str, ...]
    open: tuple[str, ...]
    uid: int = -1

    @property
    def sound(self) -> bool:
        """Tell whether everything was closed and stayed shut."""
        return not (self.faults or self.open)

    @property
    def problem(self) -> str:
        """Say what is wrong, in one line; empty when nothing is."""
        return "; ".join([*self.faults, *(f"it could {one}" for one in self.open)])


@dataclass
class Held:
    """Hold one process that runs, or will run, an agent.

    Attributes:
        pid: as seen from here; with namespaces, of the first one, which takes all else along.
        watch: a pidfd on it, opened before anything of the agent was loaded.
        outer: our own child: the process, or bubblewrap around it.
        channel: to speak to it.
        report: what it showed of itself; None when nothing holds it.
    """

    pid: int
    watch: int
    outer: subprocess.Popen[bytes]
    channel: Channel
    report: Report | None = None
    _proof: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def load(self) -> None:
        """Let it load its agent.

        Raises:
            AgentError: when it is gone.
        """
        if self.report is not None:
            self.channel.tell(b"load", SHOWN)

    def kill(self) -> str:
        """Kill it and all that it started; return what was observed. Empty text is no proof."""
        with self._lock:
            if self._proof:
                return self._proof
            with contextlib.suppress(ProcessLookupError):  # dead already: the pidfd says so
                signal.pidfd_send_signal(self.watch, signal.SIGKILL)
            if self.pid == self.outer.pid:  # ours to reap, so its id cannot be another's by now
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)  # bare, it may have started others
            dead, _, _ = select.select([self.watch], [], [], DEATH)
            if dead:
                status = self._reap()
                self._proof = f"process {self.pid} is seen dead (pidfd), status {status}"
            return self._proof

    def _reap(self) -> int:
        """Wait for our own child, which ends when the process has; kill it if it does not."""
        try:
            return self.outer.wait(DEATH)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.outer.pid, signal.SIGKILL)
            return self.outer.wait()

    def close(self) -> None:
        """Kill what is left and free pipes and pidfd; call it once."""
        self.kill()
        self.channel.close()
        os.close(self.watch)


@cache
def _spawner() -> queue.Queue[tuple[Callable[[], Any], Future[Any]]]:
    """Return the queue of the one thread that starts processes.

    A process dies with the *thread* that started it; this one lives as long as the program.
    """
    jobs: queue.Queue[tuple[Callable[[], Any], Future[Any]]] = queue.Queue()

    def work() -> None:
        while True:
            job, future = jobs.get()
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 (it belongs to who asked)
                future.set_exception(error)

    threading.Thread(target=work, name="spawner", daemon=True).start()
    return jobs


def spawn(
    arguments: Sequence[str],
    pipes: tuple[int, ...],
    errors: int = subprocess.DEVNULL,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, from a thread that outlives it.

    It gets the descriptors `pipes`, and nothing of our environment but `environment`.
    """
    future: Future[Any] = Future()

    def popen() -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 (no shell)
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=pipes,
            start_new_session=True,
            env=dict(environment),
        )

    _spawner().put((popen, future))
    child: subprocess.Popen[bytes] = future.result()
    return child
