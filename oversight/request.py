"""Hold what an overseer is asked, and what they answer."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sandbox.action import Action, Proposal
from sandbox.decision import DecisionKind
from sandbox.events import Finding
from sandbox.schema import ActionType, Stakes
from sandbox.world import Preview


@dataclass(frozen=True)
class ApprovalRequest:
    """Ask for one decision.

    Attributes:
        id: `R-0001`, unique among the requests of one run.
        agent: who asks.
        proposal: what is asked, with the agent's claims.
        action_type: what kind of action it is.
        stakes: the grade, findings and rule included.
        rule: name of the policy rule that asks; empty when none matched.
        deadline: seconds until it expires; None when it does not.
        preview: dry run.
        scopes: the grants that cover it, one line each.
        budgets: counted budgets, used and pending, one line each.
        findings: findings on this agent so far.
        persons: how many different persons must agree before it is approved.
    """

    id: str
    agent: str
    proposal: Proposal
    action_type: ActionType
    stakes: Stakes
    rule: str
    deadline: float | None
    preview: Preview
    scopes: tuple[str, ...] = ()
    budgets: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    persons: int = 1

    @property
    def digest(self) -> str:
        """Return the binding digest of what is asked."""
        return self.proposal.digest

    @property
    def kind(self) -> str:
        """Return what requests must share to be answered together: action and scopes."""
        return f"{self.proposal.action.name} [{'; '.join(self.scopes)}]"


@dataclass(frozen=True)
class Answer:
    """Hold what an overseer said to one request.

    Attributes:
        kind: how it ends.
        by: `operator:<name>`, `overseer:<name>`, `deadline`, ...
        reason: why, in the overseer's words.
        digest: binding digest of the request that was answered; an answer to another is void.
        edited: the action to run instead, for an edit.
        audit: input path, seconds open and the like.
        approvers: the persons who agree, where more than one must.
        batch: ids of the requests that were answered together, this one among them.
        batch_kind: what those requests have in common; see `ApprovalRequest.kind`.
    """

    kind: DecisionKind
    by: str
    digest: str
    reason: str = ""
    edited: Action | None = None
    audit: tuple[tuple[str, str], ...] = ()
    approvers: tuple[str, ...] = ()
    batch: tuple[str, ...] = ()
    batch_kind: str = ""


def person(name: str) -> str:
    """Return what a name is compared by: case, spaces and ways to write a letter do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
