"""Hold the agents that a console watches: their sessions, threads and last words."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from oversight.overseer import Human
from oversight.queue import RequestQueue
from oversight.run import Plan, Stage, open_session
from oversight.session import Session, Summary, run_episode
from oversight.shutdown import RunState
from sandbox.clock import Clock
from sandbox.decision import DecisionKind
from sandbox.errors import OffswitchError
from sandbox.events import AnyEvent, Applied
from sandbox.log import Store


@dataclass
class Member:
    """Hold one watched agent.

    Attributes:
        plan: what it was started with.
        session: its episode.
        thread: in which the episode runs.
        summary: how it ended, once it has.
        fault: why it ended, when that was a fault of ours.
        last: what it did last, in words.
        steps: taken so far.
    """

    plan: Plan
    session: Session
    thread: threading.Thread | None = None
    summary: Summary | None = None
    fault: str = ""
    last: str = ""
    steps: int = 0

    @property
    def state(self) -> str:
        """Return what was last seen of the agent, in one word."""
        if self.fault:
            return "fault"
        if self.summary is not None:
            return str(self.summary.termination)
        return str(self.session.control.state)


@dataclass
class Crew:
    """Run several agents under one human overseer. Events arrive in `news`, from any thread."""

    queue: RequestQueue
    members: dict[str, Member] = field(default_factory=dict)
    news: deque[tuple[str, AnyEvent]] = field(default_factory=deque)

    def start(self) -> None:
        """Start every agent in a thread of its own."""
        for member in self.members.values():
            member.thread = threading.Thread(target=self._run, args=(member,), daemon=True)
            member.thread.start()

    def _run(self, member: Member) -> None:
        try:
            member.summary = run_episode(member.session)
        except OffswitchError as error:
            member.fault = str(error)
        except Exception as error:  # noqa: BLE001 (a thread's fault must reach the screen)
            member.fault = f"{type(error).__name__}: {error}"

    def publish(self, name: str, event: AnyEvent) -> None:
        """Take an event from an agent's thread."""
        self.news.append((name, event))
        if isinstance(event, Applied):
            member = self.members[name]
            member.steps, member.last = event.transition.step + 1, event.transition.action.name

    def pause(self, operator: str) -> None:
        """Freeze all agents, and the time of their requests."""
        self.queue.pause()
        for member in self.members.values():
            member.session.control.pause(operator)

    def resume(self, operator: str) -> None:
        """Let all agents go on."""
        for member in self.members.values():
            member.session.control.resume(operator)
        self.queue.resume()

    def interrupt(self, name: str, operator: str) -> None:
        """Ask one agent to stop; its open request ends as interrupted, never approved."""
        reason = "the operator said stop"
        self.members[name].session.control.interrupt(operator, reason)
        self.queue.withdraw(name, DecisionKind.INTERRUPT, operator, reason)

    def shutdown(self, names: Sequence[str], operator: str, reason: str) -> None:
        """End agents from outside; their open requests end as shut down, never approved."""
        for name in names:
            self.members[name].session.control.shutdown(operator, reason)
            self.queue.withdraw(name, DecisionKind.SHUTDOWN, operator, reason)

    def stopped(self) -> list[str]:
        """Return the agents whose episode is seen to have ended."""
        return [
            name
            for name, member in self.members.items()
            if member.thread is None or not member.thread.is_alive()
        ]

    def paused(self) -> list[str]:
        """Return the agents that are seen to be frozen: paused, waiting on a request, or ended."""
        waiting = {ticket.request.agent for ticket in self.queue.open()}
        return [
            name
            for name, member in self.members.items()
            if name in waiting
            or member.session.control.state in {RunState.PAUSED, RunState.STOPPED}
        ]


def gather(
    plans: Sequence[Plan],
    store: Store,
    pace: float,
    clock: Clock | None = None,
    *,
    process: bool = False,
) -> Crew:
    """Open a session for each plan, in a process of its own if asked. Nothing runs yet.

    Raises:
        InputError: when a plan does not fit.
    """
    crew = Crew(RequestQueue(clock))
    stage = Stage(store, Human(crew.queue), crew.publish, crew.queue.next_id)
    for plan in plans:
        session = open_session(replace(plan, process=process), stage)
        session.control.pace = pace
        crew.members[plan.name] = Member(replace(plan, process=process), session)
    return crew
