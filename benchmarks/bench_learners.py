"""Time Q-learning of 256 seeds at once beside 256 runs of a plain loop over the same tables.

Run: `.venv/bin/python benchmarks/bench_learners.py`. Read the ratio. The plain loop is what one
writes by hand: lists, the standard library's luck, no counts of visits (ours counts them). A second
loop is the same over numpy arrays, as it is often written. A plain run's time is that of a few of
the 256, interleaved with ours, times what is left: they do not depend on each other.
"""

from __future__ import annotations

import random
import time
from bisect import bisect_right
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from agents.learners import Learners
from sandbox.mdp import TabularMDP, tables
from tasks import load

TASKS = ("boat_race", "whisky_small", "side_effects_sokoban")
SEEDS, STEPS, ROUNDS, SAMPLE = 256, 4_000, 7, 4
EXPLORE, RATE, MAX_STEPS = 0.1, 0.1, 100
AIM = 20


def plain(mdp: TabularMDP, seed: int, q: Any, convert: Callable[[Any], Any]) -> None:
    """Learn one seed, step by step, into `q`."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
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


def main() -> None:
    """Print medians of interleaved rounds as ratios."""
    for name in TASKS:
        task = load(name)
        mdp = tables(task, task.spec.discount)
        pairs = len(mdp.pair_state)
        spent: dict[str, list[float]] = {"ours": [], "lists": [], "arrays": []}
        for round_ in range(ROUNDS):
            spent["ours"].append(timed(lambda: Learners(mdp, seeds=range(SEEDS)).run(STEPS)))  # noqa: B023
            for seed in range(SAMPLE):
                one = round_ * SAMPLE + seed
                run = timed(lambda: plain(mdp, one, [0.0] * pairs, np.ndarray.tolist))  # noqa: B023
                spent["lists"].append(run * SEEDS)
            run = timed(lambda: plain(mdp, round_, np.zeros(pairs), np.asarray))  # noqa: B023
            spent["arrays"].append(run * SEEDS)
        ours = median(spent["ours"])
        for kind in ("lists", "arrays"):
            aim = f" (aim >= {AIM})" if kind == "lists" else ""
            print(f"{name:<22} plain {kind:<6} / ours {median(spent[kind]) / ours:6.1f}{aim}")


if __name__ == "__main__":
    main()
