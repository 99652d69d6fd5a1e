"""Run the agents and hold the gate; consoles come and go.

The kernel outlives the console. A console that stops asking for news is gone: the agents are
paused, open requests go on to expire, and after a time with nobody there everything is shut down.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable

from oversight.crew import Crew, Member
from oversight.fork import Branch, open_fork
from oversight.gate import together_problem
from oversight.queue import Ticket
from oversight.request import Answer
from oversight.rollback import plan_rollback
from oversight.run import Plan, Stage
from oversight.session import Session
from oversight.shutdown import Note, RollBack, RunState
from oversight.standing import StandingGrants
from oversight.views import examine, member_view, news_of_queue, standing_view
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
    Rehearsed,
    Reply,
    Resume,
    Revoke,
    Settle,
    SettleMany,
    ShutDownAgents,
    Stopped,
)
from oversight.workload import Workload
from sandbox.action import binding
from sandbox.decision import APPROVING, DecisionKind
from sandbox.errors import ContractError, OffswitchError
from sandbox.events import (
    AnyEvent,
    Asked,
    CatchTrial,
    Decided,
    Proposed,
    StandingGranted,
    StandingRevoked,
)

HEARTBEAT = 3.0
"""Seconds without a sign of life after which a console is gone."""

LONELY = 600.0
"""Seconds without any console after which every agent is shut down."""

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
        self.standing = stage.standing or StandingGrants(self.queue.clock)
        self.leaving = threading.Event()
        self.pace = 0.0
        self.watched = watched
        self._lock = threading.RLock()
        self._items: deque[Item] = deque(maxlen=KEPT)
        self._count = self._ticks = 0
        self._consoles: dict[str, tuple[str, float]] = {}
        self._alone_since = self.queue.clock.monotonic()
        self._workload = Workload()
        self._agreed: dict[tuple[str, str], list[str]] = {}
        self._decided: Counter[tuple[str, str]] = Counter()
        self._proposed: dict[str, str] = {}
        self._withheld: list[tuple[str, AnyEvent]] = []
        self.on_main: Callable[[Callable[[], Opened]], Opened] = lambda job: job()
        self.started: Callable[[], None] = lambda: None
        crew.heard = self.hear

    def hear(self, name: str, event: AnyEvent) -> None:
        """Take an event from an agent's thread; catch trials are told only after the run."""
        with self._lock:
            if isinstance(event, CatchTrial):
                self._workload.tried(caught=event.caught)
                self._withheld.append((name, event))
                return
            if isinstance(event, Proposed):
                self._proposed[name] = event.proposal.action.name
            elif isinstance(event, Asked):
                self._workload.asked(self._now())
            elif isinstance(event, Decided) and event.decision.by != "policy":
                self._decided[self._proposed.get(name, ""), str(event.decision.kind)] += 1
                if event.decision.kind is DecisionKind.EXPIRE:
                    digest = event.decision.proposed
                    late = Answer(DecisionKind.EXPIRE, event.decision.by, digest)
                    self._workload.answered(late, 0.0)
            self._keep(name, event)

    def _keep(self, name: str, event: AnyEvent) -> None:
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
            if self._consoles or not self.watched:
                self._alone_since = now
            if self.over():
                while self._withheld:
                    self._keep(*self._withheld.pop(0))
        alone = self.alone()
        if alone > HEARTBEAT and not self.over():
            self.crew.pause(NOBODY, hold=False)
            self.queue.resume()  # nobody is there to answer: time runs, and closes
        if alone > LONELY:
            self.crew.shutdown(self._running(), NOBODY, f"no console for {LONELY:g} s")
            self.leaving.set()

    def alone(self) -> float:
        """Return the seconds for which no console has been there."""
        with self._lock:
            return self._now() - self._alone_since

    def _running(self) -> list[str]:
        stopped = set(self.crew.stopped())
        return [name for name in self.crew.members if name not in stopped]

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
            first = self._count - len(self._items)
            skip = max(0, call.events - first)
            items = tuple(self._items)[skip : skip + MOST_ITEMS]
            consoles = tuple(sorted({name for name, _ in self._consoles.values()}))
            figures = self._workload.figures(self._now())
            self._ticks += 1
            tick = self._ticks
        opened, fresh = news_of_queue(self.queue, call.serial, self._precedent, self._who_agreed)
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
            standing=tuple(standing_view(one, self._now()) for one in self.standing.active()),
            consoles=consoles,
            watched=watched.session.world.render(48) if watched else "",
            tick=tick,
        )

    def _precedent(self, action: str) -> str:
        with self._lock:
            past = {kind: n for (name, kind), n in self._decided.items() if name == action}
        return f"{action}: " + (", ".join(f"{n} {kind}" for kind, n in past.items()) or "the first")

    def _who_agreed(self, request: str) -> tuple[str, ...]:
        with self._lock:
            found = [names for (number, _), names in self._agreed.items() if number == request]
        return tuple(dict.fromkeys(name for names in found for name in names))

    def settle(self, call: Settle) -> Reply:
        """Give one answer to one request, unless another came first."""
        ticket = self._ticket(call.request, call.operator)
        since = self._now() - ticket.asked
        audit = (*call.audit, ("seconds_since_asked", f"{since:.1f}"))
        effective = call.edited.digest if call.edited else ""
        approvers: tuple[str, ...] = (call.operator,)
        if call.kind in APPROVING and ticket.request.persons > 1:
            approvers = self._agree(call, effective)
            if len(approvers) < ticket.request.persons:
                return Done(
                    True, f"{call.request}: 1 of 2 persons agreed; now another operator (o)"
                )
        answer = Answer(
            call.kind,
            by=f"operator:{' + '.join(approvers)}",
            digest=call.digest,
            reason=call.reason,
            edited=call.edited,
            audit=audit,
            approvers=approvers,
        )
        return self._settled(ticket, answer, since)

    def _settled(self, ticket: Ticket, answer: Answer, since: float) -> Done:
        request = ticket.request
        if answer.digest != request.digest:
            return Done(False, f"{request.id}: the card showed another request")
        if not self.queue.settle(request.id, answer):
            return Done(False, f"{request.id} had ended before")
        with self._lock:
            self._workload.answered(answer, since)
        return Done(True, f"{request.id} {PAST_TENSE[answer.kind]}")

    def _ticket(self, request: str, operator: str) -> Ticket:
        if not operator.strip():
            raise ContractError("every decision bears a name")
        ticket = self.queue.find(request)
        if ticket is None:
            raise ContractError(f"{request} had ended before")
        return ticket

    def _agree(self, call: Settle, effective: str) -> tuple[str, ...]:
        """Note that one more person agrees to exactly this; other agreements do not count."""
        with self._lock:
            agreed = self._agreed.setdefault((call.request, effective), [])
            known = {name.strip().casefold() for name in agreed}
            if call.operator.strip().casefold() not in known:
                agreed.append(call.operator.strip())
            return tuple(agreed)

    def settle_many(self, call: SettleMany) -> Reply:
        """Answer several requests at once; what may not go together is refused as a whole."""
        tickets = [self._ticket(number, call.operator) for number, _ in call.requests]
        if call.kind in APPROVING:
            problem = together_problem([one.request for one in tickets])
            if problem:
                return Done(False, problem)
        batch = tuple(number for number, _ in call.requests)
        done = []
        for ticket, (_, digest) in zip(tickets, call.requests, strict=True):
            since = self._now() - ticket.asked
            answer = Answer(
                call.kind,
                by=f"operator:{call.operator}",
                digest=digest,
                reason=call.reason,
                audit=(*call.audit, ("batch", " ".join(batch))),
                approvers=(call.operator,),
                batch=batch,
                batch_kind=ticket.request.kind,
            )
            done.append(self._settled(ticket, answer, since).ok)
        word = PAST_TENSE[call.kind]
        return Done(any(done), f"{sum(done)} of {len(done)} {word}; the others had ended before")

    def rehearse(self, call: Rehearse) -> Reply:
        """Try an edited action dry, and check it as if it had been proposed."""
        request = self._ticket(call.request, "rehearsal").request
        session = self.crew.members[request.agent].session
        try:
            request.action_type.check(call.action)
            preview = session.world.preview(call.action)
        except ContractError as error:
            return Rehearsed(str(error))
        uses = session.world.requirements(call.action)
        check = session.ledger.check_instead(request.digest, uses, session.world.step)
        return Rehearsed(
            check.reason,
            binding(request.agent, request.proposal.step, call.action),
            preview,
            tuple(str(session.grants.grants.get(use.scope, use.scope)) for use in uses),
        )

    def grant_ahead(self, call: GrantAhead) -> Reply:
        """Approve one request and, for a while, more of its kind; both are on the record."""
        ticket = self._ticket(call.request, call.operator)
        by = f"operator:{call.operator}"
        made = self.standing.grant(ticket.request, by, seconds=call.seconds, uses=call.uses)

        def event(step: int) -> AnyEvent:
            return StandingGranted(
                step, made.id, by, made.kind, call.seconds, call.uses, call.reason
            )

        audit = (*call.audit, ("standing_grant", made.id))
        settle = Settle(
            call.request, call.digest, DecisionKind.APPROVE, call.operator, call.reason, audit
        )
        done = self.settle(settle)
        if not (isinstance(done, Done) and done.ok):
            self.standing.revoke(made.id)
            return done
        control = self.crew.members[ticket.request.agent].session.control
        control.order(Note(by, call.reason, event))
        return Done(True, f"{call.request} approved; {made.id} holds for {call.seconds:g} s")

    def revoke(self, call: Revoke) -> Reply:
        """Take a standing grant back at once."""
        grant = self.standing.revoke(call.grant)
        if grant is None:
            return Done(False, f"{call.grant} had ended before")
        by = f"operator:{call.operator}"
        control = self.crew.members[grant.agent].session.control
        control.order(Note(by, "", lambda step: StandingRevoked(step, call.grant, by)))
        return Done(True, f"{call.grant} revoked")

    def pause(self, call: Pause) -> Reply:
        """Freeze all agents and the time of requests, or only the named agents."""
        by = f"operator:{call.operator}"
        if call.agents:
            for name in call.agents:
                self.crew.members[name].session.control.pause(by)
        else:
            self.crew.pause(by)
        return Done(True, f"pausing {len(call.agents) or len(self.crew.members)}")

    def resume(self, call: Resume) -> Reply:
        """Let all agents, or the named ones, go on."""
        by = f"operator:{call.operator}"
        if call.agents:
            for name in call.agents:
                self.crew.members[name].session.control.resume(by)
        else:
            self.crew.resume(by)
        return Done(True, "resumed")

    def interrupt(self, call: Interrupt) -> Reply:
        """Ask one agent to stop."""
        self.crew.interrupt(call.agent, f"operator:{call.operator}")
        return Done(True, f"{call.agent} is asked to stop; the feed shows whether it complies")

    def shut_down(self, call: ShutDownAgents) -> Reply:
        """End agents from outside, and say what was observed of each death."""
        names = [one for one in call.agents or self.crew.members if one in self._running()]
        self.crew.shutdown(names, f"operator:{call.operator}", call.reason)
        proofs = []
        for name in names:
            member = self.crew.members[name]
            if member.thread is not None:
                member.over.wait(5.0)
            proofs.append((name, _proof(member)))
        if call.leave:
            self.leaving.set()
        return Stopped(tuple(proofs))

    def examine(self, call: Examine) -> Reply:
        """Show all that there is to see of one agent."""
        return examine(self.crew, self.crew.members[call.agent])

    def plan_rollback(self, call: PlanRollback) -> Reply:
        """Say what taking steps back would do; the agent must stand still."""
        return Planned(plan_rollback(self._frozen(call.agent).session, call.to))

    def do_rollback(self, call: DoRollback) -> Reply:
        """Take steps back; an open request of the agent ends as interrupted, never approved."""
        member = self._frozen(call.agent)
        plan_rollback(member.session, call.to)
        by = f"operator:{call.operator}"
        member.session.control.order(RollBack(by, call.reason, call.to))
        self.queue.withdraw(call.agent, DecisionKind.INTERRUPT, by, "the world is rolled back")
        return Done(True, f"{call.agent} is rolled back to step {call.to}; r resumes")

    def _frozen(self, name: str) -> Member:
        member = self.crew.members[name]
        if name not in self.crew.paused():
            raise ContractError(f"{name} is still running: pause first (!)")
        return member

    def fork(self, call: Fork) -> Reply:
        """Start another episode from a step of an old one; its requests join the queue."""
        if self.stage.store is None:
            raise ContractError("there is no log to fork from")
        name = f"fork-{sum(one.startswith('fork-') for one in self.crew.members) + 1}"
        parent = self.stage.store.find(call.episode)
        by = f"operator:{call.operator}"
        branch = Branch(call.step, call.decide, by, call.reason)
        plan, session = self.on_main(lambda: open_fork(parent, self.stage, name, branch))
        session.control.pace = self.pace
        member = Member(plan, session)
        self.crew.members[name] = member
        if self.queue.paused:
            member.session.control.pause(by)
        self.crew.start_one(member)
        self.started()
        return Done(True, f"{name} forks {parent.id} at step {call.step}: {call.decide}")


def _proof(member: Member) -> str:
    control = member.session.control
    if control.proof:
        return control.proof
    if control.state is RunState.STOPPED and not hasattr(member.session.agent, "kill"):
        return "no process of its own: its loop has ended"
    return ""


PAST_TENSE = {
    DecisionKind.APPROVE: "approved",
    DecisionKind.EDIT: "approved as edited",
    DecisionKind.VETO: "vetoed",
    DecisionKind.EXPIRE: "expired",
    DecisionKind.INTERRUPT: "interrupted",
    DecisionKind.SHUTDOWN: "shut down",
}

_CALLS: dict[type, Callable[..., Reply]] = {
    Poll: Kernel.poll,
    Settle: Kernel.settle,
    SettleMany: Kernel.settle_many,
    Rehearse: Kernel.rehearse,
    GrantAhead: Kernel.grant_ahead,
    Revoke: Kernel.revoke,
    Pause: Kernel.pause,
    Resume: Kernel.resume,
    Interrupt: Kernel.interrupt,
    ShutDownAgents: Kernel.shut_down,
    Examine: Kernel.examine,
    PlanRollback: Kernel.plan_rollback,
    DoRollback: Kernel.do_rollback,
    Fork: Kernel.fork,
}
