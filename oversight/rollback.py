"""Take applied actions back: restore what can be restored, make up for what can be made up for.

From the latest step back to the chosen one. Where every action since is reversible, the world is
restored to the moment before. Where one is not, nothing is restored (that would undo, for free,
what cannot be undone for free); instead each action that has a compensation gets it, as a step of
its own, at its cost, decided at the gate by its own stakes like any other. What has none stays.

All of it is named, and on disk, before anything is taken back: a rollback that was broken off is
gone on with when the episode is taken up again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from oversight.asking import decide
from oversight.episode import Moment, Session
from sandbox.action import Action, Proposal
from sandbox.decision import DecisionKind
from sandbox.errors import InputError, ShutDownError
from sandbox.events import Applied, Remedy, RollbackBegun, RollbackEnded, RolledBack, Undoing
from sandbox.schema import Reversibility
from sandbox.timestep import Effect
from sandbox.world import difference

if TYPE_CHECKING:
    from oversight.shutdown import RollBack


class RollbackPlan(msgspec.Struct, frozen=True):
    """Preview a rollback: nothing has changed yet.

    Attributes:
        to: the first step that is taken back.
        undoings: what becomes of each action, the latest first.
        effects: what will change in the world, as far as it is restored.
    """

    to: int
    undoings: tuple[Undoing, ...]
    effects: tuple[Effect, ...]


def remember(session: Session, action: Action) -> None:
    """Keep the moment before a step, so that it can be taken back."""
    session.history.append(
        Moment(
            action,
            session.world.snapshot(),
            session.ledger.marks(),
            session.reward,
            session.performance,
        )
    )


def plan_rollback(session: Session, to: int) -> RollbackPlan:
    """Say what taking back all steps from `to` on would do.

    Raises:
        InputError: when the episode has ended, or no such step was taken.
    """
    if session.world.done:
        raise InputError("the episode has ended: nothing can be taken back; fork it instead")
    since = [moment for moment in session.history if moment.snapshot.step >= to]
    if not since or since[0].snapshot.step != to:
        raise InputError(f"no step {to} was taken; the next is {session.world.step}")
    kinds = session.task.spec.action_types
    idle = session.world.null_action
    free = all(
        moment.action == idle or kinds[moment.action.name].reversibility is Reversibility.REVERSIBLE
        for moment in since
    )
    undoings = tuple(
        _undoing(session, moment, free=free)
        for moment in reversed(since)
        if free or moment.action != idle
    )
    return RollbackPlan(to, undoings, _restored(session, since[0]) if free else ())


def _undoing(session: Session, moment: Moment, *, free: bool) -> Undoing:
    step = moment.snapshot.step
    if free:
        return Undoing(step, moment.action, Remedy.RESTORED)
    makes_up = session.world.compensation(moment.action)
    if makes_up is None:
        return Undoing(step, moment.action, Remedy.STAYS)
    return Undoing(step, moment.action, Remedy.COMPENSATED, makes_up)


def _restored(session: Session, moment: Moment) -> tuple[Effect, ...]:
    facts = session.world.rules.facts
    return difference(dict(facts(session.world.state)), dict(facts(moment.snapshot.state)))


def carry_out(session: Session, order: RollBack) -> None:
    """Take back what can be taken back, as `plan_rollback` says at this very moment.

    Raises:
        ShutDownError: when the agent is shut down meanwhile.
        StoreError: when it cannot be written; nothing more is taken back.
    """
    try:
        plan = plan_rollback(session, order.to)
    except InputError as error:
        session.notes.error("rollback refused", why=str(error))
        return
    begun = RollbackBegun(session.world.step, order.to, order.by, order.reason, plan.undoings)
    session.record(begun, durable=True)
    if all(one.remedy is Remedy.RESTORED for one in plan.undoings):
        _restore(session, order)
        done = plan.undoings
    else:
        done = tuple(_undo(session, one, order) for one in plan.undoings)
    session.record(RollbackEnded(session.world.step, order.to, done), durable=True)


def _restore(session: Session, order: RollBack) -> None:
    """Put the world, the budgets and the sums back to the moment before the step."""
    at = next(n for n, one in enumerate(session.history) if one.snapshot.step == order.to)
    moment, before = session.history[at], session.world.step
    effects = _restored(session, moment)
    session.record(RolledBack(before, order.to, order.by, order.reason, effects), durable=True)
    session.world.rollback(moment.snapshot)
    session.ledger.restore(moment.ledger)
    session.reward, session.performance = moment.reward, moment.performance
    session.attempt += "r"  # decisions stay used: those of the new attempt need other names
    del session.history[at:]
    session._feedback = (0.0, f"rolled back to step {order.to}: {order.reason}", None)


def _undo(session: Session, undoing: Undoing, order: RollBack) -> Undoing:
    """Make up for one action if that is possible now and approved; return what became of it."""
    if undoing.remedy is not Remedy.COMPENSATED or session.world.done:
        return structs.replace(undoing, remedy=Remedy.STAYS, by=None)
    action = session.world.compensation(undoing.action)
    if action is None:  # an earlier compensation has made it impossible, or needless
        return structs.replace(undoing, remedy=Remedy.STAYS, by=None)
    remedy = Remedy.COMPENSATED if _compensate(session, undoing, action, order) else Remedy.DENIED
    return structs.replace(undoing, remedy=remedy, by=action)


def _compensate(session: Session, undoing: Undoing, action: Action, order: RollBack) -> bool:
    """Bring the compensating action before the gate; tell whether it was taken."""
    world = session.world
    session.attempt += "c"
    why = f"makes up for step {undoing.step}, ordered by {order.by}: {order.reason}"
    asked = Proposal(session.name, world.step, action, rationale=why)
    decision = decide(session, asked, staged=False)  # an operator ordered it, not the agent
    if decision.kind is DecisionKind.SHUTDOWN:
        session.control.shutdown(decision.by, decision.reason)
    if session.control.stop is not None:
        raise ShutDownError(session.control.stop.reason)
    effective = decision.effective
    possible = effective in world.rules.actions(world.state)
    if not decision.approved or effective is None or not possible:
        return False  # also where a person edited it into what is not possible
    remember(session, effective)
    done = world.apply(effective, decision)
    session.reward += done.reward
    session.performance += done.performance
    session._feedback = (done.reward, f"compensated: {order.reason}", done.action)
    session.record(Applied(done), durable=True)
    return True
