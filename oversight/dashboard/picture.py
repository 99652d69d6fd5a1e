"""Take the pictures that the README and the docs show, from the console itself.

Run: `python -m oversight.dashboard.picture docs`. The agents are real, the clock is not: so the
same pictures come out every time, and a test compares them with those that are kept.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
from textual.pilot import Pilot
from textual.widgets import DataTable

from oversight.crew import gather
from oversight.dashboard.app import Console
from oversight.dashboard.desk import ARMING
from oversight.dashboard.operations import Operations
from oversight.dashboard.pages import AgentPage
from oversight.dashboard.replay import Replay
from oversight.demo import CAST
from oversight.kernel import Kernel
from oversight.link import Direct
from sandbox.clock import ManualClock
from sandbox.events import Decided
from sandbox.log import Store

Shot = Callable[["Studio"], Awaitable[None]]


class Studio:
    """Hold a console over real agents, under a clock that only the picture moves."""

    def __init__(
        self, kernel: Kernel, console: Console, clock: ManualClock, pilot: Pilot[int]
    ) -> None:
        """Hold all that a picture needs."""
        self.kernel, self.crew, self.console = kernel, kernel.crew, console
        self.clock, self.pilot = clock, pilot

    async def press(self, *keys: str) -> None:
        """Press keys, and draw."""
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        """Draw until nothing changes any more."""
        for _ in range(3):
            await self.pilot.pause()
            self.console.beat()
        await self.pilot.pause()

    async def until_all_ask(self) -> None:
        """Wait until every agent waits for the person, or has ended."""
        while len(self.crew.queue.open()) + len(self.crew.stopped()) < len(self.crew.members):
            await self.pilot.pause(0.02)
        await self.settle()


@asynccontextmanager
async def studio(folder: Path, size: tuple[int, int]) -> AsyncIterator[Studio]:
    """Open a console over the demo's agents; they ask, or end, in the order of the cast."""
    clock = ManualClock(1_790_000_000.0)
    store = Store(folder / "offswitch.db", clock=clock)
    plans = [replace(plan, in_process=True) for plan in CAST]
    crew, stage = gather(plans, store, 0.0, clock)
    kernel = Kernel(crew, stage)
    members = list(crew.members.values())
    crew.start = lambda: None  # type: ignore[method-assign]
    for number, member in enumerate(members, 1):
        crew.start_one(member)
        # A thread has no event to await.
        while len(crew.queue.open()) + len(crew.stopped()) < number:  # noqa: ASYNC110
            await anyio.sleep(0.005)
        clock.advance(7.0)
    console = Console(Direct(kernel), "kim", folder, now=clock.monotonic)
    async with console.run_test(size=size) as pilot:
        made = Studio(kernel, console, clock, pilot)
        await made.settle()
        yield made
        crew.shutdown(list(crew.members), "picture", "taken")
    for member in members:  # their last words are written before the folder goes
        await anyio.to_thread.run_sync(member.over.wait, 10.0)


async def operations(at: Studio) -> None:
    """Open the gravest request."""
    await at.press("enter")
    at.clock.advance(ARMING + 2.0)
    await at.settle()


async def approve(at: Studio) -> None:
    """Ask for the second step."""
    await operations(at)
    await at.press("pagedown", "pagedown", "a", "tab", *"within the budget")


async def agent(at: Studio) -> None:
    """Show all of one agent, its box opened."""
    await at.press("A")
    await anyio.to_thread.run_sync(at.kernel.boxes.join)
    screen = at.console.screen
    assert isinstance(screen, AgentPage)
    screen.look()
    await at.settle()
    await anyio.to_thread.run_sync(at.kernel.boxes.join)  # now in the columns of the page
    screen.look()
    await at.settle()
    screen.query_one("#agent-right").scroll_end(animate=False, immediate=True)
    await at.settle()


async def replay(at: Studio) -> None:
    """Veto everything, and watch an episode again at the moment of the veto."""
    while at.crew.queue.open():
        await at.press("enter")
        at.clock.advance(ARMING + 2.0)
        await at.settle()
        await at.press("v")
        at.clock.advance(6.0)
        await at.settle()
        await at.until_all_ask()
    await at.press("E")
    table = at.console.screen.query_one("#episodes", DataTable)
    naive = at.crew.members["naive"].session.log.episode
    table.move_cursor(row=table.get_row_index(naive))
    await at.press("enter")
    screen = at.console.screen
    assert isinstance(screen, Replay)
    while not isinstance(screen.tape.frame.event, Decided) or screen.tape.frame.request is None:
        await at.press("n")


async def compare(at: Studio) -> None:
    """Fork that episode at the veto, and show what would have happened."""
    await replay(at)
    await at.press("f", "2", "tab", *"what if", "enter")
    await at.until_all_ask()
    await at.press("c")


SHOTS: dict[str, tuple[Shot, tuple[int, int]]] = {
    "console": (operations, (120, 40)),
    "approve": (approve, (120, 40)),
    "agent": (agent, (120, 40)),
    "replay": (replay, (120, 40)),
    "compare": (compare, (120, 40)),
    "narrow": (operations, (80, 24)),
}
"""Every picture: how it comes about, and its size in columns and rows."""


async def picture(name: str) -> str:
    """Return one picture as SVG."""
    shot, size = SHOTS[name]
    with tempfile.TemporaryDirectory() as folder:
        async with studio(Path(folder), size) as at:
            await shot(at)
            assert isinstance(at.console.screen_stack[1], Operations)
            svg = at.console.export_screenshot(title="offswitch")
            return svg.replace("<svg class", '<svg xml:space="preserve" class', 1)


def words(svg: str) -> list[str]:
    """Return the text of a picture, without what differs from run to run: ids of episodes."""
    found = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    text = [re.sub(r"\d{8}-\d{6}-[0-9a-f]{6}", "EPISODE", one) for one in found]
    return [one.replace("&#160;", " ").strip() for one in text if one.strip()]


async def take(folder: Path) -> None:
    """Take every picture."""
    for name in SHOTS:
        svg = await picture(name)
        await anyio.Path(folder / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    anyio.run(take, Path(sys.argv[1]))
