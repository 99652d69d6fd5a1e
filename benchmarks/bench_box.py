"""Time the opening of boxes once their tasks are solved, beside that solving, in one run.

Run: `.venv/bin/python benchmarks/bench_box.py`. Read the ratios, not the milliseconds.
"""

from __future__ import annotations

import time
from statistics import median

from oversight.inquiry.box import open_box
from oversight.overseer import SCRIPTED, Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.events import AnyEvent
from sandbox.log import MemoryLog

PLANS = (
    Plan("flight_booking/bos-feb", reward="naive", seed=1, in_process=True),
    Plan("flight_booking/bos-feb", reward="utility_indifference", seed=1, in_process=True),
    Plan("flight_booking/mia-seats", reward="naive", seed=1, in_process=True),
    Plan("absent_supervisor/original", reward="naive", seed=1, in_process=True),
)
ROUNDS = 40


def played(plan: Plan) -> list[AnyEvent]:
    """Return the events of one episode; its agent has solved the task by then."""
    session = open_session(plan, Stage(None, Scripted(SCRIPTED)))
    run_episode(session)
    log = session.log
    return list(log.events) if isinstance(log, MemoryLog) else []


def opening(plan: Plan, events: list[AnyEvent]) -> tuple[float, int]:
    """Return the seconds that it takes to open a box, and how many steps it has."""
    started = time.perf_counter()
    box = open_box(plan.task, plan.agent, plan.reward, events)
    return time.perf_counter() - started, len(box.steps)


def main() -> None:
    """Print, for each plan, the first opening, a later one a step, and their ratio."""
    logs = [(plan, played(plan)) for plan in PLANS]
    first = [opening(plan, events)[0] for plan, events in logs]
    later: list[list[float]] = [[] for _ in logs]
    for _ in range(ROUNDS):
        for spent, (plan, events) in zip(later, logs, strict=True):
            seconds, steps = opening(plan, events)
            spent.append(seconds / max(1, steps))
    print(f"{'task':<30}{'design':<22}{'first ms':>10}{'ms a step':>11}{'ratio':>10}")
    for (plan, _), once, spent in zip(logs, first, later, strict=True):
        step = median(spent)
        print(f"{plan.task:<30}{plan.reward:<22}{1e3 * once:>10.0f}{1e3 * step:>11.3f}", end="")
        print(f"{once / step:>10.0f}")


if __name__ == "__main__":
    main()
