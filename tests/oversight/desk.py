"""Sit at a console under test: no agents run, requests are submitted by the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from oversight.crew import Crew, gather
from oversight.dashboard.app import Console
from oversight.dashboard.desk import ARMING
from oversight.kernel import Kernel
from oversight.link import Direct
from oversight.queue import Ticket
from oversight.run import Plan
from sandbox.clock import ManualClock
from sandbox.log import Store
from tests.oversight.fakes import request


class Desk:
    """Hold a console, the kernel that it watches, and the clock of both."""

    def __init__(self, folder: Path, names: str = "ab", **options: Any) -> None:
        self.clock = ManualClock(1000.0)
        self.folder = folder
        plans = [
            Plan("flight_booking/bos-feb", name=name, agent="compliant", in_process=True)
            for name in names
        ]
        store = Store(folder / "offswitch.db")
        self.crew: Crew
        self.crew, self.stage = gather(plans, store, 0.0, self.clock)
        self.kernel = Kernel(self.crew, self.stage)
        self.app = self.console("kim", **options)
        self.pilot: Pilot[int]

    def console(self, operator: str, **options: Any) -> Console:
        link = Direct(self.kernel)
        return Console(link, operator, self.folder, now=self.clock.monotonic, **options)

    @property
    def screen(self) -> Any:
        return self.app.screen

    @property
    def note(self) -> str:
        return self.app.desk.note_line()

    def text(self, pane: str) -> str:
        drawn = self.screen.query_one(f"#{pane}").render()
        return str(getattr(drawn, "plain", drawn))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.beat()

    async def type(self, text: str) -> None:
        await self.press("tab", *text)

    async def beat(self) -> None:
        for _ in range(2):
            await self.pilot.pause()
            self.app.beat()
        await self.pilot.pause()

    async def ask(self, number: str = "R-0001", **parts: Any) -> Ticket:
        ticket = self.crew.queue.submit(request(number, **parts))
        await self.beat()
        return ticket

    async def open(self) -> None:
        await self.press("enter")
        self.clock.advance(ARMING)
        await self.beat()


@asynccontextmanager
async def desk(
    folder: Path, size: tuple[int, int] = (120, 40), **options: Any
) -> AsyncIterator[Desk]:
    made = Desk(folder, **options)
    async with made.app.run_test(size=size) as made.pilot:
        await made.beat()
        yield made
