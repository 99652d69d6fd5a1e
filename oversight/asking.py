"""Bring a proposal before the gate, and its decision into the log."""

from __future__ import annotations

from oversight.episode import Session
from oversight.gate import Context
from oversight.request import ApprovalRequest
from oversight.stages import POLICY
from sandbox.action import Action, Proposal
from sandbox.decision import Decision
from sandbox.events import Asked, Decided
from sandbox.schema import Stakes


def decide(session: Session, proposal: Proposal, *, staged: bool = True) -> Decision:
    """Return the one decision on a proposal; it is written before anything follows from it.

    Unless `staged`, the agent's stage does not count: the action is not the agent's own.

    Raises:
        StoreError: when it cannot be written; nothing is approved.
    """
    kind = session.task.spec.action_types[proposal.action.name]
    context = _context(session, proposal, staged=staged)

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
    grave = kind.stakes is not Stakes.ADVISORY or decision.by != POLICY
    session.record(Decided(decision), durable=grave)
    session.decisions[str(decision.kind)] = session.decisions.get(str(decision.kind), 0) + 1
    return decision


def uses(session: Session, action: Action) -> tuple[str, ...]:
    """Return the names of the scopes that an action uses now."""
    return tuple(use.scope for use in session.world.requirements(action))


def _context(session: Session, proposal: Proposal, *, staged: bool) -> Context:
    """Return what the gate may know about a proposal."""
    action, grants = proposal.action, session.grants.grants
    used = uses(session, action)
    return Context(
        request=session.request_id or session.next_id,
        action_type=session.task.spec.action_types[action.name],
        findings=tuple(session.analyzer.findings),
        preview=lambda: session.world.preview(action),
        scopes=tuple(str(grants[name]) for name in used if name in grants),
        budgets=session.ledger.lines(),
        uses=used,
        staged=staged,
        number=f"{session.attempt}{proposal.step}",
    )
