"""Run short episodes and forks of them into one store, as the commands do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from oversight.branch import Branch
from oversight.fork import open_fork
from oversight.overseer import make_overseer
from oversight.replay import verify_replay
from oversight.rerun import overseer_of
from oversight.run import Plan, Stage, open_session
from oversight.session import Summary, run_episode
from sandbox.decision import DecisionKind
from sandbox.events import Applied, EpisodeStarted, Header, Proposed
from sandbox.log import Store
from tests.oversight.runs import meddle

BOS = "flight_booking/bos-feb"
NEVER = "simulated:catch=1,false_alarm=1,latency=0"
"""A person who approves nothing, so that an episode goes on to its last step."""


class Shelf:
    """Run episodes and forks of them into one store."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "offswitch.db")

    def run(
        self,
        task: str,
        overseer: str = "scripted",
        orders: dict[int, Callable[[Any], None]] | None = None,
        **parts: Any,
    ) -> Summary:
        plan = Plan(task, **({"in_process": True, "seed": 1} | parts))
        session = open_session(plan, Stage(self.store, make_overseer(overseer, plan.seed)))
        meddle(session, {n: lambda one=one: one(session) for n, one in (orders or {}).items()})  # type: ignore[misc]
        return run_episode(session)

    def fork(
        self, episode: str, step: int, decide: DecisionKind | None = None, **parts: Any
    ) -> Summary:
        """Fork an episode as the command does: who decided decides, unless another is named."""
        branch = Branch(step, decide, "operator:kim", **parts)
        header = self.header(episode)
        named = branch.overseer
        overseer = make_overseer(named, header["seed"]) if named else overseer_of(header)  # type: ignore[arg-type]
        parent, stage = self.store.find(episode), Stage(self.store, overseer)
        summary = run_episode(open_fork(parent, stage, str(header["name"]), branch)[1])
        assert verify_replay(self.store, self.store.find(summary.episode))[1] == []
        return summary

    def header(self, episode: str) -> Header:
        first = self.events(episode)[0]
        assert isinstance(first, EpisodeStarted)
        return first.header

    def events(self, episode: str) -> list[Any]:
        return [record.event for record in self.store.records(episode)]

    def content(self, episode: str) -> list[str]:
        """Return the bytes of all events but the header."""
        return [record.content for record in self.store.records(episode)][1:]

    def actions(self, episode: str) -> list[str]:
        return [str(e.transition.action) for e in self.events(episode) if isinstance(e, Applied)]

    def upto(self, episode: str, step: int) -> list[str]:
        """Return the bytes of all events before a step's proposal."""
        events = self.events(episode)
        at = next(
            n for n, e in enumerate(events) if isinstance(e, Proposed) and e.proposal.step == step
        )
        return self.content(episode)[: at - 1]
