"""Time compiling and solving the setting above 10^5 states, plain against vectorised, in one run.

Run: `.venv/bin/python benchmarks/bench_solve.py`. Read the ratio.
"""

from __future__ import annotations

import time

from agents.solver import solve
from sandbox.mdp import compile_task
from tasks import load


def main() -> None:
    """Print seconds, states a second, and the ratio."""
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
