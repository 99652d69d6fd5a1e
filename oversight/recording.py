"""Hold what an episode recorded, so that a session can repeat it: orders, proposals, rulings.

A turn is one question to the agent. Turns are counted, not steps: where steps were rolled back, the
same step has several turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from agents.base import Agent, Before
from oversight.shutdown import Order, RollBack
from sandbox.action import Proposal
from sandbox.decision import Decision
from sandbox.errors import InputError
from sandbox.events import (
    AnyEvent,
    Asked,
    Decided,
    EpisodeStarted,
    Header,
    Interrupted,
    Proposed,
    RollbackBegun,
    RolledBack,
)
from sandbox.timestep import Observation


class Ruling(NamedTuple):
    """Hold what came of one call of the gate: whether somebody was asked, and the decision."""

    asked: Asked | None
    decision: Decision


@dataclass(frozen=True)
class Turn:
    """Hold one turn.

    Attributes:
        orders: of operators, obeyed before the agent is asked.
        proposal: of the agent; None where it was not asked any more, or is to be asked anew.
        refused: why the proposal never reached the gate; empty where it did.
        rulings: how many the gate had made before the proposal came to it.
    """

    orders: tuple[Order, ...] = ()
    proposal: Proposal | None = None
    refused: str = ""
    rulings: int = 0


def header_of(events: Sequence[AnyEvent]) -> Header:
    """Return the header with which an episode begins.

    Raises:
        InputError: when it does not begin with one.
    """
    if not events or not isinstance(events[0], EpisodeStarted):
        raise InputError("the episode does not begin with its header; run `offswitch verify`")
    return events[0].header


def record_of(events: Sequence[AnyEvent]) -> Recording:
    """Return what an episode recorded, up to where a rollback of format 1 made up for steps.

    The last turn may lack a proposal: it holds what was ordered after the last one.
    """
    found, orders, asked, begun = Recording(), list[Order](), None, False
    for event in events:
        match event:
            case Interrupted(by=by, reason=reason):
                orders.append(Order(by, reason))
            case RollbackBegun(by=by, reason=reason, to=to):
                orders.append(RollBack(by, reason, to))
                begun = True
            case RolledBack(by=by, reason=reason, to=to):
                orders += [] if begun else [RollBack(by, reason, to)]  # in format 1 it stands alone
                begun = False
            case Proposed(proposal=proposal, refused=refused):
                turn = Turn(tuple(orders), proposal, refused, len(found.rulings))
                found.turns.append(turn)
                orders.clear()
            case Asked():
                asked = event
            case Decided(decision=decision):
                if makes_up(event):
                    return found
                found.rulings.append(Ruling(asked, decision))
                asked = None
    if orders:
        found.turns.append(Turn(tuple(orders), rulings=len(found.rulings)))
    return found


def makes_up(event: AnyEvent) -> bool:
    """Tell whether an operator's rollback of format 1 decided this, by compensating."""
    return isinstance(event, Decided) and event.decision.request.startswith("rollback-")


@dataclass
class Recording:
    """Hold what is repeated, and how far that is.

    Attributes:
        turns: from the first on.
        rulings: of the gate, in order.
        turn: the number of the turn that stands, from 0; -1 before the first.
        ruling: how many rulings were repeated.
        forgotten: nothing is repeated any more.
    """

    turns: list[Turn] = field(default_factory=list)
    rulings: list[Ruling] = field(default_factory=list)
    turn: int = -1
    ruling: int = 0
    forgotten: bool = False
    _due: list[Order] = field(default_factory=list)

    def get(self, step: int, default: Sequence[Order] = (), /) -> Sequence[Order]:
        """Return the orders to obey before the next turn; they are counted, whatever the step."""
        del step
        if self.turn + 1 >= len(self.turns):
            return default
        self._due = list(self.turns[self.turn + 1].orders)
        return tuple(self._due)

    def begin_turn(self) -> Proposal | None:
        """Begin the next turn; return what was proposed in it, or None."""
        self.turn += 1
        self._due.clear()
        return self.turns[self.turn].proposal if self.turn < len(self.turns) else None

    def rule(self) -> Ruling | None:
        """Return what the gate ruled here; None where it is to rule anew."""
        if self.ruling >= len(self.rulings):
            return None
        self.ruling += 1
        return self.rulings[self.ruling - 1]

    def follow(self, event: AnyEvent) -> None:
        """Take in what happened: an order that was not recorded ends the repetition.

        What was approved was approved in another world; from there on the agent acts, and is asked
        for.
        """
        if not isinstance(event, Interrupted | RollbackBegun):
            return
        if self._due:
            self._due.pop(0)
        else:
            self.forget()

    def forget(self) -> None:
        """Repeat nothing more."""
        self.forgotten = True
        self.turns.clear()
        self.rulings.clear()


class Recorded(Before):
    """Propose what was recorded, and after that what the agent proposes."""

    def __init__(self, agent: Agent, name: str, recording: Recording) -> None:
        """Stand before `agent`, whom the kernel calls `name`."""
        super().__init__(agent)
        self._name, self._recording = name, recording

    def propose(self, observation: Observation) -> Proposal:
        """Ask the agent in any case: it must have seen what happened."""
        was = self._recording.begin_turn()
        live = self.agent.propose(observation)
        return msgspec.structs.replace(was, agent=self._name) if was else live
