"""Say how far an experiment is: a bar in a terminal, else a line now and then."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import IO, Protocol, Self

from sandbox.clock import Clock, WallClock
from sandbox.text import printable

EVERY = 10.0
"""Seconds between two lines, at the least."""


class Progress(AbstractContextManager["Progress"], Protocol):
    """Be told how far it is."""

    def say(self, words: str) -> None:
        """Narrate one line."""

    def begin(self, total: int) -> None:
        """Take note of how many episodes there are to do."""

    def advance(self, episodes: int) -> None:
        """Take note of episodes that are done."""


class Silent(Progress):
    """Say nothing."""

    def say(self, words: str) -> None:
        """Say nothing."""

    def begin(self, total: int) -> None:
        """Say nothing."""

    def advance(self, episodes: int) -> None:
        """Say nothing."""

    def __exit__(self, *_: object) -> None:
        """Say nothing."""


class Lines(Silent):
    """Write a line now and then."""

    def __init__(self, stream: IO[str], clock: Clock | None = None) -> None:
        """Write to `stream`."""
        self._stream, self._clock = stream, clock or WallClock()
        self._total = self._done = 0
        self._began = self._last = self._clock.monotonic()

    def say(self, words: str) -> None:
        """Write one line."""
        print(printable(words, 1000), file=self._stream, flush=True)

    def begin(self, total: int) -> None:
        """Take note of how many episodes there are to do."""
        self._total, self._done = total, 0
        self._began = self._last = self._clock.monotonic()

    def advance(self, episodes: int) -> None:
        """Take note of episodes that are done, and write a line if it is time for one."""
        self._done += episodes
        now = self._clock.monotonic()
        if now - self._last >= EVERY and self._done < self._total:
            self._last = now
            left = (now - self._began) * (self._total - self._done) / self._done
            self.say(f"{self._done:,} of {self._total:,} episodes; {duration(left)} left")


class Bar(Silent):
    """Draw a bar with the time left."""

    def __init__(self, stream: IO[str]) -> None:
        """Draw on `stream`, a terminal."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._console = Console(file=stream, highlight=False)
        self._bar = Progress(
            *(TextColumn("episodes"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()),
            console=self._console,
            transient=True,
        )
        self._row = self._bar.add_task("episodes", total=None, visible=False)

    def __enter__(self) -> Self:
        """Draw from now on."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        self._bar.stop()

    def say(self, words: str) -> None:
        """Write one line above the bar."""
        self._console.print(printable(words, 1000), markup=False, soft_wrap=True)

    def begin(self, total: int) -> None:
        """Begin the bar."""
        self._bar.update(self._row, total=total, visible=True)

    def advance(self, episodes: int) -> None:
        """Let the bar grow."""
        self._bar.advance(self._row, episodes)


def shown() -> Progress:
    """Return a bar where a person watches, else lines."""
    return Bar(sys.stderr) if sys.stderr.isatty() else Lines(sys.stderr)


def duration(seconds: float) -> str:
    """Return seconds in words of one unit."""
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
