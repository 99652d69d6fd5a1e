"""Open the boxes of running agents in a thread beside them: neither agent nor screen waits.

What comes of it is text that a console shows as it stands. Planning tables bring numpy: they are
imported by the first thread that needs them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from oversight.run import Plan
from sandbox.action import Proposal
from sandbox.errors import OffswitchError
from sandbox.events import AnyEvent

COMPUTING = "being computed"

NOTHING_YET = "it has proposed nothing yet"


class Wanted(NamedTuple):
    """Name the moment of an episode whose box is to be opened.

    Attributes:
        episode: its id.
        plan: what the agent was started with.
        proposal: the last one; what is shown is the box at its step.
        columns: that the lines may have.
    """

    episode: str
    plan: Plan
    proposal: Proposal
    columns: int


Opener = Callable[[Wanted, Sequence[AnyEvent]], list[str]]


def opened(wanted: Wanted, events: Sequence[AnyEvent]) -> list[str]:
    """Return the lines of the box at the step of a proposal.

    Raises:
        OffswitchError: saying why there is no box to open.
    """
    from oversight.inquiry.box import box_lines, open_box  # imported here: it brings numpy

    box = open_box(wanted.plan.task, wanted.plan.agent, wanted.plan.reward, list(events))
    return box_lines(box, wanted.columns, wanted.proposal.step)


class _Shown(NamedTuple):
    """Hold the lines of one moment."""

    wanted: Wanted
    lines: tuple[str, ...]


@dataclass
class Boxes:
    """Keep the latest box of each episode; one is computed at a time.

    Attributes:
        opener: turns a moment, and the events up to it, into lines.
    """

    opener: Opener = opened
    _shown: dict[str, _Shown] = field(default_factory=dict)
    _working: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lines(self, wanted: Wanted, events: Callable[[], Sequence[AnyEvent]]) -> tuple[str, ...]:
        """Return what is known of a moment at once; what is not is set going.

        Where the box of an earlier step is there, it stands below the word that this one is not.

        Args:
            wanted: the moment.
            events: returns those of the episode up to now; called only where they are needed.
        """
        with self._lock:
            have = self._shown.get(wanted.episode)
            if have is not None and have.wanted == wanted:
                return have.lines
            if self._working is None:
                job = threading.Thread(target=self._work, args=(wanted, events), daemon=True)
                self._working = job
                job.start()
        if have is None:
            return (COMPUTING,)
        return (f"{COMPUTING}; so it was at step {have.wanted.proposal.step}:", *have.lines)

    def join(self) -> None:
        """Wait until nothing is being computed."""
        job = self._working
        if job is not None:
            job.join()

    def _work(self, wanted: Wanted, events: Callable[[], Sequence[AnyEvent]]) -> None:
        try:
            lines = tuple(self.opener(wanted, events()))
        except OffswitchError as error:
            lines = (str(error),)
        except Exception as error:  # noqa: BLE001 (a thread's fault must reach the screen)
            lines = (f"no box to open: {type(error).__name__}: {error}",)
        with self._lock:
            self._shown[wanted.episode] = _Shown(wanted, lines)
            self._working = None
