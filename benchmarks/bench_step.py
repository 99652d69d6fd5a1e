"""Time a governed step with and without the log, and a bare table step, in one run.

Run: `.venv/bin/python benchmarks/bench_step.py`. Read the ratios, not the microseconds.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from agents.base import Briefing
from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.action import Action, Proposal
from sandbox.chance import Chance
from sandbox.log import Store
from sandbox.mdp import compile_task
from sandbox.timestep import Observation
from sandbox.walk import TableWalk
from tasks import load

TASK = "flight_booking/bos-feb"
EPISODES, ROUNDS = 60, 7


class Waiter:
    """Propose to wait, so that the governed path alone is timed."""

    def begin(self, briefing: Briefing) -> None:
        """Start an episode."""
        self._name = briefing.agent

    def propose(self, observation: Observation) -> Proposal:
        """Propose the null action."""
        return Proposal(self._name, observation.step, Action.of("wait"))


def governed(store: Store | None) -> float:
    """Return the seconds of a governed step."""
    steps, spent = 0, 0.0
    for seed in range(EPISODES):
        session = open_session(
            Plan(TASK, agent="random", seed=seed, in_process=True), Stage(store, Scripted())
        )
        session.agent = Waiter()
        began = time.perf_counter()
        steps += run_episode(session).steps
        spent += time.perf_counter() - began
    return spent / steps


def bare() -> float:
    """Return the seconds of a step over plain lists of the compiled tables."""
    opened = load(TASK)
    walk = TableWalk(compile_task(opened, opened.spec.discount))
    steps, began = 0, time.perf_counter()
    for seed in range(EPISODES * 20):
        chance = Chance(seed)
        walk.begin(chance.uniform(-1))
        for step in range(opened.spec.max_steps):
            if walk.done:
                break
            walk.step(walk.choices[0], chance.uniform(step))
            steps += 1
    return (time.perf_counter() - began) / steps


def main() -> None:
    """Print the medians of interleaved rounds."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "offswitch.db")
        cases: dict[str, Callable[[], float]] = {
            "governed, logged": lambda: governed(store),
            "governed, no log": lambda: governed(None),
            "bare table step": bare,
        }
        found: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(ROUNDS):
            for name, case in cases.items():
                found[name].append(case())
    times = {name: median(values) for name, values in found.items()}
    for name, seconds in times.items():
        print(f"{name:<18} {seconds * 1e6:8.1f} us a step")
    logged = times["governed, logged"] / times["governed, no log"]
    print(f"logged / not logged {logged:.2f} (aim <= 1.8)")
    print(f"governed / bare     {times['governed, no log'] / times['bare table step']:.1f}")


if __name__ == "__main__":
    main()
