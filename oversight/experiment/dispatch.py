"""Hand units out to a crew, and take in what comes; a lost worker loses nothing but its time.

What a lost worker had is begun again; a unit that loses its worker time after time is given up,
with what is left of its cell.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import replace

from oversight.experiment.executors import Crew
from oversight.experiment.plan import Queue
from oversight.experiment.row import Cell, Row
from oversight.experiment.unit import Evaluated, Failure, Unit, work
from sandbox.errors import InputError

TRIES = 3
"""Times that a unit is begun before it is given up."""
IN_VAIN = 2
"""Units given up, when none has ever come back, until all is given up."""

PULSE = 5.0
"""Seconds without anything coming until the crew is asked whether it is still there."""

Keep = Callable[[Unit, Evaluated], None]


class Dispatch:
    """Hold what is out with a crew, and what came to nothing."""

    def __init__(
        self,
        crew: Crew,
        evaluate: Callable[[Cell, Sequence[int]], list[Row]],
        queue: Queue,
        keep: Keep,
    ) -> None:
        """Take units from `queue`, and give each with what came of it to `keep`."""
        self._crew, self._evaluate, self._queue, self._keep = crew, evaluate, queue, keep
        self._out: dict[Future[Evaluated], tuple[Unit, int]] = {}
        self._lost: deque[tuple[Unit, int]] = deque()
        self._came = self._given_up = 0

    def run(self) -> None:
        """Have everything evaluated; on a Ctrl-C keep what has come by then.

        Raises:
            InputError: if no worker lives long enough to bring anything back, or all are gone.
        """
        try:
            while self._hand_out():
                self._take_in()
        except KeyboardInterrupt:
            for future, (unit, _) in self._out.items():
                if future.done() and _fault(future) is None:
                    self._keep(unit, future.result())
            raise

    def _hand_out(self) -> bool:
        """Hand out units, those that came to nothing first; tell if any is out."""
        most = 1 if self._crew.size == 1 else self._crew.ahead * self._crew.size
        while len(self._out) < most:
            if self._lost:
                self._send(*self._lost.popleft())
            elif unit := self._queue.next():
                self._send(unit, 1)
            else:
                break
        return bool(self._out)

    def _send(self, unit: Unit, tries: int) -> None:
        try:
            future = self._crew.submit(work, self._evaluate, unit)
        except Exception as error:
            raise InputError(f"the executor takes nothing more: {error}") from error
        self._out[future] = (unit, tries)

    def _take_in(self) -> None:
        """Wait for something to come, but not for ever."""
        done, _ = wait(self._out, PULSE, return_when=FIRST_COMPLETED)
        if not done:
            self._crew.check()
        for future in done:
            unit, tries = self._out.pop(future)
            if fault := _fault(future):
                self._again(unit, tries, fault)
            else:
                self._came += 1
                came = future.result()
                self._queue.took(unit, came.seconds)
                self._keep(unit, came)

    def _again(self, unit: Unit, tries: int, fault: BaseException) -> None:
        """Let a unit be begun again, or give it up with what is left of its cell."""
        if tries < TRIES:
            self._lost.append((unit, tries + 1))
            return
        self._given_up += 1
        words = f"begun {tries} times in vain: {type(fault).__name__}: {fault}"
        if self._given_up >= IN_VAIN and not self._came:
            raise InputError(f"no worker brings anything back: {words}")
        lost_with_it = (*unit.seeds, *self._queue.drop(unit.cell))
        failure = Failure(lost_with_it, words)
        self._keep(replace(unit, seeds=lost_with_it), Evaluated([], [failure], 0.0))


def _fault(future: Future[Evaluated]) -> BaseException | None:
    """Return what a future that is done failed with."""
    try:
        return future.exception()
    except CancelledError as error:
        return error
