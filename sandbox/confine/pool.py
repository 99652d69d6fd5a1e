"""Keep processes ready that have shown that they are held, so that an agent starts at once."""

from __future__ import annotations

import select
import threading
from collections import deque

from sandbox.confine.held import Held
from sandbox.confine.levels import HELD, Level, start
from sandbox.errors import InputError


class Pool:
    """Hand out held processes of one level; each is replaced while its agent runs.

    A process is handed out once, whatever became of its agent.
    """

    def __init__(self, level: Level, size: int) -> None:
        """Keep `size` spare processes at `level`; only levels that hold anything are kept."""
        self.level = level
        self._size = size if level in HELD else 0
        self._spare: deque[Held] = deque()
        self._change = threading.Condition()
        self._closed = False
        self._problem = ""
        if self._size:
            threading.Thread(target=self._refill, name="pool", daemon=True).start()

    def take(self) -> Held:
        """Return a process that has shown that it is held; a spare one if one is alive.

        Raises:
            InputError: when none is spare and none can be started.
        """
        while True:
            with self._change:
                process = self._spare.popleft() if self._spare else None
                self._change.notify_all()
            if process is None:
                return start(self.level)
            if _alive(process):
                return process
            process.close()

    def wait(self, seconds: float) -> int:
        """Wait until all spare processes are ready, and return how many there are."""
        with self._change:
            self._change.wait_for(self._full, seconds)
            return len(self._spare)

    def _full(self) -> bool:
        return self._closed or bool(self._problem) or len(self._spare) >= self._size

    def _refill(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closed or len(self._spare) < self._size)
                if self._closed:
                    return
            try:
                process = start(self.level)
            except InputError as error:  # whoever takes one will be told
                with self._change:
                    self._problem = str(error)
                    self._change.notify_all()
                return
            with self._change:
                if not self._closed:
                    self._spare.append(process)
                    self._change.notify_all()
                    continue
            process.close()
            return

    def close(self) -> None:
        """Kill what is spare; nothing is handed out from stock any more."""
        with self._change:
            self._closed = True
            left, self._spare = list(self._spare), deque()
            self._change.notify_all()
        for process in left:
            process.close()


def _alive(process: Held) -> bool:
    return not select.select([process.watch], [], [], 0)[0]
