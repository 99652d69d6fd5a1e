"""Share what many tests stand on: a small task, and stores in a folder of their own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sandbox.log import Store

os.environ.pop("OFFSWITCH_STAGES", None)  # a test names its own file, or none
os.environ.pop("COLUMNS", None)  # what runs tests side by side sets it; they say their own width

KEYS = tempfile.TemporaryDirectory(prefix="offswitch-keys-")
os.environ["OFFSWITCH_KEYS"] = KEYS.name  # a test never signs by the key of who runs it

settings.register_profile(
    "offswitch",
    deadline=None,  # the first draw of text builds tables; seconds are never asserted
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("offswitch")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "offswitch.db")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many faults were injected, and what came of it; see `tests.faults`."""
    found = [
        record
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        for name, record in getattr(report, "user_properties", ())
        if name == "faults" and report.when == "call"
    ]
    if found:
        from tests.faults.report import lines, summed

        terminalreporter.section("fault injection")
        for line in lines(summed(found)):
            terminalreporter.line(line)
