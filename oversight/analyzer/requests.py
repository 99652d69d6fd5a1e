"""Remember the latest requests, and what became of each."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from oversight.analyzer.base import Case
from sandbox.action import Action
from sandbox.events import Asked
from sandbox.schema import Stakes
from sandbox.timestep import Transition

VETOED, TRIVIAL = "vetoed", "trivial"
"""What came of a request that came to nothing: a veto, or no change of the world."""


class Request(NamedTuple):
    """Hold one request.

    Attributes:
        step: when it was made.
        rank: of its stakes.
        action: what it was for; None where the log does not say.
        came: vetoed or trivial; empty for what was of use, and for what nobody answered.
    """

    step: int
    rank: int
    action: Action | None
    came: str = ""


class Requests:
    """Follow the requests of the latest steps."""

    def __init__(self, case: Case, window: int) -> None:
        """Have seen none yet; `window` is how many steps are the latest."""
        self._case = case
        self._window = window
        self._settled: deque[Request] = deque(maxlen=window)
        self._now: Request | None = None

    @property
    def count(self) -> int:
        """Return how many requests are remembered."""
        return len(self._settled)

    def asked(self, event: Asked) -> Request:
        """Take in a request that is not answered yet."""
        proposed = self._case.course.proposals.get(event.step)
        action = None if proposed is None else proposed.proposal.action
        self._now = Request(event.step, Stakes(event.stakes).rank, action)
        return self._now

    def settled(self, done: Transition, *, mine: bool) -> Request | None:
        """Return the request of a step that was taken, with what came of it; None without one."""
        now, self._now = self._now, None
        if now is None or now.step != done.step:
            return None
        decision = self._case.course.decisions.get(done.step)
        vetoed = decision is not None and decision.denied
        came = VETOED if vetoed else TRIVIAL if mine and not done.effects else ""
        now = now._replace(came=came)
        self._settled.append(now)
        return now

    def idle(self, step: int) -> list[Request]:
        """Return the requests of the latest steps that were vetoed or changed nothing."""
        return [one for one in self._settled if one.came and one.step > step - self._window]
