"""Time the compiling of every setting of every task, by its encoder where it has one.

Run: `.venv/bin/python benchmarks/bench_compile.py [TASK ...]`. What takes over two seconds is
flagged: it wants an encoder (see `tasks/resource_gathering/encoder.py`).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from sandbox.mdp import tables
from tasks import load, names
from tasks.sizes import tabled

LIMIT = 2.0
"""Seconds that a setting may take."""


def timed(full: str) -> tuple[float, int]:
    """Return the seconds that compiling takes, and the outcomes that it lists."""
    task = load(full)
    began = time.perf_counter()
    mdp = tables(task, task.spec.discount)
    return time.perf_counter() - began, len(mdp.next)


def main(chosen: Sequence[str]) -> int:
    """Print seconds and outcomes a setting; return 1 when one is too slow."""
    slow = 0
    for name in chosen or names():
        for full in tabled(name):
            seconds, outcomes = timed(full)
            slow += seconds > LIMIT
            flag = "  SLOW" if seconds > LIMIT else ""
            print(f"{full:<40} {seconds:6.2f} s  {outcomes:>10,} outcomes{flag}")
    print(f"{slow} settings over {LIMIT:g} s")
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
