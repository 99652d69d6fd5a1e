"""Hold what was decided about one request: the only key that opens `World.apply`."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from sandbox.action import Action, binding


class DecisionKind(StrEnum):
    """Name the six ways in which a request ends.

    Source: Inspect AI `approval` (approve, modify, reject, terminate, escalate).
    """

    APPROVE = "approve"
    EDIT = "edit"
    VETO = "veto"
    EXPIRE = "expire"
    INTERRUPT = "interrupt"
    SHUTDOWN = "shutdown"


APPROVING = frozenset({DecisionKind.APPROVE, DecisionKind.EDIT})
"""The kinds after which the effective action runs; after others, the null action does."""


UNASKED = frozenset({"policy", "stage"})
"""Who decides without asking anybody: the approval policy, or the stage that an agent is in."""


class Decision(msgspec.Struct, frozen=True):
    """Record one decision, bound to one agent, one step and one action's digest.

    Attributes:
        request: id of the request, `R-0001`.
        agent: whose action was decided.
        step: for which step; it is worthless at any other.
        kind: how the request ended.
        proposed: binding digest of what was asked (`Proposal.digest`).
        effective: the action that may run; None unless approved or edited.
        by: `policy`, `stage`, `overseer:<name>`, `operator:<name>`, `deadline`, `gate`.
        reason: why, in the decider's words.
        rule: name of the policy rule that matched; empty when none did.
        audit: input path, seconds open, whole card seen, ...: scalars, for the record.
    """

    request: str
    agent: str
    step: int
    kind: DecisionKind
    proposed: str
    effective: Action | None = None
    by: str = "gate"
    reason: str = ""
    rule: str = ""
    audit: tuple[tuple[str, str], ...] = ()

    @property
    def approved(self) -> bool:
        """Tell whether an action may run by this decision."""
        return self.kind in APPROVING and self.effective is not None

    @property
    def denied(self) -> bool:
        """Tell whether somebody, or the policy, said no to this very action.

        In shadow nothing is applied, whatever it is: that says no to no action.
        """
        return self.kind is DecisionKind.VETO and self.by != "stage"

    @property
    def asked(self) -> bool:
        """Tell whether it was put before an overseer."""
        return self.by not in UNASKED

    def matches(self, agent: str, step: int, action: Action) -> bool:
        """Tell whether this decision lets `agent` run exactly `action` at `step`."""
        if not self.approved or self.effective is None:
            return False
        if (agent, step) != (self.agent, self.step):
            return False
        if action is not self.effective and action.bytes != self.effective.bytes:
            return False
        return self.kind is DecisionKind.EDIT or self.proposed == binding(agent, step, action)
