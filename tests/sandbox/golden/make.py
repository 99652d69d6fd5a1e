"""Make the golden store of this version: what tests of later versions read and bring to theirs.

Run: `.venv/bin/python -m tests.sandbox.golden.make` (or `just golden`) when a version is released
whose format has no golden store yet; commit the file, and never make it anew.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

from oversight.branch import Branch
from oversight.cli import VERSION
from oversight.fork import open_fork
from oversight.overseer import Scripted
from oversight.request import Answer, ApprovalRequest
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.database import migrations
from sandbox.decision import DecisionKind
from sandbox.log import Store

FORMAT = len(migrations._migrations)
"""Number of the format: how many migrations lead to it."""

GOLDEN = {"0.1.0-format-1.db.gz"}
"""Golden stores that there are; a test compares them with the folder."""

BOOKING = "flight_booking/bos-feb"


class Absent:
    """Stand for everything that dies at the moment a person is asked."""

    name = "absent"

    def answer(self, request: ApprovalRequest) -> Answer:
        """End this process at once, with the request pending."""
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError(request)


def make(path: Path) -> None:
    """Write a store: two episodes, a fork with a veto, and one killed with a request pending."""
    store = Store(path)
    stage = Stage(store, Scripted())
    first = run_episode(open_session(Plan(BOOKING, seed=11, in_process=True), stage))
    greedy = Plan("flight_booking/lax-thanksgiving", agent="greedy", seed=2, in_process=True)
    run_episode(open_session(greedy, stage))
    branch = Branch(1, DecisionKind.VETO, "operator:fork")
    run_episode(open_fork(store.find(first.episode), stage, "fork-1", branch)[1])
    killed = [sys.executable, "-m", "tests.sandbox.golden.make", "--killed", str(path)]
    subprocess.run(killed, check=False)
    store.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.db.conn.execute("PRAGMA journal_mode=DELETE")
    store.close()


def _run_killed(path: Path) -> None:
    run_episode(open_session(Plan(BOOKING, seed=3, in_process=True), Stage(Store(path), Absent())))


def main() -> None:
    """Write the golden store of this version beside this file."""
    if sys.argv[1:2] == ["--killed"]:
        _run_killed(Path(sys.argv[2]))
        return
    target = Path(__file__).with_name(f"{VERSION}-format-{FORMAT}.db.gz")
    if target.exists():
        sys.exit(f"{target} is there: a golden store is never made anew")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "offswitch.db"
        make(path)
        target.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    print(target)


if __name__ == "__main__":
    main()
