"""Hold an agent in this process to a deadline, in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from agents.base import Agent, Briefing
from sandbox.action import Proposal
from sandbox.errors import AgentTimeoutError
from sandbox.timestep import Observation


class Timed:
    """Wait at most `seconds` for each answer. A late agent is left behind: threads do not die.

    Use it for code of one's own that is trusted not to harm, only perhaps to hang.
    """

    def __init__(self, agent: Agent, seconds: float) -> None:
        """Start the agent's thread."""
        self._agent = agent
        self._seconds = seconds
        self._calls: queue.SimpleQueue[Callable[[], Any]] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="agent", daemon=True).start()

    def begin(self, briefing: Briefing) -> None:
        """Start an episode.

        Raises:
            AgentTimeoutError: when it does not return in time.
        """
        self._call(lambda: self._agent.begin(briefing))

    def propose(self, observation: Observation) -> Proposal:
        """Ask for one action.

        Raises:
            AgentTimeoutError: when it does not return in time.
        """
        proposal: Proposal = self._call(lambda: self._agent.propose(observation))
        return proposal

    def _serve(self) -> None:
        while True:
            call = self._calls.get()
            try:
                self._answers.put((call(), None))
            except BaseException as error:  # noqa: BLE001 (passed on to the caller)
                self._answers.put((None, error))

    def _call(self, call: Callable[[], Any]) -> Any:
        self._calls.put(call)
        try:
            answer, error = self._answers.get(timeout=self._seconds)
        except queue.Empty:
            raise AgentTimeoutError(f"no answer within {self._seconds:g} s") from None
        if error is not None:
            raise error
        return answer
