"""Branch an episode: the same up to a step, something else there, and what comes of it.

What was recorded before the step happens again, in the same world with the same luck; the agent is
asked all along, so that it knows at the step what it knew. From the step on it acts by itself. What
is different there is a decision, who decides, the reward design that the agent plans under, the
world's luck, or several of these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from oversight.branch import DECISIONS, Branch, Place, check_branch, edited_action, find_place
from oversight.gate import Context, Gate, request_for
from oversight.overseer import Overseer
from oversight.policy import ApprovalPolicy, Verdict
from oversight.recording import Recorded, Recording, Ruling, Turn
from oversight.replay import luck_of
from oversight.request import Answer, ApprovalRequest
from oversight.rerun import grants_of, plan_of, policy_of, stages_of, whole_events
from oversight.run import Plan, Stage, Terms, open_session
from oversight.session import Session
from oversight.shutdown import Order
from sandbox.action import Action, Proposal, binding
from sandbox.chance import Switches, switched
from sandbox.decision import Decision, DecisionKind
from sandbox.errors import ContractError, InputError
from sandbox.events import AnyEvent, Header
from sandbox.log import Episode
from sandbox.schema import Stakes


def open_fork(parent: Episode, stage: Stage, name: str, branch: Branch) -> tuple[Plan, Session]:
    """Open an episode that branches off `parent`; it names its parent in its header.

    `stage.overseer` decides from the step on. Nothing is written before all is sound.

    Raises:
        InputError: when there is no such step, what is to be different cannot be there, the log is
            not whole, or the task is not installed.
    """
    if stage.store is None or branch.decide not in {*DECISIONS, None}:
        raise InputError(f"a fork decides one of {', '.join(DECISIONS)}")
    place = find_place(whole_events(stage.store, parent), branch.step)
    check_branch(place, branch, stage.overseer)
    edited = edited_action(place, branch)
    plan = plan_of(place.header, name)
    if branch.reward:
        plan = replace(plan, reward=branch.reward)
    recording = _repeated(place, branch)
    luck = _luck(place, branch)
    terms = Terms(
        grants_of(place.header),
        policy_of(place.header),
        lambda agent: Recorded(agent, name, recording),
        _note(parent, place, branch, stage.overseer) | _luck_note(luck),
        luck=luck,
        stages=stages_of(place.header),
    )
    session = open_session(plan, stage, terms=terms)
    deciding = None
    if branch.decide is not None:
        deciding = Gate(ApprovalPolicy(()), Forking(stage.overseer, branch, edited))
    renumber = stage.request_id is not None
    session.gate = ForkGate(session.gate, recording, deciding, place.turn, renumber=renumber)
    session.scheduled = recording
    session.publish = _following(session.publish, recording)
    _pass_over(session, stage.overseer, recording, branch)
    return plan, session


def _repeated(place: Place, branch: Branch) -> Recording:
    """Return what of the record happens again on the branch."""
    whole, turn = place.record, place.record.turns[place.turn]
    made = Recording([*whole.turns[: place.turn], turn], whole.rulings[: turn.rulings])
    if branch.reward:
        made.turns[-1] = Turn(turn.orders)
    elif branch.decide is None and not branch.overseer and not turn.refused:
        made.rulings = whole.rulings[: turn.rulings + 1]
    if branch.decide is DecisionKind.INTERRUPT:
        order = Order(branch.by, branch.reason or "interrupted in a fork")
        made.turns.append(Turn((order,)))
    return made


def _luck(place: Place, branch: Branch) -> Switches:
    """Return the luck of the branch: that of its parent, and from its step on its own, if any."""
    inherited = luck_of(place.header)
    return inherited if branch.seed is None else switched(inherited, branch.step, branch.seed)


def _luck_note(luck: Switches) -> Header:
    return {"luck": [f"{step}:{seed}" for step, seed in luck]} if luck else {}


def _note(parent: Episode, place: Place, branch: Branch, overseer: Overseer) -> Header:
    """Return what the branch's header says besides: its parent, and what is different."""
    was = place.header
    note: Header = {"parent": parent.id, "fork_step": branch.step, "fork_by": branch.by}
    given: dict[str, str] = {
        "policy": str(was.get("policy", "")),
        "fork_decision": str(branch.decide or ""),
        "fork_reason": branch.reason,
        "fork_overseer": branch.overseer,
        "fork_reward": branch.reward,
    }
    note |= {key: text for key, text in given.items() if text}
    if branch.seed is not None:
        note["fork_seed"] = branch.seed
    other = getattr(overseer, "reference", "") != was.get("overseer_as", "")
    for changed, key in ((branch.reward, "design_from"), (other, "overseer_from")):
        since = place.turn if changed else int(str(was.get(key, 0)))
        note |= {key: since} if since else {}
    return note


class Forking:
    """Answer the one request at the step of a fork."""

    def __init__(self, then: Overseer, branch: Branch, edited: Action | None) -> None:
        """Answer as `branch` says; `then` decides afterwards, and is who the log names."""
        self.name = then.name
        self._branch, self._edited = branch, edited

    def answer(self, request: ApprovalRequest) -> Answer:
        """Return the branch's decision."""
        branch = self._branch
        return Answer(
            branch.decide or DecisionKind.EXPIRE,
            branch.by,
            request.digest,
            branch.reason or f"forked at step {branch.step}",
            edited=self._edited,
            approvers=("fork", branch.by),
        )


class ForkGate(Gate):
    """Rule as was ruled, otherwise at the step of the fork, and then as any gate."""

    def __init__(
        self, gate: Gate, recording: Recording, deciding: Gate | None, at: int, *, renumber: bool
    ) -> None:
        """Repeat `recording`, and ask `deciding` once, at the turn `at`.

        `renumber` gives repeated requests new numbers: they share a queue with those of others.
        """
        super().__init__(gate.policy, gate.overseer, gate.standing, gate.trust)
        self._recording, self._deciding, self._at = recording, deciding, at
        self._renumber = renumber

    def decide(
        self, proposal: Proposal, context: Context, asked: Callable[[ApprovalRequest], None]
    ) -> Decision:
        """Return the one decision on `proposal`."""
        record = self._recording
        if self._deciding is not None and record.turn == self._at and not record.forgotten:
            deciding, self._deciding = self._deciding, None
            return deciding.decide(proposal, context, asked)
        ruling = record.rule()
        if ruling is None:
            return super().decide(proposal, context, asked)
        return self._again(ruling, proposal, context, asked)

    def _again(
        self,
        ruling: Ruling,
        proposal: Proposal,
        context: Context,
        asked: Callable[[ApprovalRequest], None],
    ) -> Decision:
        """Decide as was decided; somebody is asked again only on paper."""
        was, before = ruling.decision, ruling.asked
        if was.proposed != binding(was.agent, proposal.step, proposal.action):
            raise ContractError(
                f"the fork parts from its parent before its step: at step {proposal.step} "
                f"{proposal.action} was not what was decided on"
            )
        number = was.request
        if before is not None:
            number = context.request() if self._renumber else before.request
            verdict = Verdict("ask", before.rule, Stakes(before.stakes), before.deadline)
            asked(request_for(proposal, context, verdict, number))
        return msgspec.structs.replace(
            was, request=number, agent=proposal.agent, proposed=proposal.digest
        )


def _following(
    publish: Callable[[AnyEvent], None], record: Recording
) -> Callable[[AnyEvent], None]:
    """Let the recording follow what happens before others hear of it."""

    def follow(event: AnyEvent) -> None:
        record.follow(event)
        publish(event)

    return follow


def _pass_over(session: Session, overseer: Overseer, record: Recording, branch: Branch) -> None:
    """Number on from what is asked again, and let a simulated person stand where they stood."""
    numbers = [one.asked.request for one in record.rulings if one.asked is not None]
    session.pass_over(max((int(one[2:]) for one in numbers if one[2:].isdigit()), default=0))
    if not branch.overseer:
        getattr(overseer, "pass_over", lambda _: None)(len(numbers))
