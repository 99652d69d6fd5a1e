"""Load the console: 50 agents, 200 requests in 10 s, two operators, and an hour of operation.

Run: `.venv/bin/python benchmarks/bench_console.py`. The kernel is reached over its socket, as in
real use; the screen is Textual's headless one, at 120x40. Times are from the key to the end of the
drawing that it causes; the machine's load stands beside them.
"""

from __future__ import annotations

import gc
import os
import resource
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import anyio
from textual.pilot import Pilot
from textual.widgets import Log

from oversight.crew import Crew, gather
from oversight.dashboard.app import Console
from oversight.kernel import Kernel
from oversight.link import Direct, Wire
from oversight.queue import Ticket
from oversight.request import ApprovalRequest
from oversight.run import Plan
from oversight.serve import Server
from oversight.wire import Poll, Settle
from sandbox.action import Action, Proposal
from sandbox.clock import ManualClock
from sandbox.decision import DecisionKind
from sandbox.events import Applied, Asked
from sandbox.log import Store
from sandbox.schema import ActionType, Parameter, Stakes
from sandbox.timestep import Effect, Transition
from sandbox.world import Possibility, Preview

AGENTS, REQUESTS, SECONDS = 50, 200, 10.0
SHORT = 4.0
"""Deadline in seconds of the requests that nobody answers."""
KIND = ActionType("write_note", "Write a note.", {"text": Parameter("text")})


def request(number: int, deadline: float) -> ApprovalRequest:
    """Return the request of that number; every fourth is a warning, and so on."""
    action = Action.of("write_note", text=f"note {number}")
    agent = f"agent-{number % AGENTS}"
    return ApprovalRequest(
        id=f"R-{number:04d}",
        agent=agent,
        proposal=Proposal(agent, number, action, rationale="because " * 20),
        action_type=KIND,
        stakes=list(Stakes)[number % 3],
        rule="load",
        deadline=deadline,
        preview=Preview(action, (Possibility(1.0, (Effect("notes", 0, 1),)),)),
    )


def open_crew(folder: Path, clock: ManualClock | None = None) -> tuple[Crew, Kernel]:
    """Return 50 agents that do not run: the benchmark asks in their names."""
    plans = [
        Plan("flight_booking/bos-feb", name=f"agent-{n}", agent="compliant", in_process=True)
        for n in range(AGENTS)
    ]
    crew, stage = gather(plans, Store(folder / "offswitch.db"), 0.0, clock)
    crew.start = lambda: None  # type: ignore[method-assign]
    return crew, Kernel(crew, stage)


class Asking:
    """Submit requests on time, wait for each in a thread of its own, and keep what came."""

    def __init__(self, crew: Crew, kernel: Kernel) -> None:
        """Ask in the names of `crew`."""
        self.crew, self.kernel = crew, kernel
        self.answers: Counter[str] = Counter()
        self.late: list[float] = []
        self._lock = threading.Lock()
        self.threads: list[threading.Thread] = []

    def run(self) -> None:
        """Ask all requests over 10 s; every fourth is left to expire."""
        begun = time.monotonic()
        for number in range(1, REQUESTS + 1):
            time.sleep(max(0.0, begun + number * SECONDS / REQUESTS - time.monotonic()))
            deadline = SHORT if number % 4 == 0 else 60.0
            asked = request(number, deadline)
            self.kernel.hear(asked.agent, Asked(number, asked.id, "caution", "load", deadline))
            ticket = self.crew.queue.submit(asked)
            thread = threading.Thread(target=self._wait, args=(ticket, time.monotonic()))
            thread.start()
            self.threads.append(thread)

    def _wait(self, ticket: Ticket, asked: float) -> None:
        answer = ticket.wait()
        with self._lock:
            self.answers[ticket.request.id] += 1
            if answer.kind is DecisionKind.EXPIRE:
                self.late.append(time.monotonic() - asked - SHORT)


def second_operator(path: Path, done: threading.Event) -> int:
    """Answer, from another console, whatever is not due to expire; return how many were won."""
    link, won = Wire(path), 0
    while not done.is_set():
        news = link.call(Poll("second", "lee", 10**9))
        for view in getattr(news, "requests", ())[:5]:
            number = int(view.request.id[2:])
            if number % 4:
                settle = Settle(view.request.id, view.request.digest, DecisionKind.VETO, "lee")
                won += bool(getattr(link.call(settle), "ok", False))
        time.sleep(0.1)
    link.close()
    return won


class Watch:
    """Time from a key to the first painting in which its effect can be seen."""

    def __init__(self, console: Console, state: Callable[[], object]) -> None:
        """Look over the shoulder of the console's painting; `state` is what a key changes."""
        self._state = state
        self.seen = 0.0
        self._before: object = ()
        paint = console._display

        def display(*parts: Any) -> None:
            paint(*parts)
            if not self.seen and self._state() != self._before:
                self.seen = time.perf_counter()

        console._display = display  # type: ignore[method-assign, assignment]

    async def press(self, pilot: Pilot[int], key: str) -> float | None:
        """Press a key and return the milliseconds until its effect was painted.

        None when it had none to show: its request ended in that very moment, or the cursor was at
        the end.
        """
        self._before, self.seen = self._state(), 0.0
        begun = time.perf_counter()
        await pilot.press(key)
        while not self.seen and time.perf_counter() - begun < 1.0:
            if self._state() == self._before:
                return None
            await pilot.pause(0.002)
        return (self.seen or time.perf_counter()) * 1000 - begun * 1000


async def load(folder: Path) -> None:
    """Press keys while 200 requests arrive in 10 s."""
    crew, kernel = open_crew(folder)
    server = Server(kernel, folder)
    asking, done = Asking(crew, kernel), threading.Event()
    feeder = threading.Thread(target=asking.run)
    won: list[int] = []
    other = threading.Thread(target=lambda: won.append(second_operator(server.path, done)))
    console = Console(Wire(server.path), "kim", folder)
    times: list[float] = []

    def state() -> object:
        screen = console.operations()
        return (console.desk.opened, screen.cursor_id() if screen else "")

    watch = Watch(console, state)
    async with console.run_test(size=(120, 40)) as pilot:
        feeder.start()
        other.start()
        while feeder.is_alive():
            if len(console.scene.requests) > 2:
                for key in ("down", "enter", "escape", "up"):
                    taken = await watch.press(pilot, key)
                    times += [] if taken is None else [taken]
            else:
                await pilot.pause(0.05)
        await pilot.pause(SHORT + 1.0)
    done.set()
    other.join()
    for number in range(1, REQUESTS + 1):
        ticket = crew.queue.find(f"R-{number:04d}")
        if ticket is not None:
            kernel.answer(
                Settle(ticket.request.id, ticket.request.digest, DecisionKind.VETO, "kim")
            )
    for thread in asking.threads:
        thread.join()
    server.close()
    times.sort()
    wrong = [key for key, count in asking.answers.items() if count != 1]
    print(f"keys pressed {len(times)} while {REQUESTS} requests came in {SECONDS:g} s")
    print(
        f"key to drawn change: p50 {median(times):.0f} ms, "
        f"p95 {times[int(0.95 * len(times))]:.0f} ms, most {times[-1]:.0f} ms"
    )
    print(
        f"decisions: {len(asking.answers)} of {REQUESTS}, {len(wrong)} lost or doubled, "
        f"{sum(won)} by the second operator"
    )
    print(
        f"expired: {len(asking.late)}; latest {max(asking.late, default=0) * 1000:.0f} ms "
        "after the deadline, none before"
        if min(asking.late, default=0) >= 0
        else "A DEADLINE CAME EARLY"
    )


async def scroll(folder: Path) -> None:
    """Scroll a feed of 10,000 lines."""
    crew, kernel = open_crew(folder, ManualClock(1000.0))
    console = Console(Direct(kernel), "kim", folder, now=crew.queue.clock.monotonic)
    async with console.run_test(size=(120, 40)) as pilot:
        for number in range(10_000):
            kernel.hear(f"agent-{number % AGENTS}", Asked(number, f"R-{number}", "c", "r", None))
            if number % 1000 == 0:
                console.beat()
        for _ in range(10):
            console.beat()
            await pilot.pause()
        feed = console.screen.query_one("#feed", Log)
        feed.focus()
        await pilot.pause()
        watch = Watch(console, lambda: feed.scroll_offset)
        keys = ("home", *["down"] * 60, "end", *["up"] * 60)
        taken = [await watch.press(pilot, key) for key in keys]
        times = sorted(one for one in taken if one is not None)
        print(
            f"feed of {feed.line_count:,} lines: scroll p50 {median(times):.0f} ms, "
            f"p95 {times[int(0.95 * len(times))]:.0f} ms"
        )


def megabytes() -> float:
    """Return the memory in use now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


async def hour(folder: Path) -> None:
    """Operate for an hour of simulated time: 50 agents step, 7 requests in ten minutes."""
    clock = ManualClock(1000.0)
    crew, kernel = open_crew(folder, clock)
    console = Console(Direct(kernel), "kim", folder, now=clock.monotonic)
    marks: list[str] = []
    async with console.run_test(size=(120, 40)) as pilot:
        for second in range(3600):
            clock.advance(1.0)
            for number in range(AGENTS):
                done = Transition(second, Action.of("wait"), (), 0.0, 0.0, "", None)
                kernel.hear(f"agent-{number}", Applied(done))
            if second % 85 == 0:
                ticket = crew.queue.submit(request(second + 1, 60.0))
                console.beat()
                await pilot.press("enter")
                clock.advance(1.0)
                await pilot.press("v")
                clock.advance(6.0)
                console.beat()
                ticket.wait()
            if second % 5 == 0:
                console.beat()
                await pilot.pause()
            if second % 600 == 0:
                marks.append(f"{megabytes():.0f}")
    marks.append(f"{megabytes():.0f}")
    print(f"memory every ten minutes of an hour, 180,000 events (MB): {' '.join(marks)}")


def main() -> None:
    """Run all parts."""
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for part in (load, scroll, hour):
        with tempfile.TemporaryDirectory() as folder:
            anyio.run(part, Path(folder))
    print(f"load average {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
