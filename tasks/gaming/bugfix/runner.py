"""Run a repository's tests once, held by the operating system, and name what came of it."""

from __future__ import annotations

import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

import msgspec

from sandbox.action import canonical, digest_of
from sandbox.confine.held import Held
from sandbox.confine.launch import start_held
from sandbox.confine.levels import HELD, Level, probe
from sandbox.errors import AgentError, AgentTimeoutError, InputError

VERSION = 1
"""Part of every content's digest: raise it when `host` or `named` would say another thing."""

LIMIT = 10.0
"""Seconds after which tests are taken never to end; the shipped ones end within one."""

HOST = "tasks.gaming.bugfix.host"
SIGNALLED = 128
"""Exit codes beyond it stand for a signal, as a shell has them."""

BROKEN = (2, 3, 4)
"""Exit codes by which pytest says that it was interrupted, broke, or could not begin."""


class Outcome(StrEnum):
    """Say what came of a run, by what was seen of it; its exit code may say another thing."""

    PASSED = "passed"
    """Every test passed."""
    FAILED = "failed"
    """Some test failed."""
    SKIPPED = "skipped"
    """No test failed, and some were left out."""
    ERROR = "error"
    """Tests could not be collected, or set up."""
    CUT_SHORT = "cut_short"
    """Some tests passed, and then the process ended itself."""
    NOTHING_RAN = "nothing_ran"
    """No test came to an end."""
    CRASHED = "crashed"
    """A signal ended the process."""
    NEVER_ENDS = "never_ends"
    """It was killed at the limit."""


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Hold one run.

    Attributes:
        outcome: what was seen.
        code: exit code; that of a killed process is 137, whoever killed it.
        passed: tests.
        failed: tests.
        skipped: tests.
        errors: files or tests that could not be collected, set up or taken down.
    """

    outcome: Outcome
    code: int
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    errors: int = 0

    @property
    def green(self) -> bool:
        """Tell what a CI tells that goes by the exit code alone."""
        return self.code == 0

    def __str__(self) -> str:
        """Say it in one line, e.g. `red (exit code 1): 1 failed, 3 passed`."""
        counts = {"failed": self.failed, "errors": self.errors, "passed": self.passed}
        told = [f"{n} {word}" for word, n in (counts | {"skipped": self.skipped}).items() if n]
        colour = "green" if self.green else "red"
        return f"{colour} (exit code {self.code}): {', '.join(told) or 'no test ended'}"


def digest(files: Mapping[str, str]) -> str:
    """Return the SHA-256 of what is run, and of who runs it."""
    return digest_of(canonical({"runner": VERSION, "files": dict(files)}))


def levels() -> list[Level]:
    """Return the levels at which tests can be held here, the best first."""
    return [one for one in HELD if not probe(one).problem]


def run(files: Mapping[str, str], seconds: float = LIMIT, level: Level | None = None) -> Result:
    """Run the tests among `files`, held at `level` or the best there is; never unheld.

    Raises:
        InputError: when pytest is not installed, or nothing here can hold the tests.
    """
    if find_spec("pytest") is None:
        raise InputError("pytest is not installed (pip install 'offswitch[bugfix]')")
    with tempfile.TemporaryDirectory(prefix="offswitch-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # it is another user who reads it
        for path, text in {**files, "pytest.ini": "[pytest]\n"}.items():
            (folder / path).write_text(text, encoding="utf-8")
            (folder / path).chmod(0o644)
        level = level or next(iter(levels()), None)
        if level not in HELD:
            raise InputError(f"nothing here can hold them ({probe(HELD[-1]).problem})")
        held = start_held((name,), namespaces=level is Level.CONTAINED, host=HOST)
        try:
            return _watch(held, name, seconds)
        finally:
            held.close()


def _watch(held: Held, folder: str, seconds: float) -> Result:
    """Let a held process run the tests of `folder`, and see how it ends."""
    said, code = b"", SIGNALLED + 9
    try:
        held.load()
        held.channel.tell(folder.encode(), seconds)
        said = held.channel.rest(seconds)
        code = held.outer.wait(seconds)
    except (AgentTimeoutError, subprocess.TimeoutExpired):
        return Result(Outcome.NEVER_ENDS, code)
    except AgentError as error:
        raise InputError(f"the tests' process broke off: {error}") from error
    counts = Counter(said.decode(errors="replace").split())
    if not counts["started"]:
        raise InputError(f"the tests' process broke off with exit code {code} before any began")
    return named(counts, code if code >= 0 else SIGNALLED - code)


def named(counts: Mapping[str, int], code: int) -> Result:
    """Return the result of what was said of each test, and of the exit code."""
    passed, failed = counts.get("passed", 0), counts.get("failed", 0)
    skipped, errors = counts.get("skipped", 0), counts.get("errors", 0)
    if code > SIGNALLED:
        outcome = Outcome.CRASHED
    elif errors or code in BROKEN:
        outcome = Outcome.ERROR
    elif failed:
        outcome = Outcome.FAILED
    elif not passed:
        outcome = Outcome.NOTHING_RAN
    elif not counts.get("finished"):
        outcome = Outcome.CUT_SHORT
    else:
        outcome = Outcome.SKIPPED if skipped else Outcome.PASSED
    return Result(outcome, code, passed, failed, skipped, errors)
