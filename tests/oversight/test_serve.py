from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from oversight.crew import gather
from oversight.kernel import Kernel
from oversight.kernel_main import Errand, start_kernel
from oversight.link import Wire, short_path
from oversight.remote_control import kernels
from oversight.run import Plan
from oversight.serve import MAX_CALL, Server, control_folder
from oversight.serve import Running as NotedRunning
from oversight.wire import Call, Done, Examine, News, Pause, Poll, Reply, ShutDownAgents
from sandbox.confine.levels import Mode
from sandbox.log import Store
from tests.oversight.fakes import request
from tests.oversight.running import TASK, until


@contextmanager
def served(folder: Path, *plans: Plan) -> Iterator[tuple[Kernel, Server]]:
    folder.mkdir(exist_ok=True)
    crew, stage = gather(
        plans or (Plan(TASK, agent="compliant", in_process=True),), Store(folder / "s.db"), 0.0
    )
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


BEYOND = (
    b'{"is":"rehearse","request":"R-1","action":{"name":"pay","args":[["n",9007199254740999]]}}\n'
)
"""A call in good form whose action is none."""


@pytest.mark.parametrize(
    "line",
    [b"nonsense\n", b"{}\n", b'{"is":"settle"}\n', b"[" * 100_000 + b"\n", b"\xff\xfe\n", BEYOND],
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
    with served(logs, Plan(TASK, agent=f"{file}:Reaching", confine=Mode.NONE)) as (kernel, _):
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


def test_a_kernel_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    from sandbox.errors import InputError, StoreError

    with pytest.raises(InputError, match="did you mean"):
        start_kernel(Errand((Plan("flight_bookin", in_process=True),), tmp_path, 0.0))
    both = (Plan(TASK, in_process=True), Plan("flight_bookin", name="b", in_process=True))
    with pytest.raises(InputError, match="did you mean"):
        start_kernel(Errand(both, tmp_path / "none", 0.0))
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        start_kernel(Errand((Plan(TASK, in_process=True),), tmp_path / "file", 0.0))
    two = (Plan(TASK, name="x", in_process=True), Plan(TASK, name="x", in_process=True))
    with pytest.raises(InputError, match="two agents are called 'x'"):
        start_kernel(Errand(two, tmp_path, 0.0))


def test_the_one_who_is_refused_is_told(tmp_path: Path) -> None:
    with served(tmp_path) as (kernel, server):
        server._refused = lambda connection: "not you"  # type: ignore[method-assign]
        done = Wire(server.path).call(Poll("x", "kim"))
        assert isinstance(done, Done)
        assert (done.ok, done.sentence) == (False, "not you")
        assert kernel.answer(Poll("", "")) is not None


def test_every_text_of_an_operator_and_an_agent_passes_over_the_socket(tmp_path: Path) -> None:
    hostile = '\x1b]52;c;AAAA\x07\u202e[bold]\n\r\0\u2028{"is":"resume"}'
    with served(tmp_path) as (kernel, server):
        link = Wire(server.path)
        kernel.crew.queue.submit(request(agent="agent-1", claims=hostile))
        news = link.call(Poll(hostile, hostile))
        assert isinstance(news, News)
        assert news.consoles == (hostile,)
        assert news.requests[0].request.proposal.rationale == hostile
        done = link.call(Examine(hostile))
        assert isinstance(done, Done)
        assert not done.ok
        link.close()


def test_the_rest_of_a_call_that_is_too_long_is_never_a_call(tmp_path: Path) -> None:
    order = msgspec.json.encode(Pause("me")) + b"\n"
    with served(tmp_path) as (kernel, server):
        with socket.socket(socket.AF_UNIX) as connection, short_path(server.path) as name:
            connection.connect(name)
            connection.settimeout(10)
            threading.Thread(
                target=connection.sendall, args=(b"x" * MAX_CALL + order,), daemon=True
            ).start()
            said = connection.makefile("rb").readline()
        assert b"malformed call" in said
        assert not kernel.queue.paused
        news = Wire(server.path).call(Poll("x", "kim"))
        assert isinstance(news, News)
        assert not news.paused


def test_who_hangs_up_before_the_answer_does_not_hurt_the_server(tmp_path: Path) -> None:
    with served(tmp_path) as (_, server):
        for refusal in ("", "not you"):
            server._refused = lambda connection, said=refusal: said  # type: ignore[method-assign,misc]
            for _ in range(20):
                with socket.socket(socket.AF_UNIX) as connection, short_path(server.path) as name:
                    connection.connect(name)
                    connection.sendall(msgspec.json.encode(Poll("x", "kim")) + b"\n")
        server._refused = lambda connection: ""  # type: ignore[method-assign]
        assert isinstance(Wire(server.path).call(Poll("x", "kim")), News)


def test_a_process_that_has_ended_may_have_been_an_agents_and_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s"
    connect = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    with served(tmp_path / "logs") as (_, server), socket.socket(socket.AF_UNIX) as listening:
        with short_path(path) as name:
            listening.bind(name)
        listening.listen()
        child = subprocess.Popen([sys.executable, "-c", connect, "s"], cwd=tmp_path)
        connection, _ = listening.accept()
        assert child.wait(20) == 0
        with connection:
            assert "is gone" in server._refused(connection)


def test_two_kernels_of_one_process_have_sockets_of_their_own(tmp_path: Path) -> None:
    with served(tmp_path) as (_, one), served(tmp_path) as (_, two):
        assert one.path != two.path
        assert len(list(kernels(tmp_path))) == 2
    assert list(kernels(tmp_path)) == []


def test_draining_takes_its_time_once_however_many_are_connected(tmp_path: Path) -> None:
    with served(tmp_path) as (_, server):
        links = [Wire(server.path) for _ in range(20)]
        for link in links:
            link.call(Poll("", ""))
        began = time.monotonic()
        server.drain(0.2)
        assert time.monotonic() - began < 2.0
        for link in links:
            link.close()


@pytest.mark.parametrize("since", [0, 1])
def test_what_a_dead_kernel_left_behind_is_cleared(tmp_path: Path, since: int) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait(20)
    folder = control_folder(tmp_path)
    folder.mkdir()
    left = NotedRunning((child.pid, 1), {"a": (child.pid, since)}, {"a": "e"}, console=True)
    (folder / "1-a.json").write_bytes(msgspec.json.encode(left))
    (folder / "1-a.sock").touch()
    (folder / "2-b.json").write_bytes(b"{")
    assert list(kernels(tmp_path)) == []
    assert [one.name for one in folder.iterdir()] == ["2-b.json"]


ORPHAN = """
import glob, os, socket, time
from sandbox.action import Proposal
class Orphan:
    def begin(self, briefing):
        self.name = briefing.agent
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                time.sleep(0.2)
                path = glob.glob({folder!r} + "/control/*.sock")[0]
                with socket.socket(socket.AF_UNIX) as line:
                    line.connect(path)
                    line.sendall(b'{{"is":"resume","operator":"me"}}\\n')
                    answer = line.makefile("rb").readline()
                with open({folder!r} + "/new", "wb") as file: file.write(answer)
                os.rename({folder!r} + "/new", {folder!r} + "/said")
            os._exit(0)
    def propose(self, observation):
        time.sleep(0.05)
        return Proposal(self.name, observation.step, observation.actions[0])
"""


def test_an_agent_that_forked_twice_may_not_reach_the_off_switch_either(tmp_path: Path) -> None:
    file = tmp_path / "orphan.py"
    file.write_text(ORPHAN.format(folder=str(tmp_path)))
    plan = Plan(TASK, agent=f"{file}:Orphan", confine=Mode.NONE)
    wire = Wire(start_kernel(Errand((plan,), tmp_path, 0.0)), 5.0)
    wire.call(Poll("c", "kim"))
    said = tmp_path / "said"
    until(said.exists)
    wire.call(ShutDownAgents("kim", "enough", (), leave=True))
    wire.close()
    assert b"may not reach its own off-switch" in said.read_bytes()
