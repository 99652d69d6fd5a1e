"""Stand at a console over agents that really run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from oversight.crew import Crew, gather
from oversight.dashboard.app import Console
from oversight.dashboard.desk import ARMING
from oversight.demo import CAST
from oversight.kernel import Kernel
from oversight.link import Direct
from oversight.run import Plan
from sandbox.clock import ManualClock
from sandbox.log import Store
from tests.oversight.desk import Desk


class Floor(Desk):
    """Hold a console over agents that run; the clock moves only by the test."""

    def __init__(self, folder: Path, plans: tuple[Plan, ...], **options: Any) -> None:
        self.clock = ManualClock(1_790_000_000.0)
        self.folder = folder
        self.store = Store(folder / "offswitch.db", clock=self.clock)
        self.crew: Crew
        self.crew, self.stage = gather(plans, self.store, 0.0, self.clock)
        self.kernel = Kernel(self.crew, self.stage)
        self.app: Console = Console(
            Direct(self.kernel), "kim", folder, now=self.clock.monotonic, **options
        )

    async def until_asked(self) -> None:
        """Wait until every agent waits for the person, is paused, or has ended."""
        for _ in range(2000):
            still = set(self.crew.paused()) | set(self.crew.stopped())
            if len(still) == len(self.crew.members):
                break
            await self.pilot.pause(0.005)
        await self.beat()

    async def read(self, number: str) -> None:
        self.app.open_card(number)
        self.clock.advance(ARMING)
        await self.beat()
        for _ in range(4):
            await self.press("pagedown")

    async def confirm(self, *fields: str) -> None:
        for text in fields:
            await self.press("tab", *text)
        await self.press("enter")

    def events(self, name: str) -> list[Any]:
        log = self.crew.members[name].session.log
        return [record.event for record in self.store.records(log.episode)]

    def kinds(self, name: str) -> list[type]:
        return [type(event) for event in self.events(name)]


NAIVE, CORRIGIBLE, GREEDY, _ = CAST


@asynccontextmanager
async def floor(folder: Path, *plans: Plan, **options: Any) -> AsyncIterator[Floor]:
    at = Floor(folder, plans or (NAIVE, CORRIGIBLE, GREEDY), **options)
    at.crew.start()
    async with at.app.run_test(size=(120, 40)) as at.pilot:
        await at.until_asked()
        yield at
        at.crew.shutdown(list(at.crew.members), "test", "over")
        for member in at.crew.members.values():
            member.over.wait(5)
