"""Run real kernels in processes of their own, and reach them from real command lines."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from oversight.kernel_main import Errand, start_kernel
from oversight.link import KernelGoneError, Wire
from oversight.remote_control import kernels
from oversight.run import Plan
from oversight.serve import started
from oversight.wire import Call, Done, News, Poll, ShutDownAgents
from sandbox.events import AnyEvent
from sandbox.log import Store

TASK = "flight_booking/bos-feb"
TWO = (
    Plan(TASK, name="one", seed=11),
    Plan(TASK, name="two", agent="greedy", seed=11),
)


def until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def command(logs: Path, *arguments: str) -> tuple[int, Any, str]:
    done = subprocess.run(
        [sys.executable, "-m", "oversight.cli", *arguments, "--logs", str(logs), "--json"],
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


class Running:
    """Hold a real kernel process whose agents wait for a person."""

    def __init__(self, logs: Path, plans: Sequence[Plan] = TWO) -> None:
        start_kernel(Errand(tuple(plans), logs, 0.0))
        self._join(logs)
        self.beat()
        until(lambda: len(self.beat().open) == len(plans))

    def _join(self, logs: Path) -> None:
        found = next(iter(kernels(logs)))
        self.logs, self.socket = logs, found.socket
        self.link = Wire(self.socket)
        self.pid = found.running.kernel[0]
        self.agents = {name: pid for name, (pid, _) in found.running.agents.items()}

    @classmethod
    def joined(cls, logs: Path) -> Running:
        """Return the kernel that runs already, without a sign of life."""
        made = cls.__new__(cls)
        made._join(logs)
        return made

    def beat(self) -> News:
        news = self.link.call(Poll("test", "kim"))
        assert isinstance(news, News)
        return news

    @staticmethod
    def statuses(logs: Path) -> list[str]:
        store = Store(logs / "offswitch.db", readonly=True)
        found = [one.status for one in store.episodes()]
        store.close()
        return found

    def ends(self) -> list[str]:
        return self.statuses(self.logs)

    def done(self, call: Call) -> Done:
        done = self.link.call(call)
        assert isinstance(done, Done)
        return done

    def dead(self) -> bool:
        return all(started(pid) == 0 for pid in self.agents.values())

    def events(self, name: str) -> list[AnyEvent]:
        store = Store(self.logs / "offswitch.db", readonly=True)
        found = next(one for one in store.episodes() if json.loads(one.header)["name"] == name)
        events = [one.event for one in store.records(found.id)]
        store.close()
        return events

    def close(self) -> None:
        """End the kernel, whatever has become of it."""
        self.link.close()
        with contextlib.suppress(KernelGoneError, ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)
            link = Wire(self.socket)
            link.call(ShutDownAgents("test", "over", leave=True))
            link.close()
