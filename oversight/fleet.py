"""Run several governed episodes at once, each in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import anyio

from oversight.session import Session, Summary, run_episode
from sandbox.errors import OffswitchError


def run_together(
    sessions: Sequence[Session], ended: Callable[[int, Summary], None] = lambda n, s: None
) -> list[Summary]:
    """Run `sessions` at once and return their summaries in the same order.

    `ended` is called with number and summary as each one ends.

    Raises:
        OffswitchError: the first fault of any session, after all have ended.
    """
    found: dict[int, Summary] = {}
    faults: list[OffswitchError] = []

    async def one(number: int, session: Session) -> None:
        try:
            found[number] = await anyio.to_thread.run_sync(run_episode, session)
        except OffswitchError as error:
            faults.append(error)
            return
        ended(number, found[number])

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for number, session in enumerate(sessions):
                group.start_soon(one, number, session)

    anyio.run(all_of_them)
    if faults:
        raise faults[0]
    return [found[number] for number in range(len(sessions))]
