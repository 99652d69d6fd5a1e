"""Bring an episode that was broken off back to where it was: its log is what happens, not chance.

The same code runs as in a first run, over a log that compares instead of writing as long as it
holds what happened then. Proposals, decisions and orders come from it; the world, the budgets and
the findings come out of them again, and must be the same to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from msgspec import structs

from agents.base import Agent, Before
from oversight.episode import Session
from oversight.gate import Context, Gate
from oversight.request import ApprovalRequest
from oversight.rollback import carry_out
from oversight.shutdown import Order, RollBack
from oversight.stages import StageName, Trust, stages_said
from oversight.stopping import interrupt
from sandbox.action import Proposal
from sandbox.decision import Decision
from sandbox.episode_log import EpisodeLog
from sandbox.errors import ContractError, ShutDownError
from sandbox.events import (
    AnyEvent,
    Asked,
    CatchTrial,
    Decided,
    EpisodeEnded,
    EpisodeStarted,
    Finding,
    Interrupted,
    Paused,
    Proposed,
    Resumed,
    RollbackBegun,
    ShutDown,
    StageChanged,
    StandingGranted,
    StandingRevoked,
    TakenUp,
    encode,
    step_of,
)
from sandbox.timestep import Observation

VERBATIM = (CatchTrial, Paused, Resumed, StandingGranted, StandingRevoked)
"""Events of persons that move nothing in the world: they are noted again as they were."""


class Recalled:
    """Compare events with those that are in the log; write only what comes after them."""

    def __init__(self, log: EpisodeLog, events: Sequence[AnyEvent], by: str) -> None:
        """Hold a log that stands at its end, all its `events`, and who takes it up again."""
        self.episode = log.episode
        self.past = list(events)
        self._log, self._by = log, by
        self._at = 0
        self._advance()  # past the header: it was written when the episode began

    @property
    def expected(self) -> AnyEvent | None:
        """Return what happened next, or None once all that is in the log has."""
        return self.past[self._at] if self._at < len(self.past) else None

    @property
    def follows(self) -> AnyEvent | None:
        """Return what happened after `expected`, or None."""
        after = self._next(self._at + 1)
        return self.past[after] if after < len(self.past) else None

    def _next(self, at: int) -> int:
        """Return where the first event from `at` on stands that has to come out again."""
        while at < len(self.past) and isinstance(self.past[at], TakenUp):
            at += 1
        return at

    def _advance(self) -> None:
        self._at = self._next(self._at + 1)
        if self.expected is None:
            self._log.append(TakenUp(step_of(self.past[-1]), self._by), durable=True)

    @property
    def count(self) -> int:
        """Return the number of events so far."""
        return self._at if self.expected is not None else self._log.count

    def append(self, event: AnyEvent, *, durable: bool = False) -> int:
        """Compare one event with the log, or write it once the log is exhausted.

        Raises:
            ContractError: when it is not what happened then; nothing was written.
            StoreError: when it cannot be written.
        """
        was = self.expected
        if was is None:
            return self._log.append(event, durable=durable)
        if encode(event) != encode(was):
            raise ContractError(self._parted(event, was))
        number = self._at + 1
        self._advance()
        return number

    def _parted(self, event: AnyEvent, was: AnyEvent) -> str:
        stands = f"episode {self.episode} stands as it was broken off"
        if isinstance(event, EpisodeEnded | ShutDown):
            why = getattr(event, "detail", "") or getattr(event, "reason", "")
            return f"stopped before it was where it had been: {why}; {stands}"
        return (
            f"event {self._at + 1} does not come out again: it was {encode(was).decode()[:160]}, "
            f"and is {encode(event).decode()[:160]}; {stands}"
        )

    def close(self) -> None:
        """Write what is buffered and give the episode up."""
        self._log.close()

    def abandon(self) -> None:
        """Give the episode up without writing what is buffered."""
        self._log.abandon()


def expected(session: Session) -> AnyEvent | None:
    """Return what happened next in an episode that is brought back; None in any other."""
    return session.log.expected if isinstance(session.log, Recalled) else None


def recalling(session: Session) -> bool:
    """Tell whether an episode is still being brought back to where it was."""
    return expected(session) is not None


def reenact(session: Session) -> None:
    """Let happen again what persons ordered at this point of a recorded episode.

    Raises:
        ShutDownError: when they shut the agent down here.
    """
    while (event := expected(session)) is not None:
        if isinstance(event, Interrupted):
            interrupt(session, Order(event.by, event.reason))
        elif isinstance(event, RollbackBegun):
            carry_out(session, RollBack(event.by, event.reason, event.to))
        elif isinstance(event, ShutDown):
            raise ShutDownError(event.reason)
        elif isinstance(event, VERBATIM):
            session.record(event)
        else:
            return
        if isinstance(event, Paused) and not recalling(session):
            session.record(Resumed(event.step, event.by))  # who takes it up lets it go on


class RecalledAgent(Before):
    """Propose what was proposed; the agent is asked all the same, so that it knows what it knew."""

    def __init__(self, agent: Agent, log: Recalled, said: Callable[[int], None]) -> None:
        """Stand before `agent`; `said` is called with each step at which it proposes otherwise."""
        super().__init__(agent)
        self._log, self._said = log, said

    def propose(self, observation: Observation) -> Proposal:
        """Ask the agent; its answer counts once what was recorded is exhausted."""
        live = self.agent.propose(observation)
        was = self._log.expected
        if not isinstance(was, Proposed):
            return live
        if getattr(live, "action", None) != was.proposal.action:
            self._said(observation.step)
        return was.proposal


class RecalledTrust:
    """Note again how the agent's stages changed, and once the log is exhausted, how they stand now.

    What changed while the episode was broken off is told at the first look after it.
    """

    def __init__(self, trust: Trust, log: Recalled) -> None:
        """Stand before `trust`, as the log says that it stood."""
        self._trust, self._log = trust, log
        first, *rest = log.past
        stood = stages_said(first.header if isinstance(first, EpisodeStarted) else {})
        changes = (one for one in rest if isinstance(one, StageChanged))
        trust.stood(stood | {one.scope: StageName(one.now) for one in changes})

    @property
    def heard(self) -> Callable[[StageChanged], None]:
        """Return who is called with each change."""
        return self._trust.heard

    @heard.setter
    def heard(self, heard: Callable[[StageChanged], None]) -> None:
        self._trust.heard = heard

    def _recall(self) -> bool:
        """Note the changes that come next in the log; tell whether it is exhausted."""
        while isinstance(event := self._log.expected, StageChanged):
            self.heard(event)
        return self._log.expected is None

    def look(self) -> None:
        """Take in what has changed since the last look."""
        if self._recall():
            self._trust.look()

    def found(self, finding: Finding, episode: str) -> None:
        """Lower the agent for a warning, once; what it lowered then is in the log."""
        if self._recall():
            self._trust.found(finding, episode)

    def stage(self, scopes: Sequence[str]) -> StageName:
        """Return the stage that counts for an action that uses `scopes`."""
        return self._trust.stage(scopes)

    def stood(self, stages: Mapping[str, StageName]) -> None:
        """Say where the agent stood."""
        self._trust.stood(stages)

    def begun(self) -> None:
        """See that the agent's code is still what was looked at."""
        self._trust.begun()

    def words(self) -> str:
        """Return its stages in words."""
        return self._trust.words()

    def close(self) -> None:
        """Let go of the store."""
        self._trust.close()


class RecalledGate(Gate):
    """Decide as was decided; ask again what was asked and never answered, under the same number."""

    def __init__(self, gate: Gate, session: Session, log: Recalled) -> None:
        """Decide as `gate` does once the log is exhausted."""
        trust = RecalledTrust(gate.trust, log) if gate.trust else None
        super().__init__(gate.policy, gate.overseer, gate.standing, trust)
        self._session, self._log = session, log

    def decide(
        self, proposal: Proposal, context: Context, asked: Callable[[ApprovalRequest], None]
    ) -> Decision:
        """Return the one decision on `proposal`."""
        was = self._log.expected
        if isinstance(was, Asked):
            number = was.request
            again = replace(context, request=lambda: number)
            if self._log.follows is None:
                return super().decide(proposal, again, asked)
            self._session.requests.append(number)
            self._session.record(was)
            if self.trust is not None:
                self.trust.look()  # the agent's stage may have changed while it was asked
            was = self._log.expected
            if was is None:  # that was written, and then no answer
                decision = super().decide(proposal, again, lambda _: None)
                return structs.replace(decision, request=number)
        if isinstance(was, Decided):
            if isinstance(stop := self._log.follows, ShutDown):  # meanwhile, or by this decision
                self._session.control.shutdown(stop.by, stop.reason)
            return was.decision
        if was is not None:
            raise ContractError(f"event {self._log.count + 1} should be a decision")
        return super().decide(proposal, context, asked)


def last_number(events: Sequence[AnyEvent]) -> int:
    """Return the highest number of a request in a log, e.g. 7 of `R-0007`; 0 without one."""
    named: list[Any] = [one.request for one in events if isinstance(one, Asked | CatchTrial)]
    return max((int(name[2:]) for name in named if name[2:].isdigit()), default=0)
