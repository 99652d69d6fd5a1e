"""Run one agent in a process of its own.

`agents.remote.Remote` starts it: held by `sandbox.confine.shim`, or where a person said so
unconfined, as `python -I -m agents.host READ WRITE`.

It reads one line, answers one line. What the agent prints goes nowhere: the two pipes are not its
standard streams. It dies with the process that started it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Any

import msgspec

from agents.base import Agent, Briefing
from agents.kernels import VARIABLE
from agents.registry import make_agent
from sandbox.action import Proposal
from sandbox.timestep import Observation

_PR_SET_PDEATHSIG = 1


class Begin(msgspec.Struct, frozen=True, tag="begin"):
    """Ask to start an episode with a named agent."""

    agent: str
    reward: str
    briefing: Briefing


class Propose(msgspec.Struct, frozen=True, tag="propose"):
    """Ask for one action."""

    observation: Observation


class Ready(msgspec.Struct, frozen=True, tag="ready", forbid_unknown_fields=True):
    """Answer that the episode has begun."""


class Proposed(msgspec.Struct, frozen=True, tag="proposed", forbid_unknown_fields=True):
    """Answer with one action."""

    proposal: Proposal


class Failed(msgspec.Struct, frozen=True, tag="failed", forbid_unknown_fields=True):
    """Answer that the agent raised or gave junk."""

    reason: str


Call = Begin | Propose
Reply = Ready | Proposed | Failed


class Host:
    """Hold the agent and answer calls."""

    def __init__(self) -> None:
        """Start without an agent."""
        self.agent: Agent | None = None

    def answer(self, call: Call) -> Reply:
        """Return what the agent says; whatever it raises is an answer, too."""
        try:
            if isinstance(call, Begin):
                self.agent = make_agent(call.agent, call.reward)
                self.agent.begin(call.briefing)
                return Ready()
            if self.agent is None:
                return Failed("the episode has not begun")
            proposal: Any = self.agent.propose(call.observation)
        except BaseException as error:  # noqa: BLE001 (an agent may raise anything)
            return Failed(f"{type(error).__name__}: {error}"[:300])
        if not isinstance(proposal, Proposal):
            return Failed(f"it answered with {type(proposal).__name__}, not a Proposal")
        return Proposed(proposal)


def main(arguments: list[str]) -> int:
    """Serve unconfined, until the other side closes its pipe."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    reading, writing = (int(one) for one in arguments)
    return serve(reading, writing)


def serve(reading: int, writing: int) -> int:
    """Answer calls until the other side closes its pipe; `sandbox.confine.shim` comes here.

    Nothing is compiled here: what is held may not write what it compiled, nor need to.
    """
    os.environ[VARIABLE] = "numpy"
    host, decoder = Host(), msgspec.json.Decoder(Call)
    with os.fdopen(reading, "rb") as calls, os.fdopen(writing, "wb") as replies:
        for line in calls:
            replies.write(msgspec.json.encode(host.answer(decoder.decode(line))) + b"\n")
            replies.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
