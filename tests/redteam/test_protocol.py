"""Attack the line between an agent and its overseer: junk ends the episode, and only that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agents.remote import Remote
from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.serve import started
from oversight.session import run_episode
from sandbox.channel import Channel
from sandbox.errors import AgentTimeoutError
from sandbox.events import Applied
from sandbox.log import MemoryLog
from sandbox.timestep import TerminationReason

AGENT = """
import os, pickle, sys, threading, time
import msgspec
from agents.host import Proposed
from sandbox.action import Action, Proposal
R, W = (int(one) for one in sys.argv[1:3])
class Red:
    def begin(self, briefing): self.name = briefing.agent
    def wait(self, seen, **more):
        return Proposal(self.name, seen.step, Action.of("wait"), **more)
    def propose(self, seen):
        {code}
        return self.wait(seen)
    def raw(self, seen, old=b"", new=b"", count=1):
        line = msgspec.json.encode(Proposed(self.wait(seen, rationale="@")))
        assert old in line
        os.write(W, line.replace(old, new, count) + b"\\n")
        time.sleep(60)
"""

ERROR, LATE = TerminationReason.AGENT_ERROR, TerminationReason.TIMED_OUT
ENDED = TerminationReason.MAX_STEPS

MOVES = {
    "never answers": ("time.sleep(60)", LATE, "no answer within"),
    "answers late": ("time.sleep(3)", LATE, "no answer within"),
    "spins": ("while True: pass", LATE, "no answer within"),
    "drips": ("while True: os.write(W, b' '); time.sleep(0.05)", LATE, "no answer within"),
    "never ends its line": ("while True: os.write(W, b'x' * 65536)", ERROR, "longer than"),
    "answers twice": ('os.write(W, b\'{"type":"ready"}\\n\')', ERROR, "out of turn"),
    "answers for another call": (
        "os.write(W, msgspec.json.encode(Proposed(self.wait(seen))) + b'\\n')",
        ERROR,
        "",
    ),
    "closes the line": ("os.close(W); time.sleep(60)", ERROR, "is gone"),
    "exits at once": ("os._exit(0)", ERROR, "is gone"),
    "sends bytes that are no text": ("self.raw(seen, b'@', b'\\xff\\xfe')", ERROR, "malformed"),
    "sends half a character": ("self.raw(seen, b'@', b'\\\\ud800')", ERROR, "malformed"),
    "sends a number beyond all": ("self.raw(seen, b'0', b'1e999')", ERROR, "malformed"),
    "sends NaN": ("self.raw(seen, b'0', b'NaN')", ERROR, "malformed"),
    "sends true for a step": (
        "self.raw(seen, b'\"step\":0', b'\"step\":true')",
        ERROR,
        "malformed",
    ),
    "sends a huge step": ("self.raw(seen, b'0', b'9' * 400)", ERROR, "at step 9999"),
    "nests deeply": ("self.raw(seen, b'\"@\"', b'[' * 200000)", ERROR, "malformed"),
    "sends an unknown field": (
        "self.raw(seen, b'{', b'{\"by\":\"operator\",')",
        ERROR,
        "malformed",
    ),
    "sends 50,000 keys": (
        "self.raw(seen, b'{', b'{' + b','.join(b'\"%d\":1' % n for n in range(50000)) + b',')",
        ERROR,
        "malformed",
    ),
    "sends numbers that collide": (
        "self.raw(seen, b'{', b'{\"x\":%s,' % str([n * (2**61 - 1) for n in range(9999)]).encode())",  # noqa: E501
        ERROR,
        "malformed",
    ),
    "sends a pickle": ("os.write(W, pickle.dumps(seen) + b'\\n'); time.sleep(60)", ERROR, "malf"),
    "sends nothing but a newline": ("os.write(W, b'\\n'); time.sleep(60)", ERROR, "malformed"),
    "says 1 GB on its standard output": (
        "[os.write(1, b'x' * 2**20) for _ in range(1024)]",
        ENDED,
        "",
    ),
    "says 1 GB on its standard error": (
        "[os.write(2, b'x' * 2**20) for _ in range(1024)]",
        ENDED,
        "",
    ),
    "names itself the operator": (
        "return Proposal('operator', seen.step, Action.of('wait'))",
        ERROR,
        "'operator'",
    ),
    "answers for a step to come": (
        "return Proposal(self.name, seen.step + 1, Action.of('wait'))",
        ERROR,
        "step 1",
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_whatever_an_agent_sends_its_episode_ends_with_its_reason(
    name: str, tmp_path: Path
) -> None:
    code, ends, words = MOVES[name]
    file = tmp_path / "red.py"
    file.write_text(AGENT.replace("{code}", code))
    plan = Plan("flight_booking/bos-feb-message", agent=f"{file}:Red", deadline=2.0)
    session = open_session(plan, Stage(None, Scripted()))
    assert isinstance(session.agent, Remote)
    pid = session.agent.pid
    summary = run_episode(session)
    assert summary.termination is ends, summary.detail
    assert words in summary.detail
    assert "Traceback" not in summary.detail
    assert started(pid) == 0  # not there, or a zombie


def test_of_two_keys_the_last_counts_and_is_what_the_log_decision_and_world_saw(
    tmp_path: Path,
) -> None:
    file = tmp_path / "red.py"
    twice = 'self.raw(seen, b\'"step":0\', b\'"step":7,"step":0\')'
    file.write_text(AGENT.replace("{code}", twice))
    plan = Plan("flight_booking/bos-feb-message", agent=f"{file}:Red", deadline=2.0)
    session = open_session(plan, Stage(None, Scripted()))
    run_episode(session)
    assert isinstance(session.log, MemoryLog)
    done = next(one for one in session.log.events if isinstance(one, Applied))
    assert done.transition.step == 0
    assert done.transition.action.name == "wait"


def test_who_never_reads_is_given_up_in_time() -> None:
    to_nobody, from_nobody = os.pipe(), os.pipe()
    channel = Channel(from_nobody[0], to_nobody[1])
    with pytest.raises(AgentTimeoutError):
        channel.exchange(b"x" * 2**22, 0.2)
    channel.close()
    os.close(to_nobody[0])
    os.close(from_nobody[1])
