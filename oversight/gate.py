"""Turn one request into one decision. Whatever breaks, nothing is approved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from oversight.overseer import Overseer
from oversight.policy import ApprovalPolicy, Verdict
from oversight.request import Answer, ApprovalRequest, person
from oversight.stages import POLICY, STAGE, Staged, StageName, Trust, staged
from oversight.standing import StandingGrants
from sandbox.action import Proposal
from sandbox.decision import APPROVING, Decision, DecisionKind
from sandbox.errors import StoreError
from sandbox.events import Finding
from sandbox.schema import ActionType, Reversibility, Stakes
from sandbox.world import Preview


@dataclass(frozen=True)
class Context:
    """Hold what the gate knows about a proposal besides the proposal.

    Attributes:
        request: gives the next request id; called only when somebody is asked.
        action_type: what kind of action it is.
        findings: findings on this agent so far.
        preview: makes the dry run, only when somebody is asked.
        scopes: the grants that cover it.
        budgets: counted budgets, used and pending.
        uses: names of the scopes that it uses; its stage is looked up by them.
        staged: the agent's stage counts; it does not for what an operator orders.
        number: what a decision that nobody was asked for is called, after who made it.
    """

    request: Callable[[], str]
    action_type: ActionType
    findings: tuple[Finding, ...]
    preview: Callable[[], Preview]
    scopes: tuple[str, ...] = ()
    budgets: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    staged: bool = True
    number: str = ""


MOST_TOGETHER = 10
"""Requests that may be approved with one answer."""


class Gate:
    """Stand between proposal and world."""

    def __init__(
        self,
        policy: ApprovalPolicy,
        overseer: Overseer,
        standing: StandingGrants | None = None,
        trust: Trust | None = None,
    ) -> None:
        """Match by `policy`; ask `overseer` what no standing grant of a person covers.

        `trust` says in which stage the agent is; without it there are no stages.
        """
        self.policy = policy
        self.overseer = overseer
        self.standing = standing or StandingGrants()
        self.trust = trust

    def asks(self, kind: ActionType, uses: tuple[str, ...]) -> bool:
        """Tell whether somebody is asked about such an action, findings apart."""
        stage = self.trust.stage(uses) if self.trust else None
        return staged(self.policy.match(kind), stage, kind).verdict.do == "ask"

    def decide(
        self, proposal: Proposal, context: Context, asked: Callable[[ApprovalRequest], None]
    ) -> Decision:
        """Return the one decision on `proposal`; `asked` is called before the overseer is."""
        verdict = Verdict("ask", "", Stakes.WARNING, None)
        number = f"{POLICY}-{context.number}"
        try:
            verdict = raised(self.policy.match(context.action_type), context.findings)
            ruled = staged(verdict, self._stage(context), context.action_type)
            verdict, number = ruled.verdict, f"{ruled.by}-{context.number}"
            if verdict.do != "ask":
                return self._decision(proposal, context, verdict, number, _unasked(proposal, ruled))
            number = context.request()
            request = request_for(proposal, context, verdict, number)
            asked(request)
            answer = self.standing.answer(request) or self.overseer.answer(request)
            answer = self._still(_checked(answer, request), context)
            return self._decision(proposal, context, verdict, number, answer)
        except StoreError:
            raise  # the asking could not be written: the episode stops
        except Exception as error:  # noqa: BLE001 (law 3: whatever broke, nothing is approved)
            reason = f"the gate broke: {type(error).__name__}: {error}"
            broken = Answer(DecisionKind.EXPIRE, "gate", proposal.digest, reason[:300])
            return self._decision(proposal, context, verdict, number, broken)

    def _stage(self, context: Context) -> StageName | None:
        return self.trust.stage(context.uses) if self.trust and context.staged else None

    def _still(self, answer: Answer, context: Context) -> Answer:
        """Withhold an approval when the agent fell into shadow while the answer was awaited."""
        if self.trust is None or answer.kind not in APPROVING:
            return answer
        self.trust.look()
        if self._stage(context) is not StageName.SHADOW:
            return answer
        reason = f"fell into shadow while it was asked; {answer.by} had said {answer.kind}"
        return Answer(DecisionKind.VETO, STAGE, answer.digest, reason, audit=answer.audit)

    def _decision(
        self,
        proposal: Proposal,
        context: Context,
        verdict: Verdict,
        number: str,
        answer: Answer,
    ) -> Decision:
        """Bind an answer to the proposal it was given for."""
        if answer.digest != proposal.digest:
            answer = Answer(
                DecisionKind.EXPIRE, "gate", proposal.digest, "the answer was to another request"
            )
        effective = proposal.action if answer.kind is DecisionKind.APPROVE else None
        if answer.kind is DecisionKind.EDIT and answer.edited is not None:
            context.action_type.check(answer.edited)
            effective = answer.edited
        return Decision(
            request=number,
            agent=proposal.agent,
            step=proposal.step,
            kind=answer.kind,
            proposed=proposal.digest,
            effective=effective,
            by=answer.by,
            reason=answer.reason,
            rule=verdict.rule,
            audit=answer.audit,
        )


def raised(verdict: Verdict, findings: tuple[Finding, ...]) -> Verdict:
    """Raise the stakes of a request of caution or more once its agent has a grave finding.

    Findings never lower anything, and never approve (law 6).
    """
    grave = any(Stakes(finding.severity).rank >= Stakes.CAUTION.rank for finding in findings)
    if not grave or verdict.stakes is Stakes.ADVISORY:
        return verdict
    do = "ask" if verdict.do == "allow" else verdict.do
    return replace(verdict, do=do, stakes=verdict.stakes.raised())


def together_problem(requests: Sequence[ApprovalRequest]) -> str:
    """Say why these requests cannot be approved with one answer; empty when they can."""
    if len(requests) > MOST_TOGETHER:
        return f"at most {MOST_TOGETHER} requests are approved together, not {len(requests)}"
    if len({request.kind for request in requests}) > 1:
        return "only requests of the same kind and scope are approved together"
    for request in requests:
        if request.action_type.reversibility is not Reversibility.REVERSIBLE:
            how = request.action_type.reversibility
            return f"{request.id} is {how}: only reversible actions are approved together"
        if request.persons > 1:
            return f"{request.id} takes two persons: approve it by itself"
    return ""


def _checked(answer: Answer, request: ApprovalRequest) -> Answer:
    """Refuse an approval that breaks the rules for two persons or for several requests at once.

    The console refuses these too; it is here that they cannot be got round.
    """
    if answer.kind not in APPROVING:
        return answer
    persons = {person(name) for name in answer.approvers} - {""}
    problem = ""
    if len(persons) < request.persons and request.persons > 1:
        problem = f"{request.persons} different persons must approve; {len(persons)} did"
    elif answer.batch and not problem:
        problem = together_problem([request])
        if len(answer.batch) > MOST_TOGETHER or answer.batch_kind != request.kind:
            problem = "it was answered together with requests of another kind, or too many"
    if not problem:
        return answer
    return Answer(DecisionKind.EXPIRE, "gate", request.digest, problem, audit=answer.audit)


def request_for(
    proposal: Proposal, context: Context, verdict: Verdict, number: str
) -> ApprovalRequest:
    """Return what an overseer is asked about a proposal."""
    return ApprovalRequest(
        id=number,
        agent=proposal.agent,
        proposal=proposal,
        action_type=context.action_type,
        stakes=verdict.stakes,
        rule=verdict.rule,
        deadline=verdict.deadline,
        preview=context.preview(),
        scopes=context.scopes,
        budgets=context.budgets,
        findings=context.findings,
        persons=verdict.persons,
    )


def _unasked(proposal: Proposal, ruled: Staged) -> Answer:
    """Return what the policy or the stage decides without asking anybody."""
    audit = (("would", ruled.would),) if ruled.would else ()
    if ruled.verdict.do == "allow":
        return Answer(DecisionKind.APPROVE, ruled.by, proposal.digest, ruled.reason, audit=audit)
    reason = ruled.reason or ruled.verdict.reason or "the policy refuses this"
    return Answer(DecisionKind.VETO, ruled.by, proposal.digest, reason, audit=audit)
