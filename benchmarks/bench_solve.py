"""Time compiling and solving in one run, each new way against the plain one.

Run: `.venv/bin/python benchmarks/bench_solve.py [part ...]`. Read the ratios. The parts are
`quantecon` (against its modified policy iteration, if `pip install quantecon` was done), `steps`
(backward induction against reading its tables), `ways` (ours against our plainer ones), `compile`.

Against QuantEcon: each is given its own model, made anew for each of the interleaved rounds and not
timed, and begins from nothing; loops that either compiles are compiled before. QuantEcon is asked
for values within 1e-8 / 2 of the optimum, ours within 1e-9.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from statistics import median
from typing import Any, TypeVar

import numpy as np

from agents.course import Backup
from agents.finite_horizon import backward
from agents.kernels import installed
from agents.policy_iteration import iterate
from agents.solver import TOLERANCE, modified, solve
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


T = TypeVar("T")
ROUNDS = 9


def timed(call: Callable[[], T]) -> tuple[float, T]:
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


def scattered(count: int, ways: int, discount: float, actions: int = 4) -> TabularMDP:
    """Return a world without an end in which each pair leads to `ways` states anywhere."""
    rng = np.random.default_rng(0)
    pairs, rows = count * actions, count * actions * ways
    return replace(
        field(2, discount),
        states=list(range(count)),
        initial=np.eye(1, count)[0],
        first_pair=actions * np.arange(count + 1),
        pair_state=np.repeat(np.arange(count), actions),
        pair_action=np.tile(np.arange(actions), count),
        start=ways * np.arange(pairs + 1),
        next=rng.integers(0, count, rows),
        probability=rng.dirichlet(np.ones(ways), pairs).ravel() if ways > 1 else np.ones(pairs),
        reward=np.repeat(rng.normal(size=pairs), ways),
        ended=np.zeros(rows, dtype=bool),
        pressed=np.zeros(rows, dtype=bool),
        stopped=np.zeros(count, dtype=bool),
        unstopped=np.arange(count),
    )


def theirs(mdp: TabularMDP) -> Callable[[], Any]:
    """Return what makes QuantEcon's model of `mdp`: an end leads to one more state, for ever."""
    markov, sparse = import_module("quantecon.markov"), import_module("scipy.sparse")
    count, pairs = len(mdp.states), len(mdp.pair_state)
    stays = np.append(np.flatnonzero(np.diff(mdp.first_pair) == 0), count)
    states = np.concatenate([mdp.pair_state, stays])
    actions = np.concatenate([mdp.pair_action, np.zeros(len(stays), np.int64)])
    gains = np.add.reduceat(mdp.probability * mdp.reward, mdp.start[:-1])
    gains = np.concatenate([gains, np.zeros(len(stays))])
    row = np.concatenate([mdp.outcome_pair, np.arange(pairs, pairs + len(stays))])
    column = np.concatenate([np.where(mdp.ended, count, mdp.next), np.full(len(stays), count)])
    chance = np.concatenate([mdp.probability, np.ones(len(stays))])
    leads = sparse.csr_matrix((chance, (row, column)), shape=(len(states), count + 1))
    return lambda: markov.DiscreteDP(gains, leads, mdp.discount, states, actions)


def kernels() -> list[str]:
    """Return the kernels that are there."""
    if not installed():
        print("numba is not installed: the compiled loops are left out")
    return ["numpy", "numba"] if installed() else ["numpy"]


def beside_quantecon(name: str, mdp: TabularMDP, aims: dict[str, float]) -> None:
    """Print medians of QuantEcon's modified policy iteration over ours."""
    make, spent = theirs(mdp), dict[str, list[float]]()
    method: dict[str, Any] = {"method": "modified_policy_iteration", "epsilon": 1e-8}
    apart = 0.0
    for turn in range(ROUNDS + 1):
        model = make()
        seconds, found = timed(lambda: model.solve(**method, max_iter=100_000))  # noqa: B023
        runs = {"theirs": seconds}
        for kernel in aims:
            fresh = replace(mdp)
            runs[kernel], ours = timed(lambda: solve(fresh, kernel=kernel))  # noqa: B023
            apart = max(apart, float(np.max(np.abs(found.v[:-1] - ours.value))))
        for kind, one in runs.items() if turn else ():  # the first turn compiles, and warms up
            spent.setdefault(kind, []).append(one)
    base = median(spent.pop("theirs"))
    ratios = ", ".join(
        f"{kernel} {1e3 * ours:6.1f} ms, ratio {base / ours:5.1f} (aim {aims[kernel]})"
        for kernel, ours in ((kernel, median(runs)) for kernel, runs in spent.items())
    )
    print(f"{name:<24} QuantEcon {1e3 * base:6.1f} ms, {ratios}; {apart:.0e} apart")


def quantecon() -> None:
    """Print ours against QuantEcon's, 10^4 states, discount 0.99."""
    try:
        import_module("quantecon")
    except ImportError:
        print("quantecon is not installed (pip install quantecon): nothing to compare with")
        return
    there = kernels()
    sure = {kernel: {"numpy": 1.5, "numba": 8}[kernel] for kernel in there}
    chancy = {kernel: {"numpy": 1, "numba": 1.15}[kernel] for kernel in there}
    beside_quantecon("deterministic, field", field(100, 0.99), sure)
    beside_quantecon("deterministic, scattered", scattered(10_000, 1, 0.99), sure)
    beside_quantecon("stochastic, field", slippery(100, 0.99), chancy)
    beside_quantecon("stochastic, scattered", scattered(10_000, 3, 0.99), chancy)


def reading(backup: Backup, steps: int) -> float:
    """Return a sum over all tables that a step of backward induction reads, for each step."""
    tables = backup.pay, backup.weight, backup.place
    return sum(float(one.sum()) for _ in range(steps) for one in tables)


def steps() -> None:
    """Print backward induction over 100 steps, 10^5 states, against reading the same bytes."""
    there = kernels()
    for name, mdp in (
        ("field", field(316, 0.99)),
        ("slippery field", slippery(316, 0.99)),
        ("scattered", scattered(100_000, 1, 0.99)),
    ):
        backup, spent = Backup.of(mdp), dict[str, list[float]]()
        for turn in range(ROUNDS + 1):
            runs = {"reading": timed(lambda: reading(backup, 100))[0]}  # noqa: B023
            for kernel in there:
                for keep in (False, True):
                    solving = timed(lambda: backward(mdp, 100, keep=keep, kernel=kernel))  # noqa: B023
                    runs[f"{kernel}{', policy kept' if keep else ''}"] = solving[0]
            for kind, one in runs.items() if turn else ():
                spent.setdefault(kind, []).append(one)
        read = median(spent.pop("reading"))
        print(f"100 steps, {len(mdp.states):,} states, {name}: reading {1e3 * read:.0f} ms")
        for kind, times in spent.items():
            print(
                f"    {kind:<20} {1e3 * median(times):5.0f} ms, {median(times) / read:4.1f} times"
            )


def ways() -> None:
    """Print policy iteration against modified, and settled policies against sweeps alone."""
    for side in (100, 316):
        for discount in (0.99, 0.999):
            compare(side, discount)
    for discount in (0.99, 0.999):
        compare_settling(141, discount)


def compiling() -> None:
    """Print compiling and solving a large task."""
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


def main() -> None:
    """Print seconds, states a second, and the ratios."""
    parts = {"quantecon": quantecon, "steps": steps, "ways": ways, "compile": compiling}
    for name in sys.argv[1:] or parts:
        parts[name]()


if __name__ == "__main__":
    main()
