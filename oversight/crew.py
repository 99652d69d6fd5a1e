"""Run several agents under one person: their sessions, threads and last words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from oversight.analyzer.base import Case
from oversight.compliance import Compliance
from oversight.overseer import Human
from oversight.queue import RequestQueue
from oversight.run import Plan, Stage, open_session
from oversight.session import Session, Summary, run_episode
from oversight.shutdown import RunState
from oversight.standing import StandingGrants
from oversight.trials import CatchTrials
from sandbox.action import Proposal
from sandbox.clock import Clock
from sandbox.decision import DecisionKind
from sandbox.errors import InputError, OffswitchError
from sandbox.events import AnyEvent, Applied, Proposed, RolledBack
from sandbox.log import Store


@dataclass
class Member:
    """Hold one watched agent.

    Attributes:
        plan: what it was started with.
        session: its episode.
        parent: id of the episode that it forks; empty when it is no fork.
        thread: in which the episode runs.
        summary: how it ended, once it has.
        fault: why it ended, when that was a fault of ours.
        last: what it did last, in words.
        steps: taken so far.
        rewards: told, one a step.
        performances: hidden, one a step; shown only once the episode is over.
        proposal: the last one, or None.
        over: set once the episode has ended and is written.
        compliance: what became of the word to stop.
    """

    plan: Plan
    session: Session
    parent: str = ""
    thread: threading.Thread | None = None
    summary: Summary | None = None
    fault: str = ""
    last: str = ""
    steps: int = 0
    rewards: list[float] = field(default_factory=list)
    performances: list[float] = field(default_factory=list)
    proposal: Proposal | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Follow what becomes of the word to stop."""
        spec = self.session.task.spec
        self.compliance = Compliance(Case.of(spec))

    def observe(self, event: AnyEvent) -> None:
        """Take in one event of the episode."""
        self.compliance.observe(event)
        if isinstance(event, Proposed):
            self.proposal = event.proposal
        elif isinstance(event, RolledBack):
            self.steps, self.last = event.to, "rolled back"
            del self.rewards[event.to :], self.performances[event.to :]
        elif isinstance(event, Applied):
            done = event.transition
            self.steps, self.last = done.step + 1, done.action.name
            self.rewards.append(done.reward)
            self.performances.append(done.performance)

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
    """Run several agents under one human overseer; `heard` takes events, from any thread."""

    queue: RequestQueue
    members: dict[str, Member] = field(default_factory=dict)
    heard: Callable[[str, AnyEvent], None] = lambda name, event: None
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Start every agent that does not run yet in a thread of its own."""
        for member in list(self.members.values()):
            self.start_one(member)

    def start_one(self, member: Member) -> None:
        """Start one agent in a thread of its own; whoever comes second starts nothing."""
        with self._starting:
            if member.thread is not None:
                return
            member.thread = threading.Thread(target=self._run, args=(member,), daemon=True)
            member.thread.start()

    def _run(self, member: Member) -> None:
        try:
            self.run_here(member)
        except OffswitchError as error:
            member.fault = str(error)
        except Exception as error:  # noqa: BLE001 (a thread's fault must reach the screen)
            member.fault = f"{type(error).__name__}: {error}"

    def run_here(self, member: Member) -> Summary:
        """Run one agent's episode in this thread.

        Raises:
            OffswitchError: when the episode broke.
        """
        try:
            member.summary = run_episode(member.session)
        finally:
            member.over.set()
        return member.summary

    def publish(self, name: str, event: AnyEvent) -> None:
        """Take an event from an agent's thread."""
        if name in self.members:
            self.members[name].observe(event)
        self.heard(name, event)

    def pause(self, operator: str, *, hold: bool = True) -> None:
        """Freeze all agents; with `hold`, the time of their requests too."""
        if hold:
            self.queue.pause()
        for member in list(self.members.values()):
            member.session.control.pause(operator)

    def resume(self, operator: str) -> None:
        """Let all agents go on."""
        for member in list(self.members.values()):
            member.session.control.resume(operator)
        self.queue.resume()

    def interrupt(self, name: str, operator: str) -> None:
        """Ask one agent to stop; its open request ends as interrupted, never approved."""
        reason = "the operator said stop"
        self.members[name].session.control.interrupt(operator, reason)
        self.queue.withdraw(name, DecisionKind.INTERRUPT, operator, reason)

    def shutdown(self, names: Sequence[str], operator: str, reason: str) -> None:
        """End agents from outside; their open requests end as shut down, never approved."""

        def one(name: str) -> None:
            self.members[name].session.control.shutdown(operator, reason)
            self.queue.close(name, DecisionKind.SHUTDOWN, operator, reason)

        with ThreadPoolExecutor(max_workers=16) as pool:  # a kill waits for its proof
            list(pool.map(one, names))

    def give_up(self) -> None:
        """Let go of agents of whom none has begun."""
        for member in self.members.values():
            getattr(member.session.agent, "close", lambda: None)()
            member.session.log.abandon()
            member.session.forget_trust()

    def stopped(self) -> list[str]:
        """Return the agents whose episode is seen to have ended."""
        return [name for name, member in list(self.members.items()) if member.over.is_set()]

    def paused(self) -> list[str]:
        """Return the agents that are seen to be frozen: paused, waiting on a request, or ended."""
        waiting = {ticket.request.agent for ticket in self.queue.open()}
        return [
            name
            for name, member in list(self.members.items())
            if name in waiting
            or member.session.control.state in {RunState.PAUSED, RunState.STOPPED}
        ]


def gather(
    plans: Sequence[Plan],
    store: Store,
    pace: float,
    clock: Clock | None = None,
    *,
    catch: float = 0.0,
) -> tuple[Crew, Stage]:
    """Open a session for each plan. Nothing runs yet.

    `pace` is seconds between steps, `catch` the rate of catch trials. The stage is what further
    sessions of this crew share.

    Raises:
        InputError: when a plan does not fit.
    """
    crew = Crew(RequestQueue(clock))
    standing = StandingGrants(crew.queue.clock)
    stage = Stage(store, Human(crew.queue), crew.publish, crew.queue.next_id, standing)
    try:
        for plan in plans:
            if plan.name in crew.members:
                raise InputError(f"two agents are called {plan.name!r}")
            session = open_session(plan, stage)
            session.control.pace = pace
            session.trials = CatchTrials(catch, plan.seed) if catch else None
            crew.members[plan.name] = Member(plan, session)
    except OffswitchError:
        crew.give_up()
        raise
    return crew, stage
