"""Run several governed episodes at once, each in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import anyio

from oversight.session import Summary
from sandbox.errors import OffswitchError

T = TypeVar("T")


def run_together(
    episodes: Sequence[T],
    run: Callable[[T], Summary],
    ended: Callable[[int, Summary], None] = lambda n, s: None,
) -> list[Summary]:
    """Call `run` for all `episodes` at once and return their summaries in the same order.

    `ended` is called with number and summary as each one ends.

    Raises:
        OffswitchError: the first fault of any episode, after all have ended.
    """
    found: dict[int, Summary] = {}
    faults: list[OffswitchError] = []

    async def one(number: int, episode: T) -> None:
        try:
            found[number] = await anyio.to_thread.run_sync(run, episode)
        except OffswitchError as error:
            faults.append(error)
            return
        ended(number, found[number])

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for number, episode in enumerate(episodes):
                group.start_soon(one, number, episode)

    anyio.run(all_of_them)
    if faults:
        raise faults[0]
    return [found[number] for number in range(len(episodes))]
