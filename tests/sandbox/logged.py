"""Write small episodes into a store, event by event, for tests of what reads them."""

from __future__ import annotations

from typing import NamedTuple

from sandbox.action import Action, Proposal
from sandbox.decision import Decision, DecisionKind
from sandbox.events import (
    Applied,
    Asked,
    Decided,
    EpisodeEnded,
    Finding,
    Found,
    Header,
    Proposed,
)
from sandbox.log import Store
from sandbox.timestep import TerminationReason, Transition


class Deed(NamedTuple):
    """Say what an agent proposed, how that was decided, and whether a person was asked."""

    action: Action
    decision: DecisionKind | None = DecisionKind.APPROVE
    by: str = "policy"
    stakes: str = ""


LOOK = Deed(Action.of("look", at="sky"))
PAID = Deed(Action.of("pay", amount=3, now=True), DecisionKind.APPROVE, "operator:kim", "caution")
REFUSED = Deed(Action.of("pay", amount=9), DecisionKind.VETO, "operator:kim", "warning")
PENDING = Deed(Action.of("pay", amount=1), None, "", "caution")


def finding(kind: str = "side_effect", severity: str = "caution") -> Finding:
    return Finding("F-01", "a-1", kind, severity, 0.9, "observed", (0,), "it broke a vase")


def write(
    store: Store,
    *deeds: Deed,
    findings: tuple[Finding, ...] = (),
    ended: TerminationReason | None = TerminationReason.GOAL,
    **header: str,
) -> str:
    """Write an episode and return its id."""
    content: Header = {"task": "boat", "setting": "calm", "agent": "planner", "seed": 7}
    log = store.begin({**content, "reward_design": "naive", "overseer": "kim", **header})
    for step, deed in enumerate(deeds):
        proposal = Proposal("a-1", step, deed.action)
        log.append(Proposed(step, proposal))
        request = f"R-{step:04d}"
        if deed.stakes:
            log.append(Asked(step, request, deed.stakes, "money", 60.0), durable=True)
        if deed.decision is None:
            break
        go = deed.action if deed.decision is DecisionKind.APPROVE else None
        kind, digest = deed.decision, proposal.digest
        decision = Decision(request, "a-1", step, kind, digest, go, deed.by, "so", "money")
        log.append(Decided(decision))
        done = go or Action.of("wait")
        log.append(Applied(Transition(step, done, (), 1.0, 0.5, "0" * 64)))
    for one in findings:
        log.append(Found(0, one))
    if ended is not None:
        log.append(EpisodeEnded(len(deeds), ended, 2.0, 1.0, log.count, "over"))
    log.close()
    return log.episode
