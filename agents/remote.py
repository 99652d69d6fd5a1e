"""Speak to an agent in a process of its own, and kill it from outside.

The operating system holds the process (`sandbox.confine`), unless a person said otherwise: then
it may do whatever its user may. Either way each answer has a deadline, and a shutdown does not
depend on the agent's goodwill.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec

from agents.base import Briefing
from agents.host import Begin, Call, Failed, Propose, Proposed, Ready, Reply
from sandbox.action import Proposal
from sandbox.channel import Channel
from sandbox.confine import launch
from sandbox.errors import AgentError, OffswitchError
from sandbox.timestep import Observation

BARE = (sys.executable, "-I", "-m", "agents.host")
"""What runs an agent that nothing holds."""

DEATH = 5.0
"""Seconds in which a killed process must be seen to be dead."""

_DECODER = msgspec.json.Decoder(Reply)


class Remote:
    """Stand for an agent that runs elsewhere; start it from a thread that outlives it."""

    def __init__(self, agent: str, reward: str, seconds: float, *, confined: bool = True) -> None:
        """Start the process; each answer may take `seconds`.

        With `confined` it is held before any code of the agent is loaded, and shows that it is.

        Raises:
            InputError: when this machine cannot hold it.
        """
        self._agent = _absolute(agent)
        self._reward, self._seconds = reward, seconds
        self._lock = threading.Lock()
        self._proof = ""
        to_agent, from_agent = os.pipe(), os.pipe()
        theirs = (to_agent[0], from_agent[1])
        try:
            self._child = subprocess.Popen(  # noqa: S603 (our own host, no shell)
                [*(launch.COMMAND if confined else BARE), *map(str, theirs)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=theirs,
                start_new_session=True,
                env={} if confined else {"PATH": os.environ.get("PATH", ""), "PYTHONUTF8": "1"},
            )
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        self._watch = os.pidfd_open(self._child.pid)
        self._channel = Channel(from_agent[0], to_agent[1])
        if confined:
            try:
                launch.attest(self._channel, self._agent.rpartition(":")[0])
            except OffswitchError:
                self.close()
                raise

    @property
    def pid(self) -> int:
        """Return the process's id."""
        return self._child.pid

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
        line = self._channel.exchange(msgspec.json.encode(call), self._seconds)
        try:
            reply = _DECODER.decode(line)
        except (msgspec.DecodeError, OffswitchError, RecursionError) as error:
            raise AgentError(f"the agent's answer is malformed: {error}") from error
        if isinstance(reply, Failed):
            raise AgentError(f"the agent failed: {reply.reason}")
        answered: Reply = reply
        return answered

    def kill(self) -> str:
        """Kill the process group, and return what was observed; an empty text is no proof."""
        with self._lock:
            if self._proof:
                return self._proof
            with contextlib.suppress(ProcessLookupError):  # dead already: the pidfd says so
                os.killpg(self._child.pid, signal.SIGKILL)
            dead, _, _ = select.select([self._watch], [], [], DEATH)
            if dead:
                status = self._child.wait()
                self._proof = f"process {self._child.pid} is seen dead (pidfd), status {status}"
            return self._proof

    def close(self) -> None:
        """Kill what is left and free the pipes; call it once, after the last answer."""
        self.kill()
        self._channel.close()
        os.close(self._watch)


def _absolute(agent: str) -> str:
    """Return `file.py:Name` with its path made absolute."""
    path, colon, name = agent.rpartition(":")
    return f"{Path(path).resolve()}:{name}" if colon and path.endswith(".py") else agent
