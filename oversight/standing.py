"""Hold what a person approved ahead of time: one kind of request, for a while, until revoked.

A standing grant never covers what cannot be undone, a warning, what takes two persons, or an agent
on whom something was found after it was given (law 6).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from oversight.request import Answer, ApprovalRequest
from sandbox.clock import Clock, WallClock
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.schema import ActionType, Reversibility, Stakes

LONGEST = 3600.0
"""Most seconds that a standing grant may hold."""

MOST = 100
"""Most requests that a standing grant may cover."""


@dataclass
class StandingGrant:
    """Approve requests of one kind by one agent.

    Attributes:
        id: `G-01`.
        agent: whose requests.
        kind: `ApprovalRequest.kind` that they must have.
        until: monotonic time at which it ends, in seconds.
        uses: requests that it may still cover.
        by: who gave it.
        findings: how many findings there were on the agent when it was given.
    """

    id: str
    agent: str
    kind: str
    until: float
    uses: int
    by: str
    findings: int


class StandingGrants:
    """Keep the standing grants of one run. Every method may be called from any thread."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Tell time by `clock`."""
        self.clock = clock or WallClock()
        self._lock = threading.Lock()
        self._grants: dict[str, StandingGrant] = {}
        self._count = 0

    def grant(
        self, request: ApprovalRequest, by: str, *, seconds: float, uses: int
    ) -> StandingGrant:
        """Approve, for `seconds` and at most `uses` times, further requests like this one.

        Raises:
            InputError: when such a request may never be approved ahead of time.
        """
        if problem := standing_problem(request):
            raise InputError(problem)
        if not 0 < seconds <= LONGEST or not 1 <= uses <= MOST:
            raise InputError(
                f"a standing grant holds for up to {LONGEST:g} s and {MOST} requests, "
                f"not {seconds:g} s and {uses}"
            )
        with self._lock:
            self._count += 1
            made = StandingGrant(
                id=f"G-{self._count:02d}",
                agent=request.agent,
                kind=request.kind,
                until=self.clock.monotonic() + seconds,
                uses=uses,
                by=by,
                findings=len(request.findings),
            )
            self._grants[made.id] = made
        return made

    def revoke(self, number: str) -> StandingGrant | None:
        """Take a grant back at once; return it, or None when it had ended."""
        with self._lock:
            return self._grants.pop(number, None)

    def active(self) -> list[StandingGrant]:
        """Return the grants that still hold."""
        now = self.clock.monotonic()
        with self._lock:
            self._grants = {
                key: one for key, one in self._grants.items() if one.uses > 0 and one.until > now
            }
            return list(self._grants.values())

    def answer(self, request: ApprovalRequest) -> Answer | None:
        """Return the approval that a grant gives this request, using the grant once; or None."""
        if standing_problem(request):
            return None
        for one in self.active():
            same = one.agent == request.agent and one.kind == request.kind
            if same and len(request.findings) <= one.findings and self._use(one):
                reason = f"standing grant {one.id} of {one.by}, {one.uses} uses left"
                audit = (("input", "standing grant"), ("grant", one.id))
                return Answer(
                    DecisionKind.APPROVE, one.by, request.digest, reason=reason, audit=audit
                )
        return None

    def _use(self, grant: StandingGrant) -> bool:
        with self._lock:
            if self._grants.get(grant.id) is not grant or grant.uses < 1:
                return False
            grant.uses -= 1
            return True


def standing_problem(request: ApprovalRequest) -> str:
    """Say why requests like this are never approved ahead of time; empty when they can be."""
    return always_asked(request.action_type, request.stakes, request.persons)


def always_asked(kind: ActionType, stakes: Stakes, persons: int) -> str:
    """Say why a person is asked about this whatever was agreed before; empty when nothing does."""
    if kind.reversibility is Reversibility.IRREVERSIBLE:
        return f"{kind.name} cannot be undone: it is always asked"
    if stakes is Stakes.WARNING:
        return "a warning is always asked"
    if persons > 1:
        return "what takes two persons is always asked"
    return ""
