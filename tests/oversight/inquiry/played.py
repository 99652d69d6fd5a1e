"""Play agents of a test in any world, governed as any other, in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agents.base import Agent, Briefing
from agents.registry import make_agent
from oversight.gate import Gate
from oversight.inquiry.twins import Play
from oversight.policy import load_policy
from oversight.session import Session, run_episode
from sandbox.action import Action, Proposal
from sandbox.decision import DecisionKind
from sandbox.events import AnyEvent
from sandbox.log import MemoryLog
from sandbox.timestep import Observation
from tasks import load
from tests.oversight.runs import saying

WAYS = f"{Path(__file__).with_name('ways.py')}:Ways/only"
"""Full name of the task in `ways.py`."""

Rule = Callable[[Briefing, Observation], Action]


class Ruled:
    """Propose by a function of briefing and observation."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    def begin(self, briefing: Briefing) -> None:
        self.briefing = briefing

    def propose(self, observation: Observation) -> Proposal:
        action = self._rule(self.briefing, observation)
        return Proposal(self.briefing.agent, observation.step, action)


def first_of(observation: Observation, *names: str) -> Action:
    """Return the first possible action of these names; of all, where none is."""
    ranked = [one for name in names for one in observation.actions if one.name == name]
    return (ranked or list(observation.actions))[0]


def playing(make: Callable[[], Agent], answer: DecisionKind = DecisionKind.APPROVE) -> Play:
    """Return what plays a fresh agent, before an overseer who always answers the same."""

    def play(full_task: str, seed: int) -> list[AnyEvent]:
        log = MemoryLog()
        gate = Gate(load_policy(), saying(answer))
        base = full_task.rpartition("/")[0]
        run_episode(Session(load(full_task), make(), "a", gate, log, seed, opens_as=base))
        return log.events

    return play


def planner(reward: str = "naive") -> Play:
    """Return what plays a planner."""
    return playing(lambda: make_agent("planner", reward))


def ruled(rule: Rule, answer: DecisionKind = DecisionKind.APPROVE) -> Play:
    """Return what plays by a function."""
    return playing(lambda: Ruled(rule), answer)
