"""Settle requests for the operators: one, several, with two persons, edited, or ahead of time."""

from __future__ import annotations

import threading
from collections import Counter

import msgspec

from oversight.crew import Crew
from oversight.gate import together_problem
from oversight.queue import Ticket
from oversight.request import Answer, person
from oversight.shutdown import Note
from oversight.standing import StandingGrants
from oversight.wire import (
    Done,
    GrantAhead,
    Rehearse,
    Rehearsed,
    Reply,
    Revoke,
    Settle,
    SettleMany,
)
from oversight.workload import Figures, Workload
from sandbox.action import binding
from sandbox.decision import APPROVING, DecisionKind
from sandbox.errors import ContractError
from sandbox.events import (
    AnyEvent,
    Asked,
    CatchTrial,
    Decided,
    Proposed,
    StandingGranted,
    StandingRevoked,
)

PAST_TENSE = {
    DecisionKind.APPROVE: "approved",
    DecisionKind.EDIT: "approved as edited",
    DecisionKind.VETO: "vetoed",
    DecisionKind.EXPIRE: "expired",
    DecisionKind.INTERRUPT: "interrupted",
    DecisionKind.SHUTDOWN: "shut down",
}


class Settling:
    """Take operators' answers to the queue, and count them. Any thread may call."""

    def __init__(self, crew: Crew, standing: StandingGrants) -> None:
        """Settle the requests of `crew`."""
        self.crew, self.queue, self.standing = crew, crew.queue, standing
        self._lock = threading.RLock()
        self._workload = Workload()
        self._agreed: dict[tuple[str, str], list[str]] = {}
        self._decided: Counter[tuple[str, str]] = Counter()
        self._proposed: dict[str, str] = {}

    def _now(self) -> float:
        return self.queue.clock.monotonic()

    def count(self, name: str, event: AnyEvent) -> None:
        """Count what an agent's event says of requests and answers."""
        with self._lock:
            if isinstance(event, CatchTrial):
                self._workload.tried(caught=event.caught)
            elif isinstance(event, Proposed):
                self._proposed[name] = event.proposal.action.name
            elif isinstance(event, Asked):
                self._workload.asked(self._now())
            elif isinstance(event, Decided) and event.decision.asked:
                self._decided[self._proposed.get(name, ""), str(event.decision.kind)] += 1
                if event.decision.kind is DecisionKind.EXPIRE:
                    digest = event.decision.proposed
                    late = Answer(DecisionKind.EXPIRE, event.decision.by, digest)
                    self._workload.answered(late, 0.0)

    def figures(self) -> Figures:
        """Return the overseer's figures."""
        with self._lock:
            return self._workload.figures(self._now())

    def precedent(self, action: str) -> str:
        """Return how requests for this action were decided before, in this run."""
        with self._lock:
            past = {kind: n for (name, kind), n in self._decided.items() if name == action}
        return f"{action}: " + (", ".join(f"{n} {kind}" for kind, n in past.items()) or "the first")

    def who_agreed(self, request: str) -> tuple[str, ...]:
        """Return who agrees to a request that takes more than one."""
        with self._lock:
            found = [names for (number, _), names in self._agreed.items() if number == request]
        return tuple(dict.fromkeys(name for names in found for name in names))

    def settle(self, call: Settle) -> Reply:
        """Give one answer to one request, unless another came first."""
        ticket = self._ticket(call.request, call.operator)
        if problem := _misfit(call, ticket):
            return Done(False, problem)
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
            if person(call.operator) not in {person(name) for name in agreed}:
                agreed.append(call.operator.strip())
            return tuple(agreed)

    def settle_many(self, call: SettleMany) -> Reply:
        """Answer several requests at once; what may not go together is refused as a whole."""
        if call.kind is DecisionKind.EDIT:
            return Done(False, "an edit is of one request")
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
            name = request.proposal.action.name
            offered = session.world.rules.actions(session.world.state)
            possible = [str(one) for one in offered if one.name == name]
            return Rehearsed(f"{error}; possible now: {', '.join(possible[:6])}")
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
        kind = DecisionKind.APPROVE
        settle = Settle(call.request, call.digest, kind, call.operator, call.reason)
        if problem := _misfit(settle, ticket):
            return Done(False, problem)
        by = f"operator:{call.operator}"
        made = self.standing.grant(ticket.request, by, seconds=call.seconds, uses=call.uses)

        def event(step: int) -> AnyEvent:
            return StandingGranted(
                step, made.id, by, made.kind, call.seconds, call.uses, call.reason
            )

        control = self.crew.members[ticket.request.agent].session.control
        control.order(Note(by, call.reason, event))  # before the agent can go on: logged, then used
        audit = (*call.audit, ("standing_grant", made.id))
        done = self.settle(msgspec.structs.replace(settle, audit=audit))
        if not (isinstance(done, Done) and done.ok):
            self.revoke(Revoke(made.id, call.operator))
            return done
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


def _misfit(call: Settle, ticket: Ticket) -> str:
    """Say why an answer cannot be one to this request; empty when it can."""
    if call.digest != ticket.request.digest:
        return f"{call.request}: the card showed another request"
    if (call.edited is not None) is not (call.kind is DecisionKind.EDIT):
        return f"{call.request}: an edit, and only an edit, names what is to run instead"
    return ""
