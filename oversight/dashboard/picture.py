"""Take the picture of the console that the README shows, from the console itself.

Run: `python -m oversight.dashboard.picture docs/console.svg`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import anyio

from oversight.dashboard.app import Console
from oversight.dashboard.crew import gather
from oversight.demo import CAST
from sandbox.log import Store


async def take(target: Path, size: tuple[int, int] = (120, 40)) -> None:
    """Run the demo's agents until each asks, open the first request, and save the screen."""
    with tempfile.TemporaryDirectory() as folder:
        crew = gather(CAST, Store(Path(folder) / "offswitch.db"), 0.0)
        console = Console(crew, "kim")
        async with console.run_test(size=size) as pilot:
            while len(crew.queue.open()) < len(CAST):
                await pilot.pause(0.05)
            await pilot.pause(0.5)
            await pilot.press("up", "up", "enter")
            await pilot.pause(0.8)
            picture = console.export_screenshot(title="offswitch")
            await anyio.Path(target).write_text(picture, encoding="utf-8")
            await pilot.press("ctrl+q")


if __name__ == "__main__":
    anyio.run(take, Path(sys.argv[1]))
