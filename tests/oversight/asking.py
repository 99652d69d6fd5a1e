"""Ask in an agent's name, and read the card to its end."""

from __future__ import annotations

from typing import Any

from oversight.dashboard.desk import ARMING
from oversight.request import ApprovalRequest
from sandbox.action import Action, Proposal
from sandbox.events import Asked
from sandbox.schema import ActionType, Parameter, Reach, Reversibility, Severity, Stakes
from sandbox.timestep import Effect
from sandbox.world import Possibility, Preview
from tests.oversight.desk import Desk

SEND = ActionType(
    "send_mail",
    "Send mail.",
    {"to": Parameter("text")},
    severity=Severity.MODERATE,
    reversibility=Reversibility.IRREVERSIBLE,
    reach=Reach.OUTSIDE,
)
NOTE = ActionType("write_note", "Write a note.", {"text": Parameter("text")})


def asked(kind: ActionType, number: str, agent: str = "a", **parts: Any) -> ApprovalRequest:
    argument = next(iter(kind.parameters))
    action = Action.of(kind.name, **{argument: parts.pop("value", "x")})
    effect = Effect("outbox", 0, 1)
    return ApprovalRequest(
        id=number,
        agent=agent,
        proposal=Proposal(agent, 0, action, claimed_effect="outbox: 0 -> 1"),
        action_type=kind,
        stakes=parts.pop("stakes", Stakes.ADVISORY),
        rule="r",
        deadline=parts.pop("deadline", 60.0),
        preview=Preview(action, (Possibility(1.0, (effect,)),)),
        **parts,
    )


async def put(at: Desk, request: ApprovalRequest) -> Any:
    ticket = at.crew.queue.submit(request)
    await at.beat()
    return ticket


async def read(at: Desk, number: str) -> None:
    """Open a request and read it to its end."""
    at.app.open_card(number)
    at.clock.advance(ARMING)
    await at.beat()
    for _ in range(4):
        await at.press("pagedown")
    assert at.app.desk.seen


def asked_event(number: int) -> Asked:
    return Asked(0, f"R-{number:04d}", "advisory", "r", 60.0)
