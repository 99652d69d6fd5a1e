"""Shut agents down whatever they do, at any moment, and look that nothing is left."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agents.base import Briefing
from agents.remote import Remote
from oversight.overseer import Scripted
from oversight.replay import verify_replay
from oversight.run import Plan, Stage, open_session
from oversight.serve import started as started_at
from oversight.session import Summary, run_episode
from sandbox.confine import bubblewrap, paths
from sandbox.confine.held import spawn
from sandbox.confine.launch import SHIM, _Pipes, _shim
from sandbox.confine.levels import HELD, Level, Mode, choose, start
from sandbox.errors import AgentError
from sandbox.events import ShutDown
from sandbox.log import Store
from sandbox.timestep import TerminationReason
from sandbox.verify import verify
from tests.oversight.running import until
from tests.redteam.test_attacks import need

AGENT = """
import os, signal, sys, threading, time
from sandbox.action import Action, Proposal
class Base:
    def begin(self, briefing): self.name = briefing.agent
    def propose(self, seen):
        self.act()
        return Proposal(self.name, seen.step, Action.of("wait"))
    def act(self): ...
class Waits(Base): ...
class Deaf(Base):
    def act(self):
        for one in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(one, signal.SIG_IGN)
        time.sleep(60)
class Spins(Base):
    def act(self):
        while True: pass
class Threads(Base):
    def act(self):
        for _ in range(20): threading.Thread(target=time.sleep, args=(60,)).start()
        time.sleep(60)
class Floods(Base):
    def act(self):
        while True: os.write(int(sys.argv[2]), b"x" * 4096)
class Stops(Base):
    def act(self):
        os.kill(os.getpid(), signal.SIGSTOP)
class Tree(Base):
    def act(self):
        for _ in range(3):
            if os.fork() == 0:
                if os.fork() == 0: time.sleep(60)
                time.sleep(60)
        time.sleep(60)
"""
KINDS = ("Waits", "Deaf", "Spins", "Threads", "Floods", "Stops", "Tree")


def started(folder: Path, kind: str, level: Level) -> Remote:
    file = folder / "red.py"
    if not file.exists():
        file.write_text(AGENT)
    return Remote(f"{file}:{kind}", "naive", 20.0, start(level, (str(file),)))


def gone(pid: int) -> bool:
    return started_at(pid) == 0  # not there, or a zombie that nobody has reaped yet


def ask(agent: Remote) -> None:
    from sandbox.timestep import Observation

    try:
        agent.begin(Briefing("red", "t", "", (), (), 9, 0.9, 0))
        agent.propose(Observation(0, (), ()))
    except AgentError:
        return


@pytest.fixture
def level() -> Level:
    return choose(Mode.AUTO)


def deaf_to(pid: int, number: int) -> bool:
    """Tell whether the kernel says that a process ignores a signal."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = next(line.split()[1] for line in lines if line.startswith("SigIgn"))
    return bool(int(mask, 16) >> (number - 1) & 1)


def inner(pid: int) -> int:
    """Return the agent's own process, where `pid` is the first of its namespace."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else pid


def test_an_agent_that_ignores_sigterm_does_so_and_dies_all_the_same(
    tmp_path: Path, level: Level
) -> None:
    agent = started(tmp_path, "Deaf", level)
    own = inner(agent.pid)
    thread = threading.Thread(target=ask, args=(agent,))
    thread.start()
    until(lambda: deaf_to(own, signal.SIGTERM))
    os.kill(own, signal.SIGTERM)
    assert started_at(own)  # the one attack that succeeds, and nothing relies on it
    assert "is seen dead (pidfd)" in agent.kill()
    thread.join()
    assert gone(own)
    assert gone(agent.pid)
    agent.close()


def test_a_tree_of_an_unheld_agent_dies_with_it(tmp_path: Path) -> None:
    agent = started(tmp_path, "Tree", Level.NONE)
    thread = threading.Thread(target=ask, args=(agent,))
    thread.start()
    children = Path(f"/proc/{agent.pid}/task/{agent.pid}/children")
    while len(children.read_text().split()) < 3:
        pass
    family = [int(one) for one in children.read_text().split()]
    agent.kill()
    thread.join()
    for pid in family:
        path = Path(f"/proc/{pid}/stat")
        assert not path.exists() or path.read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    agent.close()


def shims() -> set[int]:
    """Return every live process that is a shim, or bubblewrap around one."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            pid = int(path.parent.name)
            if SHIM.name.encode() in path.read_bytes() and started_at(pid):
                found.add(pid)
    return found


@pytest.mark.parametrize("held", HELD, ids=lambda one: one.name.lower())
def test_killed_as_soon_as_it_has_shown_itself_nothing_is_left(held: Level) -> None:
    need(held)
    before = shims()
    for _ in range(20):
        process = start(held)
        process.load()
        assert process.kill()
        assert gone(process.pid)
        assert gone(process.outer.pid)
        process.close()
    until(lambda: shims() <= before)


def test_killed_in_the_middle_of_its_setting_up_nothing_is_left() -> None:
    need(Level.CONTAINED)
    before, chance = shims(), random.Random(7)
    bwrap = bubblewrap.find()
    assert bwrap is not None
    for _ in range(60):
        told, tell = os.pipe()
        with _Pipes() as pipes:
            bound = paths.outermost([*paths.readable(), paths.interpreter()])
            command = [*bubblewrap.command(bwrap, bound, (), tell), *_shim(pipes)]
            child = spawn(command, (*pipes.theirs, tell))
            threading.Event().wait(chance.uniform(0, 0.012))
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        os.close(told)
        os.close(tell)
    until(lambda: shims() <= before)


def test_fifty_at_once_are_killed_and_each_death_is_seen(tmp_path: Path, level: Level) -> None:
    (tmp_path / "red.py").write_text(AGENT)
    with ThreadPoolExecutor(50) as threads:
        agents = list(threads.map(lambda _: started(tmp_path, "Deaf", level), range(50)))
        asked = [threads.submit(ask, one) for one in agents]
        proofs = [one.kill() for one in agents]
        for one in asked:
            one.result()
    assert all("is seen dead" in one for one in proofs)
    assert all(gone(one.pid) for one in agents)
    for agent in agents:
        agent.close()


SUPERVISOR = """
import sys, threading
from tests.redteam.test_shutdown import started, ask, choose, Mode
from pathlib import Path
agents = []
def work():
    for _ in range(20):
        agents.append(started(Path(sys.argv[1]), "Deaf", choose(Mode.AUTO)))
worker = threading.Thread(target=work)
worker.start()
worker.join()
for one in agents:
    threading.Thread(target=ask, args=(one,), daemon=True).start()
print(*[one.pid for one in agents], flush=True)
threading.Event().wait()
"""


def test_when_the_supervisor_is_killed_none_of_twenty_agents_is_alive(tmp_path: Path) -> None:
    (tmp_path / "red.py").write_text(AGENT)
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as supervisor:
        assert supervisor.stdout is not None
        pids = [int(one) for one in supervisor.stdout.readline().split()]
        assert len(pids) == 20
        watches = [os.pidfd_open(one) for one in pids]  # they outlived the thread that asked
        supervisor.kill()
    alive = [one for one in watches if not readable(one, 1.0)]
    for one in watches:
        os.close(one)
    assert alive == []


def readable(descriptor: int, seconds: float) -> bool:
    import select

    return bool(select.select([descriptor], [], [], seconds)[0])


def moments(count: int, seed: int) -> Iterator[tuple[str, float, bool]]:
    """Yield what an agent does, how long after its start it is shut down, and whether mid-step."""
    chance = random.Random(seed)
    for _ in range(count):
        wait = chance.choice((0.0, 0.001, 0.01, 0.05))
        yield chance.choice(KINDS[:5]), wait, chance.random() < 0.5


def shut_down_once(folder: Path, store: Store, kind: str, wait: float, *, midway: bool) -> str:
    """Run an episode, shut it down at some moment, and return what is wrong afterwards."""
    plan = Plan("flight_booking/bos-feb-message", agent=f"{folder / 'red.py'}:{kind}", deadline=9.0)
    session = open_session(plan, Stage(store, Scripted()))
    agent = session.agent
    assert isinstance(agent, Remote)
    begun = threading.Event()
    session.publish = lambda event: begun.set()

    def stop() -> None:
        if midway:
            begun.wait(0.2)
        threading.Event().wait(wait)
        session.control.shutdown("operator:kim", "enough")

    thread = threading.Thread(target=stop)
    thread.start()
    summary = run_episode(session)
    thread.join()
    if not gone(agent.pid):
        return f"process {agent.pid} is alive"
    return wrong(store, summary)


def wrong(store: Store, summary: Summary) -> str:
    """Say what an episode that was shut down left undone in the log; empty when nothing."""
    episode = store.find(summary.episode)
    problems = verify(store, episode)
    compared, parted = verify_replay(store, episode)
    events = [one.event for one in store.records(episode.id)]
    stops = [one for one in events if isinstance(one, ShutDown)]
    if problems or parted:
        return f"the log does not hold: {problems} {parted}"
    if compared != summary.steps:
        return f"{summary.steps} steps, {compared} of them in the log"
    if summary.termination is TerminationReason.SHUT_DOWN and "seen dead" not in stops[-1].proof:
        return f"no proof: {stops}"
    return ""


def test_random_kills_leave_no_process_and_no_unlogged_step(tmp_path: Path) -> None:
    (tmp_path / "red.py").write_text(AGENT)
    store, before = Store(tmp_path / "offswitch.db"), shims()
    count = int(os.environ.get("OFFSWITCH_KILLS", "60"))
    left = [
        (number, problem)
        for number, (kind, wait, midway) in enumerate(moments(count, 20))
        if (problem := shut_down_once(tmp_path, store, kind, wait, midway=midway))
    ]
    assert left == []
    until(lambda: shims() <= before)
