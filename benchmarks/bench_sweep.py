"""Measure what a sweep costs beyond its episodes: time, memory, and what a second worker brings.

Run: `.venv/bin/python benchmarks/bench_sweep.py [EPISODES]`. The episodes are made up: one kind is
a row and nothing else, the other about half a millisecond. Overhead is the time of a run in this
process less that of a plain loop over the same episodes; kinds and workers are interleaved.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from oversight.experiment.config import Experiment
from oversight.experiment.row import Cell, Row
from oversight.experiment.runner import run
from oversight.experiment.unit import Evaluation

EPISODES, SOME, BUSY, ROUNDS = 1_000_000, 20_000, 8_000, 7
WORK = 40_000
OVERHEAD, SPEEDUP, MEMORY = 20.0, 1.6, 1024
PLAN = Experiment(name="sweep", tasks=["boat_race"], designs=["naive", "satisficer"])


def trivial(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    """Return rows that no episode stands behind."""
    return [
        Row(
            key=cell.key(seed),
            task=cell.task,
            setting=cell.setting,
            agent=cell.agent,
            design=cell.design,
            overseer=cell.overseer,
            seed=seed,
            method="sampled",
            steps=3.0,
            reward=seed / 7,
            performance=1.0 / (1 + seed),
            usefulness=0.5,
            gap=0.25,
            said=1.0,
            complied=1.0,
            tampered=0.0,
            evaded=0.0,
            side_effects=None,
            surplus=0.0,
            permissions=0.0,
            refused=0.0,
            asked=1.0,
            approved=1.0,
            lengths={"3": 1.0},
        )
        for seed in seeds
    ]


def busy(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    """Return the same rows after some arithmetic for each."""
    for _ in seeds:
        sum(range(WORK))
    return trivial(cell, seeds)


def whole(cell: Cell) -> bool:
    """Tell that seeds may be cut."""
    del cell
    return False


def check(cell: Cell) -> None:
    """Find nothing wrong."""
    del cell


def seconds(
    evaluate: Callable[[Cell, Sequence[int]], list[Row]], episodes: int, workers: int
) -> float:
    """Return the time of a run from nothing, its workers' start included."""
    plan = PLAN.model_copy(update={"seeds": episodes // 2})
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        outcome = run(
            plan, Path(folder), workers=workers, evaluation=Evaluation(evaluate, whole, check)
        )
        spent = time.perf_counter() - began
    if outcome.new != episodes:
        sys.exit(f"{outcome.new} rows, not {episodes}")
    return spent


def plain(evaluate: Callable[[Cell, Sequence[int]], list[Row]], episodes: int) -> float:
    """Return the time of a plain loop."""
    began = time.perf_counter()
    for cell in PLAN.cells():
        for seed in range(episodes // 2):
            evaluate(cell, [seed])
    return time.perf_counter() - began


def main(episodes: int) -> None:
    """Print medians of interleaved rounds, then one large sweep."""
    overhead, processor, ratio = [], [], []
    for _ in range(ROUNDS):
        began = time.process_time()
        beyond = seconds(trivial, SOME, 1)
        between = time.process_time()
        overhead.append((beyond - plain(trivial, SOME)) / SOME * 1e6)
        processor.append((2 * between - began - time.process_time()) / SOME * 1e6)
        ratio.append(seconds(busy, BUSY, 1) / seconds(busy, BUSY, 2))
    print(f"overhead of an episode    {median(overhead):6.1f} us (aim <= {OVERHEAD:.0f})")
    print(f"of that on the processor  {median(processor):6.1f} us")
    print(f"1 worker / 2 workers      {median(ratio):6.2f}    (aim >= {SPEEDUP})")
    spent = seconds(trivial, episodes, 2)
    own, worker = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(
        f"{episodes:,} episodes on 2 workers: {spent:.0f} s, {spent / episodes * 1e6:.1f} us each"
    )
    print(f"peak memory               {own:6.0f} MB, and {worker:.0f} MB a worker (aim < {MEMORY})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else EPISODES)
