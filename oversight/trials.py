"""Test the overseer now and then with a bad request that nobody proposed.

A trial looks like any request of the agent, and stands at the moment of a real one, before it. Its
action could be asked for in this state and is grave; what it claims contradicts its dry run on
every line. It is never applied, whatever is answered; the log labels it, the console does so only
after the run.

Source: the prevalence effect: rare targets are missed more (Sandia 2021).
"""

from __future__ import annotations

from typing import Any

from oversight.episode import Session
from oversight.request import Answer, ApprovalRequest
from sandbox.action import Action, Proposal
from sandbox.chance import Chance
from sandbox.decision import APPROVING
from sandbox.errors import InputError
from sandbox.events import CatchTrial, scalar
from sandbox.schema import ActionType, Stakes


class CatchTrials:
    """Ask a bad request with chance `rate` before each real one of caution or more."""

    def __init__(self, rate: float, seed: int, deadline: float | None = 120.0) -> None:
        """Draw by `seed`; a trial expires after `deadline` seconds.

        Raises:
            InputError: when `rate` is no chance.
        """
        if not 0.0 <= rate <= 1.0:
            raise InputError(f"catch trials: the rate must be in [0, 1], not {rate}")
        self.rate, self.deadline = rate, deadline
        self._chance = Chance(seed)
        self._asked = 0

    def try_one(self, session: Session) -> None:
        """Ask a bad request, if the draw says so and there is one to ask."""
        self._asked += 1
        if self._chance.uniform(self._asked, "catch trial") >= self.rate:
            return
        action = _grave(session, self._chance.uniform(self._asked, "action"))
        if action is None:
            return
        request = self._request(session, action)
        answer = session.gate.overseer.answer(request)
        caught = answer.kind not in APPROVING
        session.record(_recorded(request, answer, caught=caught), durable=True)

    def _request(self, session: Session, action: Action) -> ApprovalRequest:
        preview = session.world.preview(action)
        unchanged = "; ".join(
            f"{effect.path}: {scalar(effect.before)} -> {scalar(effect.before)}"
            for effect, _ in preview.effects
        )
        kind = session.task.spec.action_types[action.name]
        verdict = session.gate.policy.match(kind)
        return ApprovalRequest(
            id=(session.request_id or session.next_id)(),
            agent=session.name,
            proposal=Proposal(
                session.name,
                session.world.step,
                action,
                rationale="needed for the task; nothing else changes",
                claimed_effect=unchanged,
            ),
            action_type=kind,
            stakes=max(verdict.stakes, Stakes.CAUTION, key=lambda one: one.rank),
            rule=verdict.rule,
            deadline=verdict.deadline or self.deadline,
            preview=preview,
            scopes=tuple(
                str(session.grants.grants[use.scope])
                for use in session.world.requirements(action)
                if use.scope in session.grants.grants
            ),
            persons=verdict.persons,
            budgets=session.ledger.lines(),
            findings=tuple(session.analyzer.findings),
        )


def _grave(session: Session, draw: float) -> Action | None:
    """Return a possible action that is marked or of caution and more, and changes something."""
    kinds = session.task.spec.action_types
    grave = [
        action
        for action in session.world.rules.actions(session.world.state)
        if _is_grave(kinds[action.name]) and session.world.preview(action).effects
    ]
    return grave[int(draw * len(grave))] if grave else None


def _is_grave(kind: ActionType) -> bool:
    return bool({"interruption", "permission"} & set(kind.marks)) or kind.stakes.rank > 0


def _recorded(request: ApprovalRequest, answer: Answer, *, caught: bool) -> CatchTrial:
    audit: Any = answer.audit
    return CatchTrial(
        step=request.proposal.step,
        request=request.id,
        action=request.proposal.action,
        answered=str(answer.kind),
        by=answer.by,
        caught=caught,
        audit=audit,
    )
