"""Run a kernel as a process of its own: `python -m oversight.kernel_main`.

It reads what to run from its standard input, answers with one line (ready, or what is wrong), and
goes on until every episode has ended and nobody watches, or an operator ends it. It outlives the
console that started it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from oversight.crew import Crew, Member, gather
from oversight.kernel import HEARTBEAT, LONELY, Kernel, Opened
from oversight.link import Wire
from oversight.resume import open_resume
from oversight.run import Plan, Stage, check_plan
from oversight.serve import Server
from sandbox.confine.levels import HELD, Level
from sandbox.confine.pool import Pool
from sandbox.errors import InputError, OffswitchError, StoreError
from sandbox.log import Store

CONSOLE = 2.0
"""Seconds in which a console wants an answer; a shutdown has a link of its own."""

_PR_SET_CHILD_SUBREAPER = 36

SPARE = 1
"""Held processes that are kept ready."""

START = 60.0
"""Seconds in which a kernel must be ready."""


class Errand(msgspec.Struct, frozen=True):
    """Say what a kernel is to run.

    Attributes:
        plans: one agent each.
        logs: folder of the log.
        pace: seconds between the steps of an agent.
        catch: rate of catch trials.
        resume: episodes that were broken off and are to be taken up again.
        by: who takes them up.
    """

    plans: tuple[Plan, ...]
    logs: Path
    pace: float
    catch: float = 0.0
    resume: tuple[str, ...] = ()
    by: str = ""


class Ready(msgspec.Struct, frozen=True):
    """Answer an errand: the socket, or what is wrong."""

    socket: str = ""
    problem: str = ""


def _path(kind: type, value: Any) -> Any:
    return Path(value) if kind is Path else value


def start_kernel(errand: Errand) -> Path:
    """Start a kernel in a session of its own and return its socket.

    Raises:
        InputError: saying in one line why it did not start.
        StoreError: when the folder of the log cannot be written.
    """
    for plan in errand.plans:
        check_plan(plan)
    try:
        errand.logs.mkdir(parents=True, exist_ok=True)
        log = (errand.logs / "kernel.log").open("ab")
    except OSError as error:
        raise StoreError(f"{errand.logs}: cannot be written: {error.strerror}") from error
    with log:
        child = subprocess.Popen(
            [sys.executable, "-m", "oversight.kernel_main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    absolute = tuple(replace(plan, **_absolute(plan)) for plan in errand.plans)
    whole = msgspec.structs.replace(errand, plans=absolute, logs=errand.logs.resolve())
    try:
        ready = msgspec.json.decode(_exchange(child, whole), type=Ready)
    except (OSError, msgspec.DecodeError):
        child.kill()
        raise InputError(f"the kernel did not start; see {errand.logs / 'kernel.log'}") from None
    if ready.problem:
        raise InputError(ready.problem)
    return Path(ready.socket)


def _exchange(child: subprocess.Popen[bytes], errand: Errand) -> bytes:
    """Hand over the errand and return the answer; the kernel lets go of the pipe, and goes on."""
    if child.stdin is None or child.stdout is None:
        return b""
    with child.stdin, child.stdout:
        child.stdin.write(msgspec.json.encode(errand, enc_hook=str))
        child.stdin.close()
        ready, _, _ = select.select([child.stdout], [], [], START)
        return child.stdout.read() if ready else b""


def _absolute(plan: Plan) -> dict[str, Any]:
    """Return the plan's paths made absolute: the kernel may stand elsewhere."""
    permissions = plan.permissions.resolve() if plan.permissions else None
    stages = plan.stages.resolve() if plan.stages else None
    return {"permissions": permissions, "policy": plan.policy.resolve(), "stages": stages}


def main() -> int:
    """Run what stands in the standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signalled: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: signalled.append(number))
    errand = msgspec.json.decode(sys.stdin.buffer.read(), type=Errand, dec_hook=_path)
    try:
        store = Store(errand.logs / "offswitch.db")
        crew, stage = gather(errand.plans, store, errand.pace, catch=errand.catch)
        take_up(crew, stage, errand)
        stage.pool = _pool([one.plan for one in crew.members.values()])
        kernel = Kernel(crew, stage)
        _adopt()
        server = Server(kernel, errand.logs, alone=True)
    except OffswitchError as error:
        _answer(Ready(problem=str(error)))
        return 2
    kernel.pace = errand.pace
    _answer(Ready(socket=str(server.path)))
    try:
        _attend(kernel, signalled)
        _write_ends(kernel)
    finally:
        server.drain(2.0)
        server.close()
        store.close()
        stage.pool.close()
    return 0


def take_up(crew: Crew, stage: Stage, errand: Errand) -> None:
    """Let the crew have the agents of the episodes that are to be taken up again.

    Raises:
        InputError: when one cannot be; none of the crew runs yet.
    """
    if stage.store is None:
        return
    try:
        for reference in errand.resume:
            plan, session = open_resume(stage.store.find(reference), stage, errand.by)
            session.control.pace = errand.pace
            if plan.name in crew.members:
                session.log.abandon()
                raise InputError(
                    f"two agents are called {plan.name!r}: take their episodes up one by one"
                )
            crew.members[plan.name] = Member(plan, session)
    except OffswitchError:
        crew.give_up()
        raise


def _adopt() -> None:
    """Become the parent of what agents leave behind, so that it stays known for theirs."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _pool(plans: Sequence[Plan]) -> Pool:
    """Keep a process ready for what a person may fork."""
    held = [plan.containment for plan in plans if plan.containment in HELD]
    return Pool(held[0] if held else Level.NONE, SPARE)


def _answer(ready: Ready) -> None:
    """Write the one line, and let go of the pipe, so that who started us can go on."""
    sys.stdout.buffer.write(msgspec.json.encode(ready))
    sys.stdout.buffer.flush()
    with contextlib.suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())


def _attend(kernel: Kernel, signalled: list[int]) -> None:
    """Beat until it is over; agents are started by this thread, which outlives them."""
    jobs: queue.Queue[tuple[Callable[[], Opened], Future[Opened]]] = queue.Queue()

    def on_main(job: Callable[[], Opened]) -> Opened:
        future: Future[Opened] = Future()
        jobs.put((job, future))
        return future.result()

    kernel.on_main = on_main
    begun = False
    while not kernel.leaving.is_set():
        if not begun and kernel.attended.is_set():  # nothing runs before somebody watches
            begun = True
            kernel.crew.start()
        _run_out(kernel)
        with contextlib.suppress(queue.Empty):
            job, future = jobs.get(timeout=0.1)
            try:
                future.set_result(job())
            except Exception as error:  # noqa: BLE001 (it belongs to who asked)
                future.set_exception(error)
        if begun or kernel.alone() > LONELY:
            kernel.tick()
        if signalled:
            kernel.end("signal", "SIGTERM")
        if kernel.over() and kernel.alone() > HEARTBEAT:
            return


def _run_out(kernel: Kernel) -> None:
    """Let agents that were shut down before anything ran write in the log that they were."""
    for member in list(kernel.crew.members.values()):
        if member.session.control.stop is not None:
            kernel.crew.start_one(member)


def _write_ends(kernel: Kernel) -> None:
    """See that the log says how every episode ended, before it is closed."""
    _run_out(kernel)
    kernel.await_ends(list(kernel.crew.members))


def attach(errand: Errand) -> Wire:
    """Start a kernel on an errand, and connect to it."""
    return Wire(start_kernel(errand), CONSOLE)


if __name__ == "__main__":
    sys.exit(main())
