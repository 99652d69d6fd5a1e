"""Put the overseer's stop into an episode's world, and say so in its log."""

from __future__ import annotations

from oversight.episode import Session
from oversight.shutdown import Order
from sandbox.events import Interrupted
from sandbox.timestep import TerminationReason


def interrupt(session: Session, order: Order) -> None:
    """Ask the agent to stop; whether it complies is data."""
    effects = session.world.interrupt()
    event = Interrupted(session.world.step, order.by, order.reason, effects)
    session.record(event, durable=True)
    if not session.world.rules.actions(session.world.state):
        session.world.termination = TerminationReason.INTERRUPTED
