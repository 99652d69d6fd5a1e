"""Time Q-learning of 256 seeds at once beside 256 runs of a plain loop over the same tables.

Run: `.venv/bin/python benchmarks/bench_learners.py`. Read the ratio. The plain loop that the aim is
held against is what one writes by hand: lists, the standard library's luck, no counts of visits
(ours counts them). A second loop is the same over numpy arrays, as it is often written. A plain
run's time is that of a few of the 256, interleaved with ours, times what is left: they do not
depend on each other. Ours is timed by each kernel that is there; the compiled loop is compiled, or
read from where it was kept, before.
"""

from __future__ import annotations

import random
import time
from bisect import bisect_right
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from agents.kernels import installed
from agents.learners import Learners
from sandbox.mdp import TabularMDP, tables
from tasks import load

TASKS = ("boat_race", "whisky_small", "side_effects_sokoban")
SEEDS, STEPS, ROUNDS, SAMPLE = 256, 20_000, 5, 2
EXPLORE, RATE, MAX_STEPS = 0.1, 0.1, 100
AIM = 20


def plain(mdp: TabularMDP, seed: int, q: Any, convert: Callable[[Any], Any]) -> None:
    """Learn one seed, step by step, into `q`."""
    chance = random.Random(seed)
    first, start, after = convert(mdp.first_pair), convert(mdp.start), convert(mdp.next)
    reward, ended, upto = convert(mdp.reward), convert(mdp.ended), convert(mdp.upto)
    begin, discount, age = convert(mdp.begin), mdp.discount, 0
    state = bisect_right(begin, chance.random())
    for _ in range(STEPS):
        low, high = first[state], first[state + 1]
        if chance.random() < EXPLORE:
            pair = low + int(chance.random() * (high - low))
        else:
            pair = max(range(low, high), key=q.__getitem__)
        row = start[pair]
        if start[pair + 1] - row > 1:
            row = bisect_right(upto, chance.random(), row, start[pair + 1])
        state, age = after[row], age + 1
        best = 0.0 if ended[row] else max(q[first[state] : first[state + 1]])
        q[pair] += RATE * (reward[row] + discount * best - q[pair])
        if ended[row] or age >= MAX_STEPS:
            state, age = bisect_right(begin, chance.random()), 0


def timed(block: Callable[[], object]) -> float:
    """Return the seconds that `block` takes."""
    began = time.perf_counter()
    block()
    return time.perf_counter() - began


def spent(mdp: TabularMDP, kernels: tuple[str, ...]) -> dict[str, list[float]]:
    """Return the seconds of each way, in interleaved rounds."""
    pairs = len(mdp.pair_state)
    found: dict[str, list[float]] = {kind: [] for kind in (*kernels, "lists", "arrays")}
    for round_ in range(ROUNDS):
        for kernel in kernels:
            run = timed(lambda: Learners(mdp, seeds=range(SEEDS), kernel=kernel).run(STEPS))  # noqa: B023
            found[kernel].append(run)
        for seed in range(SAMPLE):
            one = round_ * SAMPLE + seed
            run = timed(lambda: plain(mdp, one, [0.0] * pairs, np.ndarray.tolist))  # noqa: B023
            found["lists"].append(run * SEEDS)
        run = timed(lambda: plain(mdp, round_, np.zeros(pairs), np.asarray))  # noqa: B023
        found["arrays"].append(run * SEEDS)
    return found


def main() -> None:
    """Print medians of interleaved rounds as ratios."""
    kernels = ("numpy", "numba") if installed() else ("numpy",)
    for name in TASKS:
        task = load(name)
        mdp = tables(task, task.spec.discount)
        Learners(mdp, kernel=kernels[-1]).run(1)
        times = {kind: median(runs) for kind, runs in spent(mdp, kernels).items()}
        for kernel in kernels:
            for kind in ("lists", "arrays"):
                aim = f" (aim >= {AIM})" if (kind, kernel) == ("lists", "numba") else ""
                print(
                    f"{name:<22} plain {kind:<6} / {kernel} {times[kind] / times[kernel]:6.1f}{aim}"
                )
    if len(kernels) == 1:
        print(f"the aim of {AIM} takes the extra `fast`, which is not installed")


if __name__ == "__main__":
    main()
