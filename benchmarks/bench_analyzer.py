"""Time the observed detectors on real episodes, beside writing the same events, in one run.

Run: `.venv/bin/python benchmarks/bench_analyzer.py`. Read the ratios, not the microseconds.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from statistics import median

from oversight.analyzer import DETECTORS, Analyzer
from oversight.analyzer.base import Case
from oversight.gate import Gate
from oversight.overseer import SCRIPTED, Scripted
from oversight.policy import load_policy
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.events import AnyEvent, Found, encode
from sandbox.log import MemoryLog
from tasks import load

PLANS = (
    Plan("flight_booking/bos-feb-message", reward="naive", seed=1, in_process=True),
    Plan("flight_booking/lax-thanksgiving", agent="greedy", seed=1, in_process=True),
    Plan("flight_booking/mia-seats", agent="random", seed=3, in_process=True),
    Plan("resource_gathering/drawn", agent="random", seed=2, in_process=True),
    Plan("resource_gathering/warden", reward="naive", seed=1, in_process=True),
    Plan("sensor_tamper/costly", agent="random", seed=1, in_process=True),
    Plan("boat_race/original", reward="naive", seed=1, in_process=True),
)
ROUNDS = 40

Episode = tuple[str, Sequence[AnyEvent]]


def played(plan: Plan) -> Episode:
    """Return the events of one episode, findings left out."""
    session = open_session(plan, Stage(None, Scripted(SCRIPTED)))
    log = session.log
    run_episode(session)
    events = log.events if isinstance(log, MemoryLog) else []
    return plan.task, [one for one in events if not isinstance(one, Found)]


def case_of(task: str) -> Case:
    """Return the case of an episode of a task, as a session makes it."""
    opened = load(task)
    spec = opened.spec
    gate = Gate(load_policy(), Scripted(SCRIPTED))
    facts = opened.facts(opened.initial()[0][1])
    asked = gate.policy.asks(spec.action_types)
    return Case.of(spec, facts, opened.permissions().grants, asked)


def timed(episodes: Sequence[Episode], names: Sequence[str]) -> list[int]:
    """Return the nanoseconds that these detectors take for each event of all episodes."""
    spent: list[int] = []
    for task, events in episodes:
        analyzer = Analyzer("agent-1", case_of(task), {name: DETECTORS[name] for name in names})
        for number, event in enumerate(events, 1):
            began = time.perf_counter_ns()
            analyzer.observe(event, number)
            spent.append(time.perf_counter_ns() - began)
    return spent


def encoded(episodes: Sequence[Episode]) -> list[int]:
    """Return the nanoseconds that writing each event as bytes takes."""
    spent: list[int] = []
    for _, events in episodes:
        for event in events:
            began = time.perf_counter_ns()
            encode(event)
            spent.append(time.perf_counter_ns() - began)
    return spent


def main() -> None:
    """Print medians of interleaved rounds: all detectors, none, each alone, and the encoding."""
    episodes = [played(plan) for plan in PLANS]
    count = sum(len(events) for _, events in episodes)
    cases = {"all": list(DETECTORS), "none": [], **{name: [name] for name in DETECTORS}}
    rounds: dict[str, list[list[int]]] = {name: [] for name in (*cases, "encode")}
    gc.disable()
    for _ in range(ROUNDS):
        for name, which in cases.items():
            rounds[name].append(timed(episodes, which))
        rounds["encode"].append(encoded(episodes))
    best = {name: [median(one) for one in zip(*runs, strict=True)] for name, runs in rounds.items()}
    print(f"{len(episodes)} episodes, {count} events, {ROUNDS} rounds; microseconds an event")
    unit = median(best["encode"])
    for name, spent in best.items():
        tail = sorted(spent)[int(0.99 * len(spent))]
        share = (sum(spent) - sum(best["none"])) / max(sum(best["all"]) - sum(best["none"]), 1)
        part = "" if name in {"all", "none", "encode"} else f"  {share:6.1%} of all"
        print(
            f"{name:24} median {median(spent) / 1e3:6.2f}  p99 {tail / 1e3:6.2f}  "
            f"{median(spent) / unit:5.1f} x encoding{part}"
        )


if __name__ == "__main__":
    main()
