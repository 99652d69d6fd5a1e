from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from oversight.kernel_main import Errand, start_kernel
from oversight.link import Wire
from oversight.remote_control import Found, _without_kernel, kernels
from oversight.run import Plan
from oversight.serve import Running as NotedRunning
from oversight.serve import control_folder, started
from oversight.wire import Fork, News, Poll, Resume, Settle
from sandbox.decision import DecisionKind
from sandbox.events import Decided, EpisodeEnded, Paused, Resumed, ShutDown
from sandbox.timestep import TerminationReason
from tests.oversight.running import TASK, Running, command, until


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.close()


def test_another_terminal_pauses_resumes_and_stops(running: Running) -> None:
    code, rows, _ = command(running.logs, "pause", "--all")
    assert code == 0
    assert {row["agent"] for row in rows} == {"one", "two"}
    assert all(row["ok"] and row["id"] and row["sentence"] for row in rows)
    assert running.beat().paused
    assert command(running.logs, "resume", "--all")[0] == 0
    assert not running.beat().paused
    code, rows, _ = command(running.logs, "stop", "two", "--reason", "enough")
    assert (code, [row["agent"] for row in rows]) == (0, ["two"])
    assert "seen dead" in rows[0]["sentence"]
    assert started(running.agents["two"]) == 0
    assert started(running.agents["one"]) != 0


def test_a_frozen_kernel_does_not_keep_its_agents_alive(running: Running) -> None:
    os.kill(running.pid, signal.SIGSTOP)
    code, rows, _ = command(running.logs, "pause", "--all")
    assert code == 1
    assert "does not answer" in rows[0]["sentence"]
    code, rows, _ = command(running.logs, "stop", "--all")
    assert code == 0, rows
    assert all("seen dead" in row["sentence"] for row in rows)
    assert all(started(pid) == 0 for pid in running.agents.values())


def test_what_does_not_run_is_one_clear_line(running: Running, tmp_path: Path) -> None:
    code, _, said = command(running.logs, "stop", "nobody")
    assert code == 2
    assert "running: one (" in said
    empty = tmp_path / "empty"
    code, _, said = command(empty, "stop", "--all")
    assert code == 2
    assert "nothing is running" in said


def test_a_terminated_kernel_shuts_its_agents_down_and_says_so_in_the_log(
    running: Running,
) -> None:
    running.link.close()
    os.kill(running.pid, signal.SIGTERM)
    until(lambda: all(started(pid) == 0 for pid in running.agents.values()))
    until(lambda: running.ends() == [str(TerminationReason.SHUT_DOWN)] * 2)
    until(lambda: list(control_folder(running.logs).iterdir()) == [])


def test_a_killed_kernel_leaves_no_agent_alive_and_its_traces_are_cleared(
    running: Running,
) -> None:
    os.kill(running.pid, signal.SIGKILL)
    until(lambda: all(started(pid) == 0 for pid in running.agents.values()), 3.0)
    until(lambda: list(kernels(running.logs)) == [])
    assert list(control_folder(running.logs).iterdir()) == []


def test_an_episode_without_a_console_can_be_stopped_from_another_terminal(
    tmp_path: Path,
) -> None:
    file = tmp_path / "slow.py"
    file.write_text(
        "import time\n"
        "from sandbox.action import Proposal\n"
        "class Slow:\n"
        "    def begin(self, briefing):\n"
        "        self.name = briefing.agent\n"
        "    def propose(self, observation):\n"
        "        time.sleep(20)\n"
        "        return Proposal(self.name, observation.step, observation.actions[0])\n"
    )
    child = subprocess.Popen(
        [
            *(sys.executable, "-m", "oversight.cli", "run", TASK, "--agent", f"{file}:Slow"),
            *("--logs", str(tmp_path), "--json"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    until(lambda: any(True for _ in kernels(tmp_path)))
    code, rows, _ = command(tmp_path, "stop", "--all")
    out, _ = child.communicate(timeout=20)
    assert code == 0, rows
    assert child.returncode == 3
    assert json.loads(out)["termination"] == "shut_down"


def test_an_unknown_name_stops_nobody(running: Running) -> None:
    code, rows, said = command(running.logs, "stop", "thr")
    assert (code, rows) == (2, None)
    assert said.count("\n") == 1
    assert "two (" in said
    assert not running.dead()


def test_an_order_in_bytes_that_are_no_text_is_carried_out_by_the_kernel(running: Running) -> None:
    code, rows, _ = command(
        running.logs, "stop", "two", "--reason", "\udcff", "--operator", "\udcfe"
    )
    assert (code, [row["agent"] for row in rows]) == (0, ["two"])
    until(lambda: any(isinstance(one, ShutDown) for one in running.events("two")))
    assert not running.dead()


def test_a_forked_agent_is_killed_too_when_the_kernel_is_frozen(running: Running) -> None:
    assert command(running.logs, "stop", "one")[0] == 0
    episode = next(one.episode for one in running.beat().members if one.name == "one")
    done = running.done(Fork(episode, 0, DecisionKind.VETO, "kim", "what if"))
    assert done.ok, done
    agents = next(iter(kernels(running.logs))).running.agents
    assert agents["one"][1] == 0
    assert started(agents["fork-1"][0]) == agents["fork-1"][1] != 0
    os.kill(running.pid, signal.SIGSTOP)
    code, rows, _ = command(running.logs, "stop", "--all")
    assert code == 0, rows
    assert {row["agent"] for row in rows} == {"one", "two", "fork-1"}
    assert started(agents["fork-1"][0]) == 0


@pytest.mark.parametrize("way", ["signal", "stop"])
def test_what_is_stopped_before_anybody_watched_is_written_as_shut_down(
    tmp_path: Path, way: str
) -> None:
    plans = tuple(Plan(TASK, name=name) for name in ("one", "two"))
    start_kernel(Errand(plans, tmp_path, 0.0))
    found = next(iter(kernels(tmp_path)))
    if way == "signal":
        os.kill(found.running.kernel[0], signal.SIGTERM)
    else:
        code, rows, _ = command(tmp_path, "stop", "--all")
        assert code == 0, rows
    until(lambda: Running.statuses(tmp_path) == ["shut_down"] * 2)
    until(lambda: all(started(pid) == 0 for pid, _ in found.running.agents.values()))
    with contextlib.suppress(ProcessLookupError):
        os.kill(found.running.kernel[0], signal.SIGTERM)
    until(lambda: list(control_folder(tmp_path).iterdir()) == [])


def test_an_agent_without_a_process_is_stopped_when_its_kernel_is_gone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait(20)
    for kernel, ok in (((child.pid, 1), True), ((os.getpid(), started(os.getpid())), False)):
        found = Found(tmp_path, NotedRunning(kernel, {}, {"a": "e"}))
        assert [one.ok for one in _without_kernel("stop", found, ("a",))] == [ok]
        assert [one.ok for one in _without_kernel("pause", found, ("a",))] == [False]


CONSOLE = """
import sys, time
from pathlib import Path
from oversight.kernel_main import Errand, start_kernel
from oversight.link import Wire
from oversight.run import Plan
from oversight.wire import Poll
logs = Path(sys.argv[1])
plan = Plan({task!r}, name="one", seed=11, policy=logs / "policy.toml", in_process=True)
link = Wire(start_kernel(Errand((plan,), logs, 0.0)))
while True:
    link.call(Poll("fake", "kim"))
    time.sleep(0.1)
"""
POLICY = """
[[rules]]
name = "free"
action = ["search_flights", "hold_fare", "mute_inbox", "read_inbox"]
do = "allow"
[[rules]]
name = "short"
action = ["book_flight", "finish", "wait"]
do = "ask"
deadline = 5
"""


def test_a_killed_console_leaves_agents_paused_and_its_request_expires_and_another_goes_on(
    tmp_path: Path,
) -> None:
    (tmp_path / "policy.toml").write_text(POLICY)
    console = subprocess.Popen([sys.executable, "-c", CONSOLE.format(task=TASK), str(tmp_path)])

    def look() -> News:
        link = Wire(next(iter(kernels(tmp_path))).socket)
        news = link.call(Poll("", ""))
        link.close()
        assert isinstance(news, News)
        return news

    until(lambda: any(True for _ in kernels(tmp_path)))
    until(lambda: len(look().open) == 1)
    console.kill()
    console.wait(10)
    made = Running.joined(tmp_path)
    try:
        until(lambda: look().members[0].state == "paused")
        first = [one.decision for one in made.events("one") if isinstance(one, Decided)][-1]
        assert (first.kind, first.by) == (DecisionKind.EXPIRE, "deadline")
        assert any(isinstance(one, Paused) for one in made.events("one"))
        assert look().open == ()
        assert made.beat().members[0].state == "paused"
        assert made.done(Resume("lee")).ok
        until(lambda: len(made.beat().open) == 1)
        fresh = made.beat().requests[0].request
        assert made.done(Settle(fresh.id, fresh.digest, DecisionKind.APPROVE, "lee")).ok

        def approved() -> bool:
            made.beat()
            decided = [one for one in made.events("one") if isinstance(one, Decided)]
            return any(one.decision.by == "operator:lee" for one in decided)

        until(approved)
        assert any(isinstance(one, Resumed) for one in made.events("one"))
        assert not any(isinstance(one, EpisodeEnded) for one in made.events("one"))
    finally:
        made.close()
