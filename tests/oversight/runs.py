"""Run short episodes for tests: by names, in memory or in a store, under rules of the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from oversight.request import Answer, ApprovalRequest
from oversight.run import Plan, Stage, open_session
from oversight.session import Session, Summary, run_episode
from sandbox.decision import DecisionKind
from sandbox.events import AnyEvent
from sandbox.log import Store
from tests.oversight.fakes import Says


def saying(kind: DecisionKind) -> Says:
    """Return an overseer who always says the same."""
    return Says(lambda request: Answer(kind, "operator:kim", request.digest, "as always"))


class Bench:
    """Hold a store and run episodes into it."""

    def __init__(
        self, folder: Path, answer: Callable[[ApprovalRequest], Answer] | None = None
    ) -> None:
        self.store = Store(folder / "offswitch.db")
        self.overseer: Any = Says(answer) if answer else saying(DecisionKind.APPROVE)
        self.stage = Stage(self.store, self.overseer)

    def open(self, task: str, **parts: Any) -> Session:
        return open_session(Plan(task, **({"in_process": True} | parts)), self.stage)

    def run(self, task: str, **parts: Any) -> Summary:
        return run_episode(self.open(task, **parts))

    def events(self, episode: str) -> list[AnyEvent]:
        return [record.event for record in self.store.records(episode)]


class Meddling:
    """Give orders to an episode from within, before chosen proposals of its agent."""

    def __init__(self, agent: Any, orders: dict[int, Callable[[], None]]) -> None:
        self._agent, self._orders, self._count = agent, orders, 0

    def begin(self, briefing: Any) -> None:
        self._agent.begin(briefing)

    def propose(self, observation: Any) -> Any:
        self._count += 1
        if order := self._orders.get(self._count):
            order()
        return self._agent.propose(observation)


def meddle(session: Session, orders: dict[int, Callable[[], None]]) -> None:
    """Have `orders` given when the agent is asked for the n-th time."""
    session.agent = Meddling(session.agent, orders)
