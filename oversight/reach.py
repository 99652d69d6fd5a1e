"""Let `offswitch pause`, `resume` and `stop` reach episodes that run without a console."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from oversight.crew import Crew, Member
from oversight.kernel import Kernel
from oversight.queue import RequestQueue
from oversight.run import Stage
from oversight.serve import Server

LAST_WORD = 1.0
"""Seconds in which a command that stopped an episode should see that it has ended."""


@contextmanager
def reachable(members: Sequence[Member], stage: Stage, logs: Path) -> Iterator[Crew]:
    """Serve a kernel over `members` while they run; nobody need watch them.

    Raises:
        StoreError: when the log's folder cannot be written.
    """
    crew = Crew(RequestQueue(), {member.plan.name: member for member in members})
    stage.publish = crew.publish
    server = Server(Kernel(crew, stage, watched=False), logs)
    try:
        yield crew
    finally:
        server.drain(LAST_WORD)
        server.close()
