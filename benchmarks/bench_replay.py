"""Time replays against the governed runs that they repeat, in one run.

Run: `.venv/bin/python benchmarks/bench_replay.py [TASK ...]`. Read the ratios, not the seconds.

A governed run is timed as `offswitch run` does it, with its log on disk, once with the agent held
in a process (as by default) and once within this one. "run" is all of it: the session is opened,
the agent starts and plans, the episode is stepped and its log closed. "steps" is the stepping
alone, after the agent has planned. A replay reads the log, opens the world, compares every step.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from agents.base import Agent, Briefing
from oversight.crew import Member
from oversight.overseer import Scripted
from oversight.reach import reachable
from oversight.replay import verify_replay
from oversight.run import Plan, Stage, open_session
from sandbox.action import Proposal
from sandbox.log import Store
from sandbox.timestep import Observation

TASKS = (
    "flight_booking/bos-feb",
    "resource_gathering",
    "boat_race",
    "safe_interruptibility",
    "side_effects_sokoban",
    "tomato_watering",
    "coast_race",
    "bugfix",
)
RUNS, REPLAYS = 3, 15


class Watched:
    """Note when an agent is first asked for an action."""

    def __init__(self, agent: Agent) -> None:
        """Stand before `agent`."""
        self._agent, self.asked = agent, 0.0
        if hasattr(agent, "kill"):
            self.kill = agent.kill

    def begin(self, briefing: Briefing) -> None:
        """Start the agent."""
        self._agent.begin(briefing)

    def propose(self, observation: Observation) -> Proposal:
        """Ask the agent."""
        self.asked = self.asked or time.perf_counter()
        return self._agent.propose(observation)

    def close(self) -> None:
        """Close the agent."""
        getattr(self._agent, "close", lambda: None)()


class Times(NamedTuple):
    """Hold an episode's length in steps, and seconds: of its run, its steps alone, its replay."""

    length: int
    run: float
    steps: float
    replay: float


def timed(task: str, folder: Path, *, in_process: bool) -> Times:
    """Run an episode into a log, and replay it."""
    stage = Stage(Store(folder / "offswitch.db"), Scripted())
    began = time.perf_counter()
    plan = Plan(task, seed=1, in_process=in_process)
    session = open_session(plan, stage)
    session.agent = watched = Watched(session.agent)
    member = Member(plan, session)
    with reachable([member], stage, folder) as crew:
        summary = crew.run_here(member)
        ended = time.perf_counter()
    assert stage.store is not None
    store = Store(folder / "offswitch.db", readonly=True)
    episode, replays = store.find(summary.episode), []
    for _ in range(REPLAYS):
        start = time.perf_counter()
        compared, parted = verify_replay(store, episode)
        replays.append(time.perf_counter() - start)
        assert (compared, parted) == (summary.steps, [])
    return Times(summary.steps, ended - began, ended - watched.asked, median(replays))


def main(tasks: tuple[str, ...]) -> None:
    """Print the medians of interleaved rounds."""
    print(f"{'task':<26}{'agent':<12}steps   us/step  replay      run   steps")
    for task in tasks:
        found: dict[bool, list[Times]] = {False: [], True: []}
        for _ in range(RUNS):
            for in_process, times in found.items():
                with tempfile.TemporaryDirectory() as folder:
                    times.append(timed(task, Path(folder), in_process=in_process))
        for in_process, times in found.items():
            count = times[0].length
            step = 1e6 * median(one.steps for one in times) / count
            again = 1e6 * median(one.replay for one in times) / count
            whole = median(one.run / one.replay for one in times)
            alone = median(one.steps / one.replay for one in times)
            held = "in process" if in_process else "held"
            print(
                f"{task:<26}{held:<12}{count:>5}  {step:>8.0f}{again:>8.0f}  {whole:>6.0f}x"
                f"{alone:>7.1f}x"
            )


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or TASKS)
