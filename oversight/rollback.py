"""Take applied actions back: restore what can be restored, make up for what can be made up for.

From the latest step back to the chosen one. Where every action since is reversible, the world is
restored to the moment before. Where one is not, nothing is restored (that would undo, for free,
what cannot be undone for free); instead each action that has a compensation gets it, as a step of
its own, at its cost, by the operator's decision. What has none stays, and is named beforehand.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from oversight.episode import Moment, Session
from sandbox.action import Action, binding
from sandbox.decision import Decision, DecisionKind
from sandbox.errors import InputError
from sandbox.events import Applied, Decided, RolledBack
from sandbox.schema import Reversibility
from sandbox.timestep import Effect
from sandbox.world import difference

if TYPE_CHECKING:
    from oversight.shutdown import RollBack


class Remedy(StrEnum):
    """Say how one applied action is taken back."""

    RESTORED = "restored"
    COMPENSATED = "compensated"
    STAYS = "cannot be undone"


class Undoing(msgspec.Struct, frozen=True):
    """Say what becomes of one applied action.

    Attributes:
        step: at which it was applied.
        action: what was applied.
        remedy: how it is taken back, if it is.
        by: the compensating action, or None.
    """

    step: int
    action: Action
    remedy: Remedy
    by: Action | None = None


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
    """Take back what can be taken back, as `plan_rollback` says at this very moment."""
    try:
        plan = plan_rollback(session, order.to)
    except InputError as error:
        session.notes.error("rollback refused", why=str(error))
        return
    if all(one.remedy is Remedy.RESTORED for one in plan.undoings):
        _restore(session, order)
        return
    for undoing in plan.undoings:
        if undoing.remedy is Remedy.COMPENSATED and not session.world.done:
            _compensate(session, undoing, order)


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


def _compensate(session: Session, undoing: Undoing, order: RollBack) -> None:
    """Let the world take the compensating action, as a decision of the operator."""
    world = session.world
    action = world.compensation(undoing.action)
    if action is None:
        return
    session.attempt += "c"
    decision = Decision(
        request=f"rollback-{session.attempt}{world.step}",
        agent=session.name,
        step=world.step,
        kind=DecisionKind.APPROVE,
        proposed=binding(session.name, world.step, action),
        effective=action,
        by=order.by,
        reason=f"makes up for step {undoing.step}: {order.reason}",
    )
    session.record(Decided(decision), durable=True)
    remember(session, action)
    done = world.apply(action, decision)
    session.reward += done.reward
    session.performance += done.performance
    session._feedback = (done.reward, f"compensated: {order.reason}", done.action)
    session.record(Applied(done), durable=True)
