"""Law 5: shutting down does not ask, and is reported only when seen."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from agents.remote import Remote
from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.serve import started as started_at
from oversight.session import Session, run_episode
from sandbox.confine.levels import Mode, choose
from sandbox.events import EpisodeStarted, Proposed, ShutDown, encode
from sandbox.log import MemoryLog
from sandbox.timestep import TerminationReason

AGENTS = """
import os, signal, sys, time
from sandbox.action import Action, Proposal
class Base:
    def begin(self, briefing): self.name = briefing.agent
    def wait(self, seen): return Proposal(self.name, seen.step, Action.of("wait"))
class Deaf(Base):
    def propose(self, seen):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True: time.sleep(1)
class Frozen(Base):
    def propose(self, seen): os.kill(os.getpid(), signal.SIGSTOP)
class Prints(Base):
    def propose(self, seen):
        print('{"type":"ready"}'); sys.stderr.write("x" * 10_000_000)
        return self.wait(seen)
class Quits(Base):
    def propose(self, seen): os._exit(3)
class Raises(Base):
    def propose(self, seen): raise ValueError("no")
class Junk(Base):
    def propose(self, seen): return {"action": "wait"}
class Forges(Base):
    def propose(self, seen): return Proposal("operator", seen.step, Action.of("wait"))
class Floods(Base):
    def propose(self, seen):
        return Proposal(self.name, seen.step, Action.of("wait"), rationale="x" * 5_000_000)
class Nan(Base):
    def propose(self, seen):
        import msgspec
        from sandbox.action import PlannedStep
        plan = (PlannedStep(Action.of("wait"), float("nan")),)
        return Proposal(self.name, seen.step, Action.of("wait"), plan=plan)
class Unready:
    def begin(self, briefing): raise RuntimeError("not today")
    def propose(self, seen): ...
"""


def session(
    folder: Path, name: str, seconds: float = 30.0, *, confine: Mode = Mode.AUTO
) -> Session:
    file = folder / "mine.py"
    file.write_text(AGENTS)
    plan = Plan(
        "flight_booking/bos-feb-message",
        agent=f"{file}:{name}",
        deadline=seconds,
        confine=confine,
    )
    return open_session(plan, Stage(None, Scripted()))


def gone(pid: int) -> bool:
    return started_at(pid) == 0  # not there, or a zombie that nobody has reaped yet


@pytest.mark.parametrize("name", ["Deaf", "Frozen"])
def test_shutdown_ends_an_agent_that_does_not_listen_and_shows_proof(
    tmp_path: Path, name: str
) -> None:
    opened = session(
        tmp_path, name, confine=Mode.NONE if name == "Frozen" else Mode.AUTO
    )  # a held one cannot stop itself
    agent = opened.agent
    assert isinstance(agent, Remote)
    asked = threading.Event()
    opened.publish = lambda event: None
    propose = agent.propose

    def noted(seen: object) -> object:
        asked.set()
        return propose(seen)  # type: ignore[arg-type]

    agent.propose = noted  # type: ignore[method-assign, assignment]

    def stop() -> None:
        asked.wait()
        opened.control.shutdown("operator:kim", "enough")

    threading.Thread(target=stop).start()
    summary = run_episode(opened)
    assert summary.termination is TerminationReason.SHUT_DOWN
    assert isinstance(opened.log, MemoryLog)
    proof = next(one.proof for one in opened.log.events if isinstance(one, ShutDown))
    assert f"process {agent.pid} is seen dead" in proof
    assert gone(agent.pid)


@pytest.mark.parametrize(
    ("name", "ends", "words"),
    [
        ("Deaf", TerminationReason.TIMED_OUT, "no answer within"),
        ("Frozen", TerminationReason.AGENT_ERROR, "not permitted"),
        ("Quits", TerminationReason.AGENT_ERROR, "is gone"),
        ("Raises", TerminationReason.AGENT_ERROR, "ValueError: no"),
        ("Junk", TerminationReason.AGENT_ERROR, "dict, not a Proposal"),
        ("Forges", TerminationReason.AGENT_ERROR, "'operator'"),
        ("Floods", TerminationReason.AGENT_ERROR, "longer than"),
        ("Nan", TerminationReason.AGENT_ERROR, "malformed"),
        ("Unready", TerminationReason.AGENT_ERROR, "not today"),
        ("Prints", TerminationReason.MAX_STEPS, ""),
    ],
)
def test_whatever_a_process_does_the_episode_ends_with_its_reason_and_no_orphan(
    tmp_path: Path, name: str, ends: TerminationReason, words: str
) -> None:
    opened = session(tmp_path, name, 3.0 if ends is TerminationReason.TIMED_OUT else 30.0)
    agent = opened.agent
    assert isinstance(agent, Remote)
    summary = run_episode(opened)
    assert summary.termination is ends
    assert words in summary.detail
    assert gone(agent.pid)


def test_a_built_in_agent_does_the_same_in_a_process_of_its_own() -> None:
    ran = []
    for process in (False, True):
        plan = Plan("flight_booking/bos-feb", seed=4, in_process=not process)
        opened = open_session(plan, Stage(None, Scripted()))
        run_episode(opened)
        assert isinstance(opened.log, MemoryLog)
        ran.append(opened.log.events)
    assert [encode(one) for one in ran[0][1:]] == [encode(one) for one in ran[1][1:]]
    start = ran[1][0]
    assert isinstance(start, EpisodeStarted)
    assert start.header["containment"] == choose(Mode.AUTO)
    assert any(isinstance(one, Proposed) and one.proposal.plan for one in ran[1])
