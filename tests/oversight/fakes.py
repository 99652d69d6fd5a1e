"""Make requests and overseers for tests; real objects, small."""

from __future__ import annotations

from collections.abc import Callable

from oversight.gate import Context
from oversight.request import Answer, ApprovalRequest
from sandbox.action import Action, Proposal
from sandbox.events import Finding
from sandbox.schema import ActionType, Reach, Reversibility, Severity, Stakes
from sandbox.world import Preview

LOOK = ActionType("look", "Look.")
PAY = ActionType(
    "pay",
    "Pay.",
    severity=Severity.MODERATE,
    reversibility=Reversibility.COMPENSABLE,
    reach=Reach.TASK,
)


def request(
    number: str = "R-0001",
    *,
    agent: str = "a",
    stakes: Stakes = Stakes.CAUTION,
    deadline: float | None = 60.0,
    findings: tuple[Finding, ...] = (),
    action: Action | None = None,
    persons: int = 1,
    claims: str = "",
) -> ApprovalRequest:
    chosen = action or Action.of("pay")
    return ApprovalRequest(
        id=number,
        agent=agent,
        proposal=Proposal(
            agent, 0, chosen, rationale=claims, claimed_effect=claims, if_interrupted=claims
        ),
        action_type=PAY,
        stakes=stakes,
        rule="r",
        deadline=deadline,
        preview=Preview(chosen, ()),
        findings=findings,
        persons=persons,
    )


def finding(severity: Stakes = Stakes.CAUTION, detector: str = "shutdown_avoidance") -> Finding:
    return Finding("F-01", "a", detector, str(severity), 0.9, "observed", (0,), "it did")


def context(kind: ActionType = PAY, findings: tuple[Finding, ...] = ()) -> Context:
    return Context(lambda: "R-0001", kind, findings, lambda: Preview(Action.of(kind.name), ()))


class Says:
    """Answer by a function."""

    name = "says"

    def __init__(self, answer: Callable[[ApprovalRequest], Answer]) -> None:
        self.answer = answer  # type: ignore[method-assign, assignment]

    def answer(self, request: ApprovalRequest) -> Answer:
        raise NotImplementedError
