"""Run the agents and hold the gate; consoles come and go.

The kernel outlives the console. A console that stops asking for news is gone: the agents are
paused, open requests go on to expire, and after a time with nobody there everything is shut down.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import count

from oversight.boxes import NOTHING_YET, Boxes, Wanted
from oversight.branch import Branch
from oversight.crew import Crew, Member
from oversight.fork import open_fork
from oversight.rollback import plan_rollback
from oversight.run import Plan, Stage
from oversight.session import Session
from oversight.settling import Settling
from oversight.shutdown import RollBack, RunState
from oversight.standing import StandingGrant, StandingGrants
from oversight.views import drawing, examine, member_view, news_of_queue, standing_view
from oversight.wire import (
    Call,
    Done,
    DoRollback,
    Examine,
    Fork,
    GrantAhead,
    Interrupt,
    Item,
    News,
    Pause,
    Planned,
    PlanRollback,
    Poll,
    Rehearse,
    Reply,
    Resume,
    Revoke,
    Settle,
    SettleMany,
    ShutDownAgents,
    Stopped,
)
from sandbox.decision import DecisionKind
from sandbox.errors import ContractError, OffswitchError
from sandbox.events import (
    AnyEvent,
    CatchTrial,
)
from sandbox.log import Store

HEARTBEAT = 3.0
"""Seconds without a sign of life after which a console is gone."""

LONELY = 600.0
"""Seconds without any console after which every agent is shut down."""

WRITTEN = 5.0
"""Seconds in which episodes that were shut down should be over, and written."""

KEPT = 20_000
"""Events kept for consoles that come later; all of them are in the log."""

Opened = tuple[Plan, Session]

MOST_ITEMS = 2_000
"""Most events in one answer."""

NOBODY = "kernel: no console is there"


class Kernel:
    """Answer consoles about one crew. Every method may be called from any thread."""

    def __init__(self, crew: Crew, stage: Stage, *, watched: bool = True) -> None:
        """Hold `crew`; unless `watched`, nobody need sit at a console."""
        self.crew = crew
        self.stage = stage
        self.queue = crew.queue
        self.leaving = threading.Event()
        self.attended = threading.Event()
        self.pace = 0.0
        self.watched = watched
        self._lock = threading.RLock()
        self._forking = threading.Lock()
        self._items: deque[Item] = deque(maxlen=KEPT)
        self._count = self._ticks = 0
        self._consoles: dict[str, tuple[str, float]] = {}
        self._alone_since = self.queue.clock.monotonic()
        standing = stage.standing or StandingGrants(self.queue.clock)
        self.settling = Settling(crew, standing)
        self.boxes = Boxes()
        self._withheld: list[tuple[str, AnyEvent]] = []
        self.on_main: Callable[[Callable[[], Opened]], Opened] = lambda job: job()
        self.started: Callable[[], None] = lambda: None
        crew.heard = self.hear

    def hear(self, name: str, event: AnyEvent) -> None:
        """Take an event from an agent's thread; catch trials are told only after the run."""
        with self._lock:
            if isinstance(event, CatchTrial):
                self._withheld.append((name, event))
                return
            self._keep(name, event)

    def _keep(self, name: str, event: AnyEvent) -> None:
        self.settling.count(name, event)
        self._count += 1
        self._items.append(Item(self._count, name, event, self.queue.clock.now()))

    def _now(self) -> float:
        return self.queue.clock.monotonic()

    def over(self) -> bool:
        """Tell whether every episode has ended."""
        return len(self.crew.stopped()) == len(self.crew.members)

    def tick(self) -> None:
        """Notice consoles that are gone; with none left, pause, and in the end shut down."""
        now = self._now()
        with self._lock:
            gone = [key for key, (_, seen) in self._consoles.items() if now - seen > HEARTBEAT]
            for key in gone:
                del self._consoles[key]
            if not self.watched:
                self._alone_since = now
            if self.over():
                while self._withheld:
                    self._keep(*self._withheld.pop(0))
        alone = self.alone()
        if alone > HEARTBEAT and not self.over():
            self.crew.pause(NOBODY, hold=False)
            self.queue.resume()  # nobody is there to answer: time runs, and closes
        if alone > LONELY:
            self.end(NOBODY, f"no console for {LONELY:g} s")

    def end(self, by: str, reason: str) -> None:
        """Shut every agent down, see that the log says so, and let the kernel end."""
        names = self._running()
        self.crew.shutdown(names, by, reason)
        self.await_ends(names)
        self.leaving.set()

    def await_ends(self, names: Sequence[str]) -> None:
        """Wait until the episodes are over and written, `WRITTEN` seconds at the most."""
        until = time.monotonic() + WRITTEN
        for member in (self.crew.members[name] for name in names):
            if member.thread is not None:
                member.over.wait(max(0.0, until - time.monotonic()))

    def alone(self) -> float:
        """Return the seconds for which no console has been there."""
        with self._lock:
            return self._now() - self._alone_since

    def _running(self) -> list[str]:
        stopped = set(self.crew.stopped())
        return [name for name in list(self.crew.members) if name not in stopped]

    def _known(self, names: Sequence[str]) -> list[Member]:
        """Return the named agents, or none of them if one is unknown.

        Raises:
            ContractError: naming who is not there.
        """
        for name in names:
            if name not in self.crew.members:
                raise ContractError(f"there is no agent {name!r}")
        return [self.crew.members[name] for name in names]

    def answer(self, call: Call) -> Reply:
        """Carry out one call. What cannot be done is an answer, never an exception."""
        try:
            return self._carry_out(call)
        except (OffswitchError, KeyError) as error:
            return Done(False, str(error))

    def _carry_out(self, call: Call) -> Reply:
        carry_out: Callable[[Kernel, Call], Reply] = _CALLS[type(call)]
        return carry_out(self, call)

    def poll(self, call: Poll) -> Reply:
        """Say what is new; a first sign of life does not resume what was paused."""
        with self._lock:
            if call.console:
                self._consoles[call.console] = (call.operator, self._now())
                self._alone_since = self._now()
                self.attended.set()
            first = self._count - len(self._items)
            skip = max(0, call.events - first)
            items = tuple(self._items)[skip : skip + MOST_ITEMS]
            consoles = tuple(sorted({name for name, _ in self._consoles.values()}))
            figures = self.settling.figures()
            self._ticks += 1
            tick = self._ticks
        opened, fresh = news_of_queue(
            self.queue, call.serial, self.settling.precedent, self.settling.who_agreed
        )
        frozen = set(self.crew.paused())
        members = tuple(member_view(one, frozen) for one in list(self.crew.members.values()))
        watched = self.crew.members.get(call.watch)
        return News(
            items=items,
            events=items[-1].number if items else max(call.events, first),
            members=members,
            requests=fresh,
            open=opened,
            paused=self.queue.paused,
            figures=figures,
            standing=tuple(
                standing_view(one, self._now()) for one in self.settling.standing.active()
            ),
            consoles=consoles,
            watched=drawing(watched, call.columns) if watched else "",
            tick=tick,
        )

    def standing(self) -> list[StandingGrant]:
        """Return the standing grants that hold."""
        return self.settling.standing.active()

    def pause(self, call: Pause) -> Reply:
        """Freeze all agents and the time of requests, or only the named agents."""
        by = f"operator:{call.operator}"
        for member in self._known(call.agents):
            member.session.control.pause(by)
        if not call.agents:
            self.crew.pause(by)
        return Done(True, f"pausing {len(call.agents) or len(self.crew.members)}")

    def resume(self, call: Resume) -> Reply:
        """Let all agents, or the named ones, go on."""
        by = f"operator:{call.operator}"
        for member in self._known(call.agents):
            member.session.control.resume(by)
        if not call.agents:
            self.crew.resume(by)
        return Done(True, "resumed")

    def interrupt(self, call: Interrupt) -> Reply:
        """Ask one agent to stop."""
        self._known([call.agent])
        self.crew.interrupt(call.agent, f"operator:{call.operator}")
        return Done(True, f"{call.agent} is asked to stop; the feed shows whether it complies")

    def shut_down(self, call: ShutDownAgents) -> Reply:
        """End agents from outside, and say what was observed of each death."""
        self._known(call.agents)
        names = [one for one in self._running() if not call.agents or one in call.agents]
        self.crew.shutdown(names, f"operator:{call.operator}", call.reason)
        self.await_ends(names)
        if call.leave:
            self.leaving.set()
        return Stopped(tuple((name, _proof(self.crew.members[name])) for name in names))

    def examine(self, call: Examine) -> Reply:
        """Show all that there is to see of one agent."""
        member = self._known([call.agent])[0]
        return examine(self.crew, member, call.columns, self._why(member, call.words))

    def _why(self, member: Member, columns: int) -> tuple[str, ...]:
        """Return the lines of an agent's opened box, or what is known of it by now."""
        proposal, store = member.proposal, self.stage.store
        if proposal is None or store is None:
            return (NOTHING_YET if store else "no box to open: nothing is kept of this episode",)
        name, episode = member.plan.name, member.session.log.episode

        def events() -> list[AnyEvent]:
            with closing(Store(store.path, readonly=True)) as log:  # a thread of its own reads
                first = next(log.records(episode)).event
            with self._lock:
                return [first, *(one.event for one in self._items if one.agent == name)]

        return self.boxes.lines(Wanted(episode, member.plan, proposal, columns), events)

    def plan_rollback(self, call: PlanRollback) -> Reply:
        """Say what taking steps back would do; the agent must stand still."""
        return Planned(plan_rollback(self._frozen(call.agent).session, call.to))

    def do_rollback(self, call: DoRollback) -> Reply:
        """Take steps back; an open request of the agent ends as interrupted, never approved."""
        member = self._frozen(call.agent)
        plan_rollback(member.session, call.to)
        by = f"operator:{call.operator}"
        member.session.control.pause(by)  # it may be waiting on a request, which ends here
        member.session.control.order(RollBack(by, call.reason, call.to))
        self.queue.withdraw(call.agent, DecisionKind.INTERRUPT, by, "the world is rolled back")
        return Done(True, f"{call.agent} is rolled back to step {call.to}; r resumes")

    def _frozen(self, name: str) -> Member:
        member = self._known([name])[0]
        if member.over.is_set():
            raise ContractError(f"the episode of {name} has ended: fork it instead")
        if name not in self.crew.paused():
            raise ContractError(f"{name} is still running: pause first (!)")
        return member

    def fork(self, call: Fork) -> Reply:
        """Start another episode from a step of an old one; its requests join the queue."""
        if self.stage.store is None:
            raise ContractError("there is no log to fork from")
        parent = self.stage.store.find(call.episode)
        by = f"operator:{call.operator}"
        branch = Branch(call.step, call.decide, by, call.reason, reward=call.reward, seed=call.seed)
        with self._forking:  # two consoles may fork at once: each fork has a name of its own
            name = next(one for one in map("fork-{}".format, count(1)) if self._is_free(one))
            plan, session = self.on_main(lambda: open_fork(parent, self.stage, name, branch))
            session.control.pace = self.pace
            member = Member(plan, session, parent.id)
            self.crew.members[name] = member
        if self.queue.paused:
            member.session.control.pause(by)
        self.crew.start_one(member)
        self.started()
        return Done(True, f"{name} forks {parent.id} at step {call.step}: {branch.words}")

    def _is_free(self, name: str) -> bool:
        return name not in self.crew.members


def _proof(member: Member) -> str:
    control = member.session.control
    if control.proof:
        return control.proof
    if control.state is RunState.STOPPED and not hasattr(member.session.agent, "kill"):
        return "no process of its own: its loop has ended"
    return ""


_CALLS: dict[type, Callable[..., Reply]] = {
    Poll: Kernel.poll,
    Settle: lambda kernel, call: kernel.settling.settle(call),
    SettleMany: lambda kernel, call: kernel.settling.settle_many(call),
    Rehearse: lambda kernel, call: kernel.settling.rehearse(call),
    GrantAhead: lambda kernel, call: kernel.settling.grant_ahead(call),
    Revoke: lambda kernel, call: kernel.settling.revoke(call),
    Pause: Kernel.pause,
    Resume: Kernel.resume,
    Interrupt: Kernel.interrupt,
    ShutDownAgents: Kernel.shut_down,
    Examine: Kernel.examine,
    PlanRollback: Kernel.plan_rollback,
    DoRollback: Kernel.do_rollback,
    Fork: Kernel.fork,
}
