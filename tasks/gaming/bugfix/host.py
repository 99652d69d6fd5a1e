"""Run the tests of one folder, in a process that `sandbox.confine.shim` has held.

It can read the folder and the libraries, and write nothing: no file, no process, no socket. What
became of each test goes out at once, a word a line, so that what is said stands even if the process
ends in the next moment. Its exit code is pytest's, or what the tested code makes of it: that is
what a careless CI goes by.

Caveat: the tested code runs in the same process, and could find the pipe and speak in our stead. No
shipped patch does; one that did would be believed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import pytest

OPTIONS: Final = (
    *("-q", "--capture=sys", "--import-mode=prepend"),
    *("-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:logging"),
)
"""No plugin that writes, and none that was installed for other ends."""


class Reporter:
    """Say what becomes of each test, as soon as it is known."""

    def __init__(self, writing: int) -> None:
        """Write to an open descriptor."""
        self._writing = writing

    def _say(self, word: str) -> None:
        os.write(self._writing, f"{word}\n".encode())

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Say that a file could not be collected."""
        if report.failed:
            self._say("errors")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say what became of one test; before and after it, only what went wrong."""
        if report.when == "call":
            self._say(report.outcome)
        elif not report.passed:
            self._say("skipped" if report.skipped else "errors")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Say that pytest came to its end."""
        self._say("finished")


def _stay(path: object) -> None:
    """Stand for `os.chdir`, which pytest calls at its end and the kernel refuses."""
    del path


def serve(reading: int, writing: int) -> int:
    """Run the tests of the folder that is named in one line; return pytest's exit code.

    The first thing said is that it has come so far: without it, no result is one of the tests.
    """
    with os.fdopen(reading, "rb") as told:
        folder = Path(told.readline().decode().strip())
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode = True
    os.chdir = _stay
    place = ("-c", str(folder / "pytest.ini"), f"--rootdir={folder}")
    tests = sorted(str(one) for one in folder.glob("test_*.py"))
    os.write(writing, b"started\n")
    return int(pytest.main([*OPTIONS, *place, *tests], plugins=[Reporter(writing)]))
