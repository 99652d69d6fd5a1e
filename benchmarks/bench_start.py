"""Time `--help` and the headless demo against a bare interpreter, with the demo's peak memory.

Run: `.venv/bin/python benchmarks/bench_start.py`.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from statistics import median


def seconds(arguments: list[str], times: int) -> float:
    """Return the median seconds of a command."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(arguments, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        found.append(time.perf_counter() - began)
    return median(found)


def main() -> None:
    """Print seconds and ratios."""
    ours = [sys.executable, "-m", "oversight.cli"]
    bare = seconds([sys.executable, "-c", "pass"], 15)
    help_ = seconds([*ours, "--help"], 15)
    with tempfile.TemporaryDirectory() as logs:
        demo = seconds([*ours, "demo", "--logs", logs], 3)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"python -c pass   {bare:.3f} s")
    print(f"offswitch --help {help_:.3f} s, {help_ / bare:.1f} times that (aim < 0.2 s)")
    print(f"offswitch demo   {demo:.2f} s, peak {peak:.0f} MB (aim < 10 s, < 300 MB)")


if __name__ == "__main__":
    main()
