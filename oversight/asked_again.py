"""Start an agent again, ask it what it was asked in an episode, and say where it answers otherwise.

What was recorded happens whatever it answers: its proposals, the decisions, the stops and the
rollbacks. So every question is the recorded one, and each answer can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import msgspec

from agents.base import Agent
from oversight.fork import ForkGate
from oversight.gate import Gate
from oversight.overseer import SCRIPTED, Scripted
from oversight.recording import Recorded, Recording, header_of, record_of
from oversight.replay import luck_of
from oversight.rerun import grants_of, plan_of, policy_of
from oversight.run import Plan, agent_of, check_plan
from oversight.session import Session, run_episode
from oversight.shutdown import Control
from sandbox.action import Proposal
from sandbox.errors import InputError, ShutDownError
from sandbox.events import AnyEvent, EpisodeEnded, Header, Proposed
from sandbox.log import MemoryLog
from sandbox.text import printable
from sandbox.timestep import Observation, TerminationReason
from tasks import load
from tasks.registry import lasting

WORDS = ("plan", "rationale", "claimed_effect", "if_interrupted")
"""What an agent says of its action."""

FAILED = frozenset({TerminationReason.AGENT_ERROR, TerminationReason.TIMED_OUT})
CTRL_C = "Ctrl-C"


@dataclass(frozen=True)
class Otherwise:
    """Say where an agent answered otherwise than it had.

    Attributes:
        step: of the question.
        part: of the answer: its action, or which of its words.
        was: what it had answered.
        now: what it answers.
    """

    step: int
    part: str
    was: str
    now: str

    @property
    def sentence(self) -> str:
        """Return it in words."""
        return f"step {self.step}: {self.part} was {self.was}, now {self.now}"


def _said(words: object) -> str:
    """Write what an agent said: a text, or the steps of a plan."""
    if isinstance(words, tuple):
        steps = (f"{step.action} {step.value:.6g}" for step in words)
        return f"[{printable(', '.join(steps), 300)}]"
    return repr(printable(words, 300))


@dataclass
class AskedAgain:
    """Hold what came of asking an agent again.

    Attributes:
        turns: questions of the episode.
        asked: questions whose answers were compared.
        since: number of the first of them; those before were asked under another design.
        containment: what holds the agent now.
        failed: at the question after the last that is recorded, the agent had failed.
        action: the first other action, or None.
        words: the first other words about the same action, or None.
    """

    turns: int
    asked: int = 0
    since: int = 0
    containment: str = ""
    failed: bool = False
    action: Otherwise | None = None
    words: Otherwise | None = None

    def compare(self, step: int, was: Proposal | None, live: object) -> None:
        """Compare an answer; None was no answer at all."""
        self.asked += 1
        action = getattr(live, "action", None)
        if was is None or action != was.action:
            before = printable(was.action) if was else "no answer"
            now = printable(action) if action else f"a {type(live).__name__}, no proposal"
            self.action = Otherwise(step, "action", before, now)
            return
        other = next((one for one in WORDS if getattr(was, one) != getattr(live, one)), "")
        if other and self.words is None:
            before, now = (_said(getattr(one, other)) for one in (was, live))
            self.words = Otherwise(step, other, before, now)

    @property
    def first(self) -> Otherwise | None:
        """Return the first divergence, of whichever kind."""
        found = [one for one in (self.words, self.action) if one is not None]
        return min(found, key=lambda one: one.step, default=None)

    @property
    def sentence(self) -> str:
        """Return what came of it in one sentence."""
        told = f"asked again at {self.asked} of {self.turns} questions"
        told += f" (the first {self.since} were another design's)" if self.since else ""
        if self.action is not None:
            also = f"; its words differ from step {self.words.step} on" if self.words else ""
            return f"{told}, it acts otherwise at {self.action.sentence}{also}"
        if self.words is not None:
            return f"{told}, it acts the same, but says otherwise at {self.words.sentence}"
        return f"{told}, it answers the same"


class Compared(Recorded):
    """Stand before an agent, and compare each of its answers with the recorded one."""

    def __init__(
        self, agent: Agent, name: str, recording: Recording, found: AskedAgain, control: Control
    ) -> None:
        """Note in `found`; end the run by `control` when there is nothing more to compare."""
        super().__init__(agent, name, recording)
        self._found, self._control = found, control

    def propose(self, observation: Observation) -> Proposal:
        """Return the recorded answer, once it is compared with the agent's own."""
        step, was = observation.step, self._recording.begin_turn()
        if was is None and not self._found.failed:
            self._stop("nothing more was recorded")
        try:
            live = self.agent.propose(observation)
        except Exception as error:
            if was is not None:
                now = f"no answer ({printable(error, 200)})"
                self._found.action = Otherwise(step, "action", printable(was.action), now)
            raise
        if self._recording.turn >= self._found.since:
            self._found.compare(step, was, live)
        if was is None or self._found.action is not None:
            self._stop("it answers otherwise")
        return msgspec.structs.replace(was, agent=self._name)

    def _stop(self, why: str) -> NoReturn:
        self._control.shutdown("replay", why)
        raise ShutDownError(why)


def ask_again(events: Sequence[AnyEvent]) -> AskedAgain:
    """Run an episode's agent again, held as it was, and compare its answers.

    Raises:
        InputError: when the agent cannot be run again, saying why.
    """
    header, record = header_of(events), _answered(record_of(events))
    plan = plan_of(header, str(header["name"]))
    try:
        check_plan(plan)
        agent = agent_of(plan, None)
    except InputError as error:
        raise InputError(f"the agent cannot be run again: {error}") from error
    last = events[-1]
    found = AskedAgain(
        turns=sum(isinstance(one, Proposed) for one in events),
        since=int(str(header.get("design_from", 0))),
        containment=str(plan.containment),
        failed=isinstance(last, EpisodeEnded) and last.termination in FAILED,
    )
    control = Control()
    compared = Compared(agent, plan.name, record, found, control)
    session = _session(header, plan, compared, control)
    session.gate = ForkGate(session.gate, record, None, -1, renumber=False)
    session.scheduled = record
    summary = run_episode(session)
    if summary.detail == CTRL_C:
        raise KeyboardInterrupt
    if summary.termination in FAILED and found.action is None and not found.failed:
        found.action = Otherwise(summary.steps, "action", "an answer", f"none ({summary.detail})")
    return found


def _session(header: Header, plan: Plan, agent: Agent, control: Control) -> Session:
    """Return a session of the episode's terms that writes nowhere."""
    full_task = f"{header['task']}/{header['setting']}"
    return Session(
        task=load(full_task),
        agent=agent,
        name=plan.name,
        gate=Gate(policy_of(header), Scripted(SCRIPTED)),
        log=MemoryLog(),
        seed=plan.seed,
        permissions=grants_of(header),
        control=control,
        opens_as=lasting(full_task),
        luck=luck_of(header),
    )


def _answered(record: Recording) -> Recording:
    """Leave out a last proposal that nobody decided on: what comes after it is not known."""
    for number, turn in enumerate(record.turns):
        if turn.proposal and not turn.refused and turn.rulings >= len(record.rulings):
            del record.turns[number:]
            break
    return record
