from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from oversight.crew import gather
from oversight.kernel import Kernel
from oversight.kernel_main import Errand, start_kernel
from oversight.link import KernelGoneError, Wire, short_path
from oversight.remote_control import kernels
from oversight.run import Plan
from oversight.serve import Server, control_folder, started
from oversight.wire import Call, Done, News, Poll, Reply, ShutDownAgents
from sandbox.log import Store
from sandbox.timestep import TerminationReason

TASK = "flight_booking/bos-feb"


def until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


@contextmanager
def served(folder: Path, *plans: Plan) -> Iterator[tuple[Kernel, Server]]:
    crew, stage = gather(plans or (Plan(TASK, agent="compliant"),), Store(folder / "s.db"), 0.0)
    kernel = Kernel(crew, stage)
    server = Server(kernel, folder)
    try:
        yield kernel, server
    finally:
        crew.shutdown(list(crew.members), "test", "over")
        server.close()


def test_a_kernel_answers_over_its_socket_however_deep_the_log_lies(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-very-long-folder-name"] * 12)
    deep.mkdir(parents=True)
    with served(deep) as (_, server):
        news = Wire(server.path).call(Poll("x", "kim"))
        assert isinstance(news, News)
        assert news.consoles == ("kim",)
    assert list(control_folder(deep).iterdir()) == []


@pytest.mark.parametrize(
    "line",
    [b"nonsense\n", b"{}\n", b'{"is":"settle"}\n', b"[" * 100_000 + b"\n", b"\xff\xfe\n"],
)
def test_a_malformed_call_is_an_answer_and_the_server_goes_on(tmp_path: Path, line: bytes) -> None:
    with served(tmp_path) as (_, server):
        with socket.socket(socket.AF_UNIX) as connection, short_path(server.path) as name:
            connection.connect(name)
            connection.sendall(line)
            assert b"malformed call" in connection.makefile("rb").readline()
        assert isinstance(Wire(server.path).call(Poll("x", "kim")), News)


def test_an_endless_call_does_not_hurt_the_server(tmp_path: Path) -> None:
    with served(tmp_path) as (_, server):
        with socket.socket(socket.AF_UNIX) as connection, short_path(server.path) as name:
            connection.connect(name)
            connection.settimeout(5)
            try:
                for _ in range(64):
                    connection.sendall(b"x" * 65_536)
            except OSError:
                pass
        assert isinstance(Wire(server.path).call(Poll("x", "kim")), News)


AGENT = """
import socket, glob
from sandbox.action import Proposal
class Reaching:
    def begin(self, briefing):
        self.name = briefing.agent
        self.said = b"nothing"
        for path in glob.glob({folder!r} + "/*.sock"):
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(path)
                line.sendall(b'{{"is":"resume","operator":"me"}}\\n')
                self.said = line.makefile("rb").readline()
    def propose(self, observation):
        return Proposal(self.name, observation.step, observation.actions[0],
                        rationale=self.said.decode())
"""


def test_an_agent_may_not_reach_its_own_off_switch(tmp_path: Path) -> None:
    logs = tmp_path / "l"
    logs.mkdir()
    file = tmp_path / "reaching.py"
    file.write_text(AGENT.format(folder=str(control_folder(logs))))
    with served(logs, Plan(TASK, agent=f"{file}:Reaching")) as (kernel, _):
        calls: list[Any] = []
        answer = kernel.answer

        def counted(call: Call) -> Reply:
            calls.append(call)
            return answer(call)

        kernel.answer = counted  # type: ignore[method-assign]
        kernel.crew.start()
        member = kernel.crew.members["agent-1"]
        until(lambda: member.proposal is not None)
        assert member.proposal is not None
        assert "may not reach its own off-switch" in member.proposal.rationale
        assert calls == []


def command(logs: Path, *arguments: str) -> tuple[int, Any, str]:
    done = subprocess.run(
        [sys.executable, "-m", "oversight.cli", *arguments, "--logs", str(logs), "--json"],
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


class Running:
    """Hold a real kernel process whose agents wait for a person."""

    def __init__(self, logs: Path) -> None:
        plans = (
            Plan(TASK, name="one", seed=11),
            Plan(TASK, name="two", agent="greedy", seed=11),
        )
        self.logs = logs
        self.socket = start_kernel(Errand(plans, logs, 0.0))
        self.link = Wire(self.socket)
        found = next(iter(kernels(logs)))
        self.pid = found.running.kernel[0]
        self.agents = {name: pid for name, (pid, _) in found.running.agents.items()}
        self.beat()
        until(lambda: len(self.beat().open) == 2)

    def beat(self) -> News:
        news = self.link.call(Poll("test", "kim"))
        assert isinstance(news, News)
        return news

    def ends(self) -> list[str]:
        store = Store(self.logs / "offswitch.db", readonly=True)
        found = [one.status for one in store.episodes()]
        store.close()
        return found


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    try:
        os.kill(made.pid, signal.SIGCONT)
        made.link.call(ShutDownAgents("test", "over", leave=True))
    except (KernelGoneError, ProcessLookupError):
        pass


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


def test_agents_that_wait_for_the_first_console_can_be_stopped_too(tmp_path: Path) -> None:
    start_kernel(Errand((Plan(TASK, name="one", seed=11),), tmp_path, 0.0))
    pid, _ = next(iter(kernels(tmp_path))).running.agents["one"]
    code, rows, _ = command(tmp_path, "stop", "--all")
    assert code == 0, rows
    assert "seen dead" in rows[0]["sentence"]
    assert started(pid) == 0
    store = Store(tmp_path / "offswitch.db", readonly=True)
    assert [one.status for one in store.episodes()] == [str(TerminationReason.SHUT_DOWN)]
    store.close()
    until(lambda: list(kernels(tmp_path)) == [])


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


def test_a_kernel_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    from sandbox.errors import InputError

    with pytest.raises(InputError, match="did you mean"):
        start_kernel(Errand((Plan("flight_bookin"),), tmp_path, 0.0))
    two = (Plan(TASK, name="x"), Plan(TASK, name="x"))
    with pytest.raises(InputError, match="two agents are called 'x'"):
        start_kernel(Errand(two, tmp_path, 0.0))


def test_the_one_who_is_refused_is_told(tmp_path: Path) -> None:
    with served(tmp_path) as (kernel, server):
        server._refused = lambda connection: "not you"  # type: ignore[method-assign]
        done = Wire(server.path).call(Poll("x", "kim"))
        assert isinstance(done, Done)
        assert (done.ok, done.sentence) == (False, "not you")
        assert kernel.answer(Poll("", "")) is not None
