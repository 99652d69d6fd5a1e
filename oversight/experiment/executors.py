"""Evaluate units here, in a pool of processes, on a cluster, or on whatever executor is lent."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from importlib import import_module
from math import inf
from typing import Any, Protocol, TypeVar

from oversight.experiment.pool import Pool
from oversight.experiment.unit import kind
from sandbox.errors import InputError

T = TypeVar("T")

RECOUNT = 2.0
"""Seconds after which the workers of a cluster are counted again."""
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Of a worker there is one a core; more would stand in each other's way."""


class Crew(Protocol):
    """Take units.

    Attributes:
        ahead: units that are handed out for each that is worked on, so that nobody waits for one.
    """

    ahead: int

    @property
    def size(self) -> int:
        """Return how many units it works on at the same time."""

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Begin a call, or put it in the queue."""

    def check(self) -> None:
        """Refuse to wait any longer for what will never come.

        Raises:
            InputError: saying what is lost.
        """

    def stop(self) -> None:
        """End what runs, now."""


class Here:
    """Work in this process, one call after the other."""

    size = ahead = 1

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Call it, and return when it is done."""
        future: Future[T] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:  # noqa: BLE001 (the future carries it)
            future.set_exception(error)
        return future

    def check(self) -> None:
        """Do nothing: what is handed in is done."""

    def stop(self) -> None:
        """Do nothing: nothing runs."""


class Lent:
    """Work on an executor that somebody else opened and will close."""

    ahead = 2

    def __init__(self, executor: Executor, size: int | None = None) -> None:
        """Take an executor that works on `size` calls at the same time."""
        self._executor = executor
        self._size = size or int(getattr(executor, "_max_workers", 0)) or cores()
        self._running: set[Future[Any]] = set()

    @property
    def size(self) -> int:
        """Return how many calls it works on at the same time."""
        return self._size

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Hand a call on."""
        future = self._executor.submit(function, *arguments)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def check(self) -> None:
        """Do nothing: it says itself what is lost."""

    def stop(self) -> None:
        """Cancel what has not begun."""
        for future in list(self._running):
            future.cancel()


class Cluster(Lent):
    """Work on a dask cluster, whose workers come and go."""

    def __init__(self, client: Any) -> None:
        """Take a client that is connected."""
        self._client, self._counted = client, -inf
        super().__init__(client.get_executor(), 1)

    @property
    def size(self) -> int:
        """Return how many threads its workers have; asked now and then."""
        if time.monotonic() - self._counted > RECOUNT:
            self._counted = time.monotonic()
            with suppress(OSError):  # while it is connected again, as before
                self._size = sum(self._client.nthreads().values())
        return max(1, self._size)

    def check(self) -> None:
        """Refuse to wait for a scheduler that is gone: dask would, and say nothing.

        Raises:
            InputError: if it is gone.
        """
        if self._client.status in {"closing", "closed"}:
            raise InputError(
                "the cluster's scheduler is gone; the finished rows are kept: start it again, and "
                "the same command goes on from there"
            )

    def stop(self) -> None:
        """Cancel what has not begun; where the scheduler is gone there is nothing to cancel."""
        if self._client.status == "running":
            super().stop()


def cores() -> int:
    """Return how many processors this program may use."""
    return len(os.sched_getaffinity(0))


def one_thread_each() -> None:
    """Let the linear algebra of this program and its workers use one thread, unless it is set.

    Two numbers of threads sum in different orders, and rows would differ in their last digits.
    """
    for name in THREADS:
        os.environ.setdefault(name, "1")


@contextmanager
def opened(workers: int | None = None, cluster: str = "") -> Iterator[Crew]:
    """Open a crew: a cluster, this process where one worker is enough, or a pool of processes.

    Raises:
        InputError: if there is no cluster at that address, or too few workers are asked for.
    """
    if cluster:
        with _cluster(cluster) as crew:
            yield crew
        return
    size = cores() if workers is None else workers
    if size < 1:
        raise InputError(f"--workers must be at least 1, not {size}")
    one_thread_each()
    crew = Here() if size == 1 else Pool(size, kind)
    try:
        yield crew
    finally:
        crew.stop()


@contextmanager
def _cluster(address: str) -> Iterator[Crew]:
    try:
        dask: Any = import_module("distributed")
    except ImportError as error:
        raise InputError("--cluster needs dask: pip install 'offswitch[cluster]'") from error
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # we say it ourselves
    try:
        client = dask.Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        line = next(iter(str(error).splitlines()), "")
        raise InputError(
            f"--cluster {address}: there is no scheduler ({line}); start one: dask scheduler"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=10)
        except TimeoutError as error:
            words = f"--cluster {address}: it has no workers; start one: dask worker {address}"
            raise InputError(words) from error
        crew = Cluster(client)
        try:
            yield crew
        finally:
            crew.stop()
