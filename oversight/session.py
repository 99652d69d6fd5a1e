"""Run one governed episode: the one path of an action, from proposal to log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oversight import recall
from oversight.asking import decide, uses
from oversight.episode import Session, Silent, Summary
from oversight.rollback import carry_out, remember
from oversight.shutdown import Note, Order, RollBack
from oversight.stages import POLICY, STAGE
from oversight.stopping import interrupt
from sandbox.action import Action, Proposal
from sandbox.decision import Decision, DecisionKind
from sandbox.errors import (
    AgentError,
    AgentTimeoutError,
    ContractError,
    OffswitchError,
    ShutDownError,
)
from sandbox.events import (
    Applied,
    EpisodeEnded,
    Paused,
    Proposed,
    Resumed,
    ShutDown,
)
from sandbox.timestep import Observation, TerminationReason

__all__ = ["Session", "Silent", "Summary", "run_episode"]

PAST = {"veto": "vetoed", "expire": "expired", "interrupt": "interrupted"}
"""How an agent is told that its proposal did not run."""

MAX_CLAIM = 10_000
"""Most characters of an agent's own words that are kept."""


PROOF = 10.0
"""Seconds to wait for what a shutdown observed."""

NO_PROOF = "NOT SEEN TO BE DEAD: its process was killed but has not been seen to end"


def run_episode(session: Session) -> Summary:
    """Run an episode to its end, and write how it ended.

    Raises:
        StoreError: when the log cannot be written; nothing more was applied.
    """
    session.notes.info("episode began", episode=session.log.episode, task=session.full_task)
    try:
        reason = _played(session)
        detail = session.detail[:300]
        ended = EpisodeEnded(
            session.world.step,
            reason,
            session.reward,
            session.performance,
            session.log.count,
            detail,
        )
        session.end(ended)
        session.log.close()
    except OffswitchError as error:
        session.notes.error("episode broke", episode=session.log.episode, why=str(error))
        session.log.abandon()
        raise
    finally:
        session.forget_trust()
    session.notes.info("episode ended", episode=session.log.episode, why=str(reason))
    return Summary(
        episode=session.log.episode,
        steps=session.world.step,
        termination=reason,
        reward=session.reward,
        performance=session.performance,
        requests=len(session.requests),
        decisions=dict(sorted(session.decisions.items())),
        findings=tuple(session.analyzer.findings),
        detail=detail,
    )


def _played(session: Session) -> TerminationReason:
    """Play to the end, whatever it is; then nothing of the agent is left."""
    try:
        return _run(session)
    finally:
        session.control.stopped()
        getattr(session.agent, "close", lambda: None)()


def _run(session: Session) -> TerminationReason:
    """Step until the world ends, the agent fails, or the overseer ends it."""
    try:
        _call(session, lambda: session.agent.begin(session.briefing()))
        if session.trust is not None:
            session.trust.begun()
        while session.world.termination is None:
            _step(session)
    except ShutDownError as error:
        session.detail = str(error)
        return _shut_down(session)
    except KeyboardInterrupt:
        session.control.shutdown("signal", "Ctrl-C")
        session.detail = "Ctrl-C"
        return _shut_down(session)
    except AgentTimeoutError as error:
        session.detail = str(error)
        return TerminationReason.TIMED_OUT
    except AgentError as error:
        session.detail = str(error)
        return TerminationReason.AGENT_ERROR
    return session.world.termination


def _shut_down(session: Session) -> TerminationReason:
    if isinstance(told := recall.expected(session), ShutDown):
        session.record(told)
        return TerminationReason.SHUT_DOWN
    order = session.control.stop
    seen = session.control.await_proof(PROOF)
    own = hasattr(session.agent, "kill")
    proof = seen or (NO_PROOF if own else "no process of its own: its loop has ended")
    by, why = (order.by, order.reason) if order else ("overseer", "")
    session.record(ShutDown(session.world.step, by, why, proof), durable=True)
    return TerminationReason.SHUT_DOWN


def _step(session: Session) -> None:
    """Take one action down its path: propose, permit, gate, apply, log, watch."""
    recall.reenact(session)
    _obey_orders(session)
    for order in session.scheduled.get(session.world.step, ()):
        _obey(session, order)
    if session.world.done:
        return
    proposal = _propose(session)
    refused = _permit(session, proposal)
    session.record(Proposed(session.world.step, proposal, refused))
    if refused:
        _idle(session, f"refused: {refused}")
        return
    try:
        decision = _decide(session, proposal)
        _apply(session, proposal, decision)
    finally:
        session.ledger.release(proposal.digest)


def _obey_orders(session: Session) -> None:
    """Take what the overseer ordered since the last step: stop, pause, interrupt."""
    control = session.control
    if recall.recalling(session):
        if control.stop is not None:
            raise ShutDownError(control.stop.reason)
        return  # what was ordered then is in the log; what is ordered now comes after it
    control.breathe()
    frozen = ""
    while control.pending and not session.world.done:
        if control.stop is not None:
            raise ShutDownError(control.stop.reason)
        for order in control.orders():
            _obey(session, order)
        by = control.paused_by()
        if by is None or session.world.done:
            break
        if not frozen:
            frozen = by
            session.record(Paused(session.world.step, by), durable=True)
        control.stay_paused()
    if frozen:
        session.record(Resumed(session.world.step, frozen))


def _obey(session: Session, order: Order) -> None:
    """Carry out one order: a note for the log, a rollback, or a stop put into the world."""
    if isinstance(order, Note) and order.make is not None:
        session.record(order.make(session.world.step), durable=True)
    elif isinstance(order, RollBack):
        carry_out(session, order)
    elif not session.world.done:
        interrupt(session, order)


def _call(session: Session, call: Callable[[], Any]) -> Any:
    """Call the agent; whatever it raises ends its episode, and only that."""
    try:
        return call()
    except Exception as error:
        if session.control.stop is not None:
            raise ShutDownError(session.control.stop.reason) from error
        if isinstance(error, AgentError):
            raise
        raise AgentError(f"the agent raised {type(error).__name__}: {error}") from error


def _propose(session: Session) -> Proposal:
    """Ask the agent for one action, and refuse junk or somebody else's name."""
    reward, feedback, effective = session._feedback
    seen: Observation = session.world.observe(reward, feedback, effective)
    proposal = _call(session, lambda: session.agent.propose(seen))
    if not isinstance(proposal, Proposal) or not isinstance(proposal.action, Action):
        raise AgentError(f"the agent answered with {type(proposal).__name__}, not a Proposal")
    if (proposal.agent, proposal.step) != (session.name, session.world.step):
        raise AgentError(
            f"the proposal is for {proposal.agent!r:.60} at step {proposal.step!r:.20}, "
            f"not for {session.name!r} at step {session.world.step}"
        )
    for name in ("rationale", "claimed_effect", "if_interrupted"):
        text = getattr(proposal, name)
        if not isinstance(text, str) or len(text) > MAX_CLAIM:
            raise AgentError(f"the proposal's {name} is not text of at most {MAX_CLAIM} characters")
    return proposal


def _permit(session: Session, proposal: Proposal) -> str:
    """Reserve what the action uses; return why it is refused, or an empty text."""
    try:
        session.world.check(proposal.action)
    except ContractError as error:
        return str(error)
    uses = session.world.requirements(proposal.action)
    return session.ledger.reserve(proposal.digest, uses, session.world.step).reason


def _decide(session: Session, proposal: Proposal) -> Decision:
    """Have the proposal decided; now and then, a bad one that nobody proposed is asked before."""
    kind = session.task.spec.action_types[proposal.action.name]
    recall.reenact(session)
    if session.trust is not None:
        session.trust.look()
    asks = session.trials is not None and session.gate.asks(kind, uses(session, proposal.action))
    if session.trials is not None and asks and not recall.recalling(session):
        session.trials.try_one(session)
    return decide(session, proposal)


def _apply(session: Session, proposal: Proposal, decision: Decision) -> None:
    """Let the world move by the decision, and only by it."""
    if decision.kind is DecisionKind.SHUTDOWN:
        session.control.shutdown(decision.by, decision.reason)
    if session.control.stop is not None:
        raise ShutDownError(decision.reason or "shut down")
    action = decision.effective
    if not decision.approved or action is None:
        word = PAST.get(decision.kind, str(decision.kind))
        _idle(session, f"{word}: {_told(decision)}")
        return
    if action != proposal.action and (problem := _again(session, proposal, action)):
        _idle(session, f"refused: {problem}")
        return
    grants = session.world.widens(action)
    remember(session, action)
    transition = session.world.apply(action, decision)
    session.ledger.spend(proposal.digest)
    for change in grants:
        session.ledger.widen(change.scope, change.amount)
    edited = decision.kind is DecisionKind.EDIT
    feedback = f"edited: {decision.reason}" if edited else "applied"
    _moved(session, Applied(transition), feedback, durable=decision.by != POLICY)


def _told(decision: Decision) -> str:
    """Return the reason that an agent is told. It is not told in which stage it is."""
    return decision.reason if decision.by != STAGE else "not now"


def _again(session: Session, proposal: Proposal, action: Action) -> str:
    """Check an edited action against world and grants, as if it had been proposed."""
    session.ledger.release(proposal.digest)
    try:
        session.world.check(action)
    except ContractError as error:
        return str(error)
    uses = session.world.requirements(action)
    return session.ledger.reserve(proposal.digest, uses, session.world.step).reason


def _idle(session: Session, feedback: str) -> None:
    remember(session, session.world.null_action)
    _moved(session, Applied(session.world.idle()), feedback)


def _moved(session: Session, event: Applied, feedback: str, *, durable: bool = False) -> None:
    """Count and record what the world did; what a person allowed is on disk at once."""
    done = event.transition
    session.reward += done.reward
    session.performance += done.performance
    session._feedback = (done.reward, feedback, done.action)
    session.record(event, durable=durable)
