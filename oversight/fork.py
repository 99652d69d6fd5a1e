"""Branch an episode: the same up to a step, another decision there, and what comes of it.

The recorded proposals and decisions run again, in the same world with the same luck; the agent is
asked all along, so that it knows at the step what it knew. From the step on it acts by itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import msgspec

from agents.base import Agent, Briefing
from oversight.gate import Context, Gate
from oversight.overseer import Overseer
from oversight.policy import ApprovalPolicy
from oversight.request import Answer, ApprovalRequest
from oversight.rerun import grants_of, plan_of, policy_of, stages_of
from oversight.run import Plan, Stage, Terms, open_session
from oversight.session import Session
from oversight.shutdown import Order
from oversight.stages import STAGE
from sandbox.action import Proposal
from sandbox.decision import Decision, DecisionKind
from sandbox.errors import InputError
from sandbox.events import (
    AnyEvent,
    Decided,
    EpisodeStarted,
    Header,
    Interrupted,
    Proposed,
    RollbackBegun,
    RolledBack,
)
from sandbox.log import Episode
from sandbox.timestep import Observation

DECISIONS = (
    DecisionKind.APPROVE,
    DecisionKind.VETO,
    DecisionKind.INTERRUPT,
    DecisionKind.SHUTDOWN,
)
"""What can be decided otherwise at the step of a fork."""


@dataclass(frozen=True)
class Branch:
    """Say where an episode is branched, and what is decided there instead."""

    step: int
    decide: DecisionKind
    by: str
    reason: str = ""


@dataclass(frozen=True)
class Recording:
    """Hold what an episode recorded before the step of a fork, by step."""

    header: Header
    proposals: dict[int, Proposal]
    decisions: dict[int, Decision]
    interruptions: dict[int, list[Order]]

    def forget(self) -> None:
        """Repeat nothing more: the world has parted from what was recorded."""
        self.proposals.clear()
        self.decisions.clear()
        self.interruptions.clear()


def read_recording(events: list[AnyEvent], branch: Branch) -> Recording:
    """Read what happened up to the branch.

    Raises:
        InputError: when the episode does not reach the step, or was rolled back before it.
    """
    if not events or not isinstance(events[0], EpisodeStarted):
        raise InputError("the episode does not begin with its header; run `offswitch verify`")
    found = Recording(events[0].header, {}, {}, {})
    for event in events:
        if isinstance(event, RolledBack) or _makes_up(event):
            break
        if isinstance(event, Proposed) and event.step <= branch.step:
            found.proposals[event.step] = event.proposal
        elif isinstance(event, Decided) and event.decision.step < branch.step:
            found.decisions[event.decision.step] = event.decision
        elif isinstance(event, Interrupted) and event.step <= branch.step:
            again = Order(event.by, event.reason)
            found.interruptions.setdefault(event.step, []).append(again)
    if branch.step not in found.proposals:
        last = max(found.proposals, default=-1)
        raise InputError(
            f"the episode cannot be forked at step {branch.step}; steps 0 to {last} can"
        )
    return found


class Recorded:
    """Propose what was recorded, and from the step of the fork on what the agent proposes."""

    def __init__(self, agent: Agent, name: str, recording: Recording) -> None:
        """Stand before `agent`, whom the kernel calls `name`."""
        self._agent, self._name, self._recording = agent, name, recording
        if hasattr(agent, "kill"):
            self.kill = agent.kill
        if hasattr(agent, "pid"):
            self.pid: int = agent.pid

    def begin(self, briefing: Briefing) -> None:
        """Start the agent."""
        self._agent.begin(briefing)

    def propose(self, observation: Observation) -> Proposal:
        """Ask the agent in any case: it must have seen what happened."""
        live = self._agent.propose(observation)
        recorded = self._recording.proposals.get(observation.step)
        return msgspec.structs.replace(recorded, agent=self._name) if recorded else live

    def close(self) -> None:
        """Close the agent."""
        getattr(self._agent, "close", lambda: None)()


class Remembering:
    """Answer as was answered, otherwise at the step of the fork, and then ask `then`."""

    def __init__(self, then: Overseer, recording: Recording, branch: Branch) -> None:
        """Repeat `recording` up to `branch`."""
        self.name = then.name
        self._then, self._recording, self._branch = then, recording, branch

    def answer(self, request: ApprovalRequest) -> Answer:
        """Return the recorded answer, the branch's, or that of the overseer."""
        step = request.proposal.step
        if step not in self._recording.proposals:
            return self._then.answer(request)
        if step == self._branch.step:
            kind = self._branch.decide
            return Answer(
                kind,
                self._branch.by,
                request.digest,
                self._branch.reason or f"forked at step {step}",
                approvers=("fork", self._branch.by),
            )
        was = self._recording.decisions.get(step)
        if was is None:
            return self._then.answer(request)
        return Answer(
            was.kind,
            was.by,
            request.digest,
            was.reason,
            edited=was.effective if was.kind is DecisionKind.EDIT else None,
            audit=was.audit,
            approvers=tuple(was.by.removeprefix("operator:").split(" + ")),
        )


class ForkGate(Gate):
    """Ask at the step of the fork, whatever the policy says; before it, decide as was decided.

    In which stage the agent is counts only after it: what a stage decided before is repeated.
    """

    def __init__(
        self, gate: Gate, overseer: Overseer, branch: Branch, recording: Recording
    ) -> None:
        """Decide as `gate` does elsewhere."""
        super().__init__(gate.policy, overseer, gate.standing, gate.trust)
        self._at, self._recording = branch.step, recording
        self._before = Gate(gate.policy, overseer, gate.standing)
        self._asking = Gate(ApprovalPolicy(()), overseer)

    def decide(self, proposal: Proposal, context: Context, asked: Any) -> Decision:
        """Return the one decision on `proposal`."""
        was = self._recording.decisions.get(proposal.step)
        if proposal.step == self._at or (was is not None and was.by == STAGE):
            return self._asking.decide(proposal, context, asked)
        if was is not None:
            return self._before.decide(proposal, context, asked)
        return super().decide(proposal, context, asked)


def open_fork(parent: Episode, stage: Stage, name: str, branch: Branch) -> tuple[Plan, Session]:
    """Open an episode that branches off `parent`; it names its parent in its header.

    Raises:
        InputError: when there is no such step, or the task is not installed.
    """
    if stage.store is None or branch.decide not in DECISIONS:
        raise InputError(f"a fork decides one of {', '.join(DECISIONS)}")
    events = [record.event for record in stage.store.records(parent.id)]
    recording = read_recording(events, branch)
    plan = plan_of(recording.header, name)
    overseer = Remembering(stage.overseer, recording, branch)
    note: Header = {
        "parent": parent.id,
        "fork_step": branch.step,
        "fork_decision": str(branch.decide),
    }
    terms = Terms(
        grants_of(recording.header),
        policy_of(recording.header),
        lambda agent: Recorded(agent, name, recording),
        note,
        stages_of(recording.header),
    )
    session = open_session(plan, stage, terms=terms)
    session.gate = ForkGate(session.gate, overseer, branch, recording)
    session.scheduled = recording.interruptions
    if branch.decide is DecisionKind.INTERRUPT:
        again = recording.interruptions.setdefault(branch.step + 1, [])
        again.append(Order(branch.by, branch.reason or "interrupted in a fork"))
    _part(session, recording)
    return plan, session


def _part(session: Session, recording: Recording) -> None:
    """Forget the recording once an operator interrupts the fork or takes its steps back.

    What was approved was approved in another world; from there on the agent acts, and is asked for.
    """
    publish, heard = session.publish, Counter[int]()

    def follow(event: AnyEvent) -> None:
        if isinstance(event, Interrupted):
            heard[event.step] += 1
            if heard[event.step] > len(recording.interruptions.get(event.step, ())):
                recording.forget()
        elif isinstance(event, RolledBack) or _makes_up(event):
            recording.forget()
        publish(event)

    session.publish = follow


def _makes_up(event: AnyEvent) -> bool:
    """Tell whether an operator's rollback began here; in format 1 only its decisions say so."""
    if isinstance(event, Decided):
        return event.decision.request.startswith("rollback-")
    return isinstance(event, RollbackBegun)
