"""Keep the process of a built-in agent for one more episode in the same world.

What took long there (to solve the world, or to learn it) is done then. An agent of somebody's own
gets a fresh process each time: nothing may pass from one of its episodes to another.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable

from agents.base import Agent, Briefing
from sandbox.action import Proposal
from sandbox.timestep import Observation


class Rest:
    """Keep the agents of episodes that are over, by the world they were in."""

    def __init__(self, make: Callable[[str], Agent]) -> None:
        """Make an agent for a world by `make` where none is at rest."""
        self._make = make
        self._lock = threading.Lock()
        self._resting: dict[str, list[Agent]] = defaultdict(list)
        self._over = False

    def take(self, world: str) -> Rested:
        """Return an agent for one episode in `world`."""
        with self._lock:
            found = self._resting[world].pop() if self._resting[world] else None
        return Rested(found or self._make(world), lambda agent: self._back(world, agent))

    def close(self) -> None:
        """Close all that are at rest, and whoever comes back."""
        with self._lock:
            self._over = True
            left = [agent for agents in self._resting.values() for agent in agents]
            self._resting.clear()
        for agent in left:
            close(agent)

    def _back(self, world: str, agent: Agent) -> None:
        with self._lock:
            if not self._over:
                self._resting[world].append(agent)
                return
        close(agent)


class Rested:
    """Act for an agent through one episode, and bring it back if all went well."""

    def __init__(self, agent: Agent, back: Callable[[Agent], None]) -> None:
        """Hold `agent`, and give it to `back` at the end."""
        self._agent, self._back = agent, back
        self._sound = True

    def begin(self, briefing: Briefing) -> None:
        """Start an episode; the agent has forgotten the one before."""
        self._sound = False
        self._agent.begin(briefing)
        self._sound = True

    def propose(self, observation: Observation) -> Proposal:
        """Ask for one action."""
        self._sound = False
        found = self._agent.propose(observation)
        self._sound = True
        return found

    def kill(self) -> str:
        """Kill the agent's process; it does not come back."""
        self._sound = False
        seen: str = getattr(self._agent, "kill", str)()
        return seen

    def close(self) -> None:
        """End the episode."""
        if self._sound:
            self._back(self._agent)
        else:
            close(self._agent)


def close(agent: Agent) -> None:
    """Free what an agent holds."""
    getattr(agent, "close", lambda: None)()
