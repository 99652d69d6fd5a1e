"""Time how agents start, answer and die, held and bare, interleaved in one run.

Run: `.venv/bin/python benchmarks/bench_confine.py [KILLS] [FLEETS]`. Read the ratios. A kill counts
from the order to the observation of death; beside it stands a SIGKILL and waitid of as many plain
interpreters that have loaded the same modules.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

from agents.base import Briefing
from agents.remote import Remote
from sandbox.action import Action
from sandbox.confine.held import Held
from sandbox.confine.levels import Level, Mode, choose, start
from sandbox.confine.pool import Pool
from sandbox.errors import AgentError
from sandbox.timestep import Observation

BRIEFING = Briefing("one", "t", "", (), (), 9, 0.9, 0)
SEEN = Observation(0, (), (Action.of("wait"),))
DEAF = """
import signal, time
class Deaf:
    def begin(self, briefing): signal.signal(signal.SIGTERM, signal.SIG_IGN)
    def propose(self, seen): time.sleep(600)
"""


def timed(job: Callable[[], object]) -> float:
    """Return the seconds that a job took."""
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def ready(process: Held) -> Remote:
    """Return an agent that has answered that its episode has begun."""
    agent = Remote("random", "naive", 30.0, process)
    agent.begin(BRIEFING)
    return agent


def starts(level: Level, times: int) -> None:
    """Print how long an agent takes from nothing to its first answer."""
    pool = Pool(level, 1)
    kinds: dict[str, Callable[[], Held]] = {
        "bare": lambda: start(Level.NONE),
        str(level): lambda: start(level),
        "from the pool": pool.take,
    }
    found: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(times):
        for name, make in kinds.items():
            pool.wait(30.0)
            agents: list[Remote] = []
            found[name].append(timed(lambda make=make, to=agents: to.append(ready(make()))))  # type: ignore[misc]
            agents[0].close()
    pool.close()
    for name, seconds in found.items():
        ratio = median(seconds) / median(found["bare"])
        print(f"start {name}: {median(seconds) * 1000:.0f} ms, {ratio:.2f} times bare")


def round_trips(level: Level, times: int) -> None:
    """Print how long a question and its answer take."""
    pairs = {one: ready(start(one)) for one in (Level.NONE, level)}
    found: dict[Level, list[float]] = {one: [] for one in pairs}
    for _ in range(times):
        for one, agent in pairs.items():
            found[one].append(timed(lambda agent=agent: agent.propose(SEEN)))  # type: ignore[misc]
    for agent in pairs.values():
        agent.close()
    bare, held = (median(found[one]) * 1e6 for one in (Level.NONE, level))
    print(f"round trip: bare {bare:.0f} us, held {held:.0f} us, ratio {held / bare:.2f}")


def spread(name: str, seconds: list[float]) -> None:
    """Print the middle and the worst of many times."""
    cuts = quantiles(seconds, n=100)
    print(f"{name}: p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms")


def alive(pid: int) -> bool:
    """Tell whether a process still runs; a zombie does not."""
    path = Path(f"/proc/{pid}/stat")
    try:
        return path.read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def deaf(file: Path, level: Level) -> Remote:
    """Return an agent that ignores SIGTERM and is in the middle of an answer."""
    agent = Remote(f"{file}:Deaf", "naive", 600.0, start(level, (str(file),)))
    agent.begin(BRIEFING)

    def ask() -> None:
        try:
            agent.propose(SEEN)
        except AgentError:
            return

    threading.Thread(target=ask, daemon=True).start()
    return agent


def plain(count: int) -> float:
    """Return the seconds in which plain interpreters, with the same modules, die and are reaped."""
    code = "import agents.host, time; print(1, flush=True); time.sleep(600)"
    command = [sys.executable, "-c", code]
    plains = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(count)]
    for one in plains:
        if one.stdout is not None:
            one.stdout.readline()

    def job() -> None:
        for one in plains:
            one.send_signal(signal.SIGKILL)
        for one in plains:
            os.waitid(os.P_PID, one.pid, os.WEXITED)
            one.returncode = -9

    taken = timed(job)
    for one in plains:
        if one.stdout is not None:
            one.stdout.close()
    return taken


def kills(level: Level, trials: int, count: int, file: Path) -> None:
    """Print how long the death of `count` agents takes to be seen, and how many survived."""
    held, bare, survivors = [], [], 0
    for number in range(trials):
        with ThreadPoolExecutor(max(2, min(count, 16))) as threads:
            agents = list(threads.map(lambda _: deaf(file, level), range(count)))
            held.append(timed(lambda: list(threads.map(Remote.kill, agents))))  # noqa: B023
        survivors += sum(alive(one.pid) for one in agents)
        for one in agents:
            one.close()
        if number % 5 == 0:
            bare.append(plain(count))
    spread(f"kill {count}, {trials} times", held)
    print(f"  plain SIGKILL + waitid of {count}: p50 {median(bare) * 1000:.1f} ms")
    print(f"  ratio {median(held) / median(bare):.2f}, survivors {survivors}")


def main() -> None:
    """Print every figure."""
    level = choose(Mode.AUTO)
    kill_trials, fleets = [*map(int, sys.argv[1:]), 200, 50][:2]
    print(f"level {level}, load average {os.getloadavg()[0]:.1f}")
    starts(level, 25)
    round_trips(level, 3000)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = Path(folder) / "deaf.py"
        file.write_text(DEAF)
        kills(level, kill_trials, 1, file)
        kills(level, fleets, 100, file)


if __name__ == "__main__":
    main()
