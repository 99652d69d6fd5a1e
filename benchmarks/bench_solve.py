"""Time compiling and solving in one run, each new way against the plain one.

Run: `.venv/bin/python benchmarks/bench_solve.py`. Read the ratios.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from agents.policy_iteration import iterate
from agents.solver import TOLERANCE, Solution, modified, solve
from sandbox.mdp import TabularMDP, compile_task
from tasks import load


def field(side: int, discount: float, seed: int = 0) -> TabularMDP:
    """Return a deterministic square field: four moves and waiting, one goal, walls here and there.

    A step costs 1, some tiles pay or cost a little, and the goal pays 50 and ends the episode.
    """
    rng = np.random.default_rng(seed)
    count, place = side * side, np.arange(side * side)
    row, column = place // side, place % side
    wall = rng.random(count) < 0.2
    goal = count - 1
    after = np.empty((count, 5), dtype=np.int64)
    for number, (down, right) in enumerate(((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))):
        to = np.clip(row + down, 0, side - 1) * side + np.clip(column + right, 0, side - 1)
        after[:, number] = np.where(wall[to], place, to)
    sizes = np.where(place == goal, 0, 5)
    rows = after[place != goal].ravel()
    small = load("boat_race")
    pays = rng.integers(-2, 2, count)[rows] / 4.0 - 1.0
    return replace(
        compile_task(small, discount),
        states=list(range(count)),
        index={},
        initial=np.eye(1, count)[0],
        first_pair=np.concatenate(([0], np.cumsum(sizes))),
        pair_state=np.repeat(place, sizes),
        pair_action=np.tile(np.arange(5), count - 1),
        start=np.arange(len(rows) + 1),
        next=rows,
        probability=np.ones(len(rows)),
        reward=np.where(rows == goal, 50.0, pays),
        performance=None,
        ended=rows == goal,
        pressed=np.zeros(len(rows), dtype=bool),
        stopped=np.zeros(count, dtype=bool),
        unstopped=place,
    )


def timed(call: Callable[[], Solution]) -> tuple[float, Solution]:
    """Return the seconds a call took, and what it found."""
    began = time.perf_counter()
    found = call()
    return time.perf_counter() - began, found


def compare(side: int, discount: float) -> None:
    """Print policy iteration with pointer doubling against modified policy iteration."""
    mdp = field(side, discount)
    ours, found = timed(lambda: iterate(mdp, TOLERANCE))
    theirs, plain = timed(lambda: modified(mdp, settle=False))
    apart = float(np.max(np.abs(found.value - plain.value)))
    print(
        f"deterministic, {side * side:>7,} states, discount {discount}: {ours:6.2f} s in "
        f"{found.rounds} rounds, modified {theirs:6.2f} s in {plain.rounds}, "
        f"ratio {theirs / ours:.1f}, values {apart:.0e} apart"
    )


def slippery(side: int, discount: float, slip: float = 0.2) -> TabularMDP:
    """Return the field in which another move is made with chance `slip`."""
    mdp = field(side, discount)
    count = len(mdp.next)
    elsewhere = np.random.default_rng(1).integers(0, 5, count)
    rows = np.stack([np.arange(count), mdp.first_pair[mdp.pair_state] + elsewhere], 1).ravel()
    return replace(
        mdp,
        start=2 * np.arange(count + 1),
        next=mdp.next[rows],
        probability=np.tile([1.0 - slip, slip], count),
        reward=mdp.reward[rows],
        ended=mdp.ended[rows],
        pressed=mdp.pressed[rows],
    )


def compare_settling(side: int, discount: float) -> None:
    """Print modified policy iteration with policies settled against sweeps alone."""
    mdp = slippery(side, discount)
    ours, found = timed(lambda: modified(mdp))
    theirs, plain = timed(lambda: modified(mdp, settle=False))
    print(
        f"slippery, {side * side:>7,} states, discount {discount}: {ours:6.2f} s in "
        f"{found.rounds} rounds, sweeps alone {theirs:6.2f} s in {plain.rounds}, "
        f"ratio {theirs / ours:.1f}"
    )


def main() -> None:
    """Print seconds, states a second, and the ratios."""
    for side in (100, 316):
        for discount in (0.99, 0.999):
            compare(side, discount)
    for discount in (0.99, 0.999):
        compare_settling(141, discount)
    task = load("resource_gathering/common")
    began = time.perf_counter()
    plain = compile_task(task, task.spec.discount)
    middle = time.perf_counter()
    fast = task.encode(task.spec.discount)  # type: ignore[attr-defined]
    encoded = time.perf_counter()
    solution = solve(fast)
    solved = time.perf_counter()
    count = len(fast.states)
    print(f"{count:,} states, {len(fast.next):,} outcomes; plain found {len(plain.states):,}")
    print(f"plain compile      {middle - began:6.2f} s")
    ratio = (middle - began) / (encoded - middle)
    print(f"vectorised compile {encoded - middle:6.2f} s, {ratio:.1f} times faster")
    print(f"solve              {solved - encoded:6.2f} s, residual {solution.residual:.1e}")


if __name__ == "__main__":
    main()
