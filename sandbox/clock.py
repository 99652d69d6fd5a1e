"""Tell the time, so that a test can tell it otherwise."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Tell wall and monotonic time and wait for a condition, all in seconds."""

    def now(self) -> float:
        """Return seconds since the epoch; for people to read, never to compute with."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start that never run backwards."""

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait, holding `condition`, until it is notified or `seconds` have passed."""


class WallClock:
    """Tell the machine's time."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        return time.monotonic()

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait, holding `condition`, until it is notified or `seconds` have passed."""
        condition.wait(seconds)


class ManualClock:
    """Tell the time that a test has set; it moves only by `advance`."""

    def __init__(self, start: float = 0.0) -> None:
        """Start at `start` seconds."""
        self._time = start
        self._lock = threading.Lock()
        self._waiting: list[threading.Condition] = []
        self.waiters = threading.Semaphore(0)

    def now(self) -> float:
        """Return the set time in seconds."""
        return self._time

    def monotonic(self) -> float:
        """Return the set time in seconds."""
        return self._time

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait until notified or until `advance` has passed `seconds` from now."""
        until = None if seconds is None else self._time + seconds
        with self._lock:
            self._waiting.append(condition)
        self.waiters.release()
        try:
            if until is None or self._time < until:
                condition.wait()
        finally:
            with self._lock:
                self._waiting.remove(condition)

    def advance(self, seconds: float) -> None:
        """Move time forward by `seconds` and wake all who wait on this clock."""
        self._time += seconds
        with self._lock:
            waiting = list(self._waiting)
        for condition in waiting:
            with condition:
                condition.notify_all()
