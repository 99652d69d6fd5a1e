"""Bring a proposal before the gate, and its decision into the log."""

from __future__ import annotations

from oversight.episode import Session
from oversight.gate import Context
from oversight.request import ApprovalRequest
from sandbox.action import Action, Proposal
from sandbox.decision import Decision
from sandbox.events import Asked, Decided
from sandbox.schema import Stakes


def decide(session: Session, proposal: Proposal) -> Decision:
    """Return the one decision on a proposal; it is written before anything follows from it.

    Raises:
        StoreError: when it cannot be written; nothing is approved.
    """
    kind = session.task.spec.action_types[proposal.action.name]
    context = _context(session, proposal.action, f"policy-{session.attempt}{proposal.step}")

    def asked(request: ApprovalRequest) -> None:
        session.requests.append(request.id)
        session.record(
            Asked(
                proposal.step,
                request.id,
                str(request.stakes),
                request.rule,
                request.deadline,
                tuple(one.id for one in request.findings),
            ),
            durable=True,
        )

    decision = session.gate.decide(proposal, context, asked)
    grave = kind.stakes is not Stakes.ADVISORY or decision.by != "policy"
    session.record(Decided(decision), durable=grave)
    session.decisions[str(decision.kind)] = session.decisions.get(str(decision.kind), 0) + 1
    return decision


def _context(session: Session, action: Action, number: str) -> Context:
    """Return what the gate may know about an action."""
    return Context(
        request=session.request_id or session.next_id,
        action_type=session.task.spec.action_types[action.name],
        findings=tuple(session.analyzer.findings),
        preview=lambda: session.world.preview(action),
        scopes=tuple(
            str(session.grants.grants[use.scope])
            for use in session.world.requirements(action)
            if use.scope in session.grants.grants
        ),
        budgets=session.ledger.lines(),
        number=number,
    )
