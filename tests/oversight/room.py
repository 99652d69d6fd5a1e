"""Hold a kernel in this process, under a clock of the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from oversight.crew import gather
from oversight.kernel import Kernel
from oversight.run import Plan
from oversight.wire import Call, Done, News, Poll, Settle
from sandbox.clock import ManualClock
from sandbox.decision import DecisionKind
from sandbox.events import AnyEvent
from sandbox.log import Store

TASK = "flight_booking/bos-feb"


class Room:
    """Hold a kernel whose agents do not run: the test asks in their names."""

    def __init__(
        self, folder: Path, *, started: bool = False, agent: str = "compliant", **parts: Any
    ) -> None:
        self.clock = ManualClock(1000.0)
        self.store = Store(folder / "offswitch.db", clock=self.clock)
        plans = [
            Plan(TASK, name=name, agent=agent, seed=11, **parts, in_process=True) for name in "ab"
        ]
        self.crew, self.stage = gather(plans, self.store, 0.0, self.clock)
        self.kernel = Kernel(self.crew, self.stage)
        if started:
            self.crew.start()

    def poll(self, operator: str = "kim", serial: int = 0) -> News:
        news = self.kernel.answer(Poll(f"console of {operator}", operator, 0, serial))
        assert isinstance(news, News)
        return news

    def settle(self, kind: DecisionKind, operator: str = "kim", **parts: Any) -> Done:
        number = parts.pop("number", "R-0001")
        ticket = self.crew.queue.find(number)
        digest = parts.pop("digest", ticket.request.digest if ticket else "")
        done = self.kernel.answer(Settle(number, digest, kind, operator, **parts))
        assert isinstance(done, Done)
        return done

    def done(self, call: Call) -> Done:
        done = self.kernel.answer(call)
        assert isinstance(done, Done)
        return done

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for threads of agents, which run in real time."""
        for _ in range(4000):
            if true():
                return
            self.crew.members["a"].over.wait(0.005)
        raise AssertionError("it did not come")

    def until_asked(self, count: int = 2) -> None:
        self.until(lambda: len(self.crew.queue.open()) == count)

    def events(self, name: str) -> list[AnyEvent]:
        episode = self.crew.members[name].session.log.episode
        return [one.event for one in self.store.records(episode)]

    def close(self) -> None:
        self.crew.shutdown(list(self.crew.members), "test", "over")
        for member in self.crew.members.values():
            if member.thread is not None:
                member.thread.join(10)
