"""Keep workers: processes started afresh, each with a pipe of its own.

When a worker dies, its pipe ends, in the middle of a message too. So it is known at once, and it is
known what it worked on; the pool of the standard library shares one pipe among all its workers, and
waits for ever for the rest of a message that a dead one began.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import BrokenExecutor, Future
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class WorkerLostError(BrokenExecutor):
    """Say that a worker died, and how."""


class Call(NamedTuple):
    """Hold what a worker is to do, and who waits for it."""

    future: Future[Any]
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


class Answer(NamedTuple):
    """Hold what a worker sends back; it never sends an exception, which may not survive the way."""

    value: Any
    fault: str = ""


class Calls:
    """Hold the calls that wait; a worker goes on with what is like what it did last.

    What one call has found out and keeps in memory, the next like it need not find out again. So a
    worker takes the first call of its own kind; else the first of a kind that no other works on.
    """

    def __init__(self, kind: Callable[..., Hashable]) -> None:
        """Begin with none; `kind` is what calls are told apart by, given their arguments."""
        self._kind = kind
        self._waiting: list[tuple[Hashable, Call]] = []
        self._kinds: dict[int, Hashable] = {}
        self._closed = False
        self._changed = threading.Condition()

    def put(self, call: Call) -> None:
        """Let a call wait."""
        with self._changed:
            self._waiting.append((self._kind(*call.arguments), call))
            self._changed.notify()

    def close(self) -> None:
        """Let no more calls come; those that wait are still given out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def get(self, worker: int) -> Call | None:
        """Wait for a call for a worker; None once there will be no more."""
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return None
                self._changed.wait()
            kind, call = self._waiting.pop(self._fitting(worker))
            self._kinds[worker] = kind
            return call

    def _fitting(self, worker: int) -> int:
        """Return the place of the call that suits a worker best."""
        own = self._kinds.get(worker)
        others = {kind for other, kind in self._kinds.items() if other != worker}
        kinds = [kind for kind, _ in self._waiting]
        if worker in self._kinds and own in kinds:
            return kinds.index(own)
        return next((place for place, kind in enumerate(kinds) if kind not in others), 0)


class Pool:
    """Work in processes of our own."""

    ahead = 16
    """Many, so that there is something of its own kind for each worker."""

    def __init__(self, size: int, kind: Callable[..., Hashable] = lambda *_: None) -> None:
        """Make ready for `size` workers; each starts with its first call.

        Args:
            size: number of workers.
            kind: of a call, given its arguments; see `Calls`.
        """
        self.size = size
        self._calls = Calls(kind)
        self._seats = [_Seat(self._calls, number) for number in range(size)]

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Put a call in the queue."""
        future: Future[T] = Future()
        self._calls.put(Call(future, function, arguments))
        return future

    def check(self) -> None:
        """Do nothing: what a lost worker had is never waited for."""

    def stop(self) -> None:
        """Kill the workers, and wait until they are gone."""
        for seat in self._seats:
            seat.stop()
        self._calls.close()
        for seat in self._seats:
            seat.thread.join()
            if seat.worker is not None:
                seat.worker.join()  # of one that had nothing to do, nobody has seen the end yet


class _Seat:
    """Keep one worker, and another in its place when it has died."""

    def __init__(self, calls: Calls, number: int) -> None:
        self._calls, self._number = calls, number
        self._stopped = False
        self._lock = threading.Lock()
        self._pipe: Connection | None = None
        self.worker: SpawnProcess | None = None
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        # A Ctrl-C is for us: processes that this thread starts inherit that it is held back. The
        # tracker, which the first of them would start, lets it through again: so it comes before.
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        while call := self._calls.get(self._number):
            try:
                answer = self._ask(call)
            except (EOFError, OSError) as error:
                call.future.set_exception(WorkerLostError(self._buried() or str(error)))
            except Exception as error:  # noqa: BLE001 (the future carries it: a call that no pickle takes)
                call.future.set_exception(error)
            else:
                if answer.fault:
                    call.future.set_exception(RuntimeError(answer.fault))
                else:
                    call.future.set_result(answer.value)

    def _ask(self, call: Call) -> Answer:
        """Have a call done, by a new worker where there is none.

        Raises:
            OSError: if the worker dies over it, or the seat was stopped.
        """
        with self._lock:
            if self._stopped:
                raise OSError("stopped")
            if self._pipe is None:
                self._pipe, theirs = get_context("spawn").Pipe()
                self.worker = get_context("spawn").Process(target=_work, args=(theirs,))
                self.worker.start()
                theirs.close()
            pipe = self._pipe
        pipe.send((call.function, call.arguments))
        answer: Answer = pipe.recv()
        return answer

    def _buried(self) -> str:
        """Put away a worker that died; say how it did."""
        if self._pipe is None or self.worker is None:
            return ""
        self._pipe.close()
        self._pipe = None
        self.worker.kill()
        self.worker.join()
        code = self.worker.exitcode or 0
        hint = " (the system kills where memory is short)" if -code == signal.SIGKILL else ""
        return f"signal {-code}{hint}" if code < 0 else f"exit code {code}"

    def stop(self) -> None:
        """Kill the worker, and start no other."""
        with self._lock:
            self._stopped = True
            if self.worker is not None:
                self.worker.kill()


def _work(pipe: Connection) -> None:
    """Do what is asked, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_the_parent()
    while True:
        try:
            function, arguments = pipe.recv()
            answer = Answer(function(*arguments))
        except EOFError:
            return
        except Exception as error:  # noqa: BLE001 (whatever it is, the parent is told)
            answer = Answer(None, f"{type(error).__name__}: {error}")
        pipe.send(answer)


def _end_with_the_parent() -> None:
    """End this process as soon as its parent is gone, however that was."""
    parent = parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
