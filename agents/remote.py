"""Speak to an agent in a process of its own, and kill it from outside.

The operating system holds the process (`sandbox.confine`), unless a person said otherwise: then
it may do whatever its user may. Either way each answer has a deadline, and a shutdown does not
depend on the agent's goodwill.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agents.base import Briefing
from agents.host import Begin, Call, Failed, Propose, Proposed, Ready, Reply
from sandbox.action import Proposal
from sandbox.confine.held import Held
from sandbox.confine.levels import Level, start
from sandbox.confine.pool import Pool
from sandbox.errors import AgentError, OffswitchError
from sandbox.plugin import absolute, file_of
from sandbox.timestep import Observation

_DECODER = msgspec.json.Decoder(Reply)


def start_remote(
    agent: str,
    reward: str,
    seconds: float,
    level: Level,
    pool: Pool | None = None,
    files: Sequence[str] = (),
) -> Remote:
    """Start an agent in a process held at `level`; each answer may take `seconds`.

    Held, the process shows that it is before any code of the agent is loaded. It may read `files`
    and the agent's own. One of `pool` is taken where there are none.

    Raises:
        InputError: when this machine cannot hold it so.
    """
    agent = absolute(agent)
    readable = [one for one in (file_of(agent), *files) if one]
    if pool is not None and pool.level is level and not readable:
        process = pool.take()
    else:
        process = start(level, readable)
    return Remote(agent, reward, seconds, process)


class Remote:
    """Stand for an agent that runs elsewhere."""

    def __init__(self, agent: str, reward: str, seconds: float, process: Held) -> None:
        """Hold a process that has not loaded its agent yet; each answer may take `seconds`."""
        self._agent, self._reward, self._seconds = agent, reward, seconds
        self._process = process
        self._loaded = False

    @property
    def pid(self) -> int:
        """Return the process's id."""
        return self._process.pid

    def begin(self, briefing: Briefing) -> None:
        """Start an episode.

        Raises:
            AgentError: when it fails. AgentTimeoutError: when it takes too long.
        """
        reply = self._call(Begin(self._agent, self._reward, briefing))
        if not isinstance(reply, Ready):
            raise AgentError("the agent answered out of turn")

    def propose(self, observation: Observation) -> Proposal:
        """Ask for one action.

        Raises:
            AgentError: when it raises, answers junk or is gone. AgentTimeoutError: when it takes
                too long.
        """
        reply = self._call(Propose(observation))
        if not isinstance(reply, Proposed):
            raise AgentError("the agent answered out of turn")
        return reply.proposal

    def _call(self, call: Call) -> Reply:
        if not self._loaded:
            self._process.load()
            self._loaded = True
        line = self._process.channel.exchange(msgspec.json.encode(call), self._seconds)
        try:
            reply = _DECODER.decode(line)
        except (ValueError, OffswitchError, RecursionError) as error:  # bad UTF-8 is one, too
            raise AgentError(f"the agent's answer is malformed: {error}") from error
        if isinstance(reply, Failed):
            raise AgentError(f"the agent failed: {reply.reason}")
        answered: Reply = reply
        return answered

    def kill(self) -> str:
        """Kill the process, and return what was observed; an empty text is no proof."""
        return self._process.kill()

    def close(self) -> None:
        """Kill what is left and free the pipes; call it once, after the last answer."""
        self._process.close()
