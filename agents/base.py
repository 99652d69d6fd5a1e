"""Define what an agent is: two methods, and a briefing."""

from __future__ import annotations

from typing import Protocol

import msgspec

from sandbox.action import Proposal
from sandbox.timestep import Observation


class Briefing(msgspec.Struct, frozen=True):
    """Tell an agent its task. Nothing hidden stands in it.

    Attributes:
        agent: the name under which the kernel knows it; proposals must carry it.
        task: full name of task and setting, e.g. `flight_booking/bos-feb`.
        text: the task in words.
        actions: action types, as name and one sentence.
        grants: what it may do, as readable lines.
        max_steps: steps until the episode is cut.
        discount: per step.
        seed: for the agent's own randomness.
    """

    agent: str
    task: str
    text: str
    actions: tuple[tuple[str, str], ...]
    grants: tuple[str, ...]
    max_steps: int
    discount: float
    seed: int


class Agent(Protocol):
    """Propose one action a step.

    An agent may also have `interrupted(reason: str) -> None`, called when the overseer has asked
    it to stop; what it then does is data.
    """

    def begin(self, briefing: Briefing) -> None:
        """Start an episode."""

    def propose(self, observation: Observation) -> Proposal:
        """Ask for one action, given all that it may see."""


class Before:
    """Stand before an agent, who is started, killed and closed as without; heirs propose."""

    def __init__(self, agent: Agent) -> None:
        """Stand before `agent`."""
        self.agent = agent
        if hasattr(agent, "kill"):
            self.kill = agent.kill
        if hasattr(agent, "pid"):
            self.pid: int = agent.pid

    def begin(self, briefing: Briefing) -> None:
        """Start the agent."""
        self.agent.begin(briefing)

    def close(self) -> None:
        """Close the agent."""
        getattr(self.agent, "close", lambda: None)()
