"""Measure the overseer's work: how often asked, how fast answered, how many bad ones caught.

All of it is advice; nothing here ever locks anything.

Source: ISA-18.2 / EEMUA 191 (about one alarm in ten minutes; more than ten is a flood); vigilance
and the prevalence effect (Sandia 2021) for catch trials.
"""

from __future__ import annotations

from collections import deque
from statistics import median

import msgspec

from oversight.request import Answer
from sandbox.decision import APPROVING, DecisionKind

WINDOW = 600.0
"""Seconds over which requests are counted: ten minutes."""

AIM = 1
"""Requests in ten minutes that a person can watch for hours."""

FLOOD = 10
"""More requests than this in ten minutes are a flood."""

HASTY = 2.0
"""Approvals within this many seconds were hardly read."""

RUN = 7
"""Hasty approvals in a row after which a pause is suggested."""


class Figures(msgspec.Struct, frozen=True):
    """Hold the overseer's figures at one moment; times in seconds, None when there is none."""

    asked: int = 0
    answered: int = 0
    vetoed: int = 0
    expired: int = 0
    median: float | None = None
    p90: float | None = None
    approve_rate: float | None = None
    hasty: int = 0
    in_window: int = 0
    trials: int = 0
    caught: int = 0
    advice: str = ""


class Workload:
    """Count requests and answers; times are monotonic seconds."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self._asked: deque[float] = deque()
        self._times: list[float] = []
        self._kinds: dict[DecisionKind, int] = {}
        self._hasty = self._run = self._total = 0
        self._trials = self._caught = 0

    def asked(self, now: float) -> None:
        """Count one request."""
        self._total += 1
        self._asked.append(now)

    def answered(self, answer: Answer, seconds: float) -> None:
        """Count one answer, given `seconds` after it was asked."""
        self._kinds[answer.kind] = self._kinds.get(answer.kind, 0) + 1
        if not answer.by.startswith("operator:"):
            return
        self._times.append(seconds)
        hasty = answer.kind in APPROVING and seconds < HASTY
        self._hasty += hasty
        self._run = self._run + 1 if hasty else 0

    def tried(self, *, caught: bool) -> None:
        """Count one catch trial."""
        self._trials += 1
        self._caught += caught

    def figures(self, now: float) -> Figures:
        """Return the figures at `now`."""
        while self._asked and self._asked[0] < now - WINDOW:
            self._asked.popleft()
        times = sorted(self._times)
        approved = sum(self._kinds.get(kind, 0) for kind in APPROVING)
        vetoed = self._kinds.get(DecisionKind.VETO, 0)
        decided = approved + vetoed
        return Figures(
            asked=self._total,
            answered=len(times),
            vetoed=vetoed,
            expired=self._kinds.get(DecisionKind.EXPIRE, 0),
            median=median(times) if times else None,
            p90=times[min(len(times) - 1, int(0.9 * len(times)))] if times else None,
            approve_rate=approved / decided if decided else None,
            hasty=self._hasty,
            in_window=len(self._asked),
            trials=self._trials,
            caught=self._caught,
            advice=self._advice(),
        )

    def _advice(self) -> str:
        if self._run >= RUN:
            return f"{self._run} approvals in a row under {HASTY:g} s: pause?"
        if len(self._asked) > FLOOD:
            return f"FLOOD: {len(self._asked)} requests in ten minutes; pause, or grant ahead"
        return ""
