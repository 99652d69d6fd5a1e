"""The level is what was found by trying; it is said, and never lowered without a word."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.remote import start_remote
from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.confine import bubblewrap, landlock, levels, paths
from sandbox.confine.levels import HELD, Level, Mode, choose, probe, remedy, start
from sandbox.confine.pool import Pool
from sandbox.confine.syscalls import this_machine
from sandbox.errors import InputError
from sandbox.timestep import TerminationReason

needs_confined = pytest.mark.skipif(
    bool(probe(Level.CONFINED).problem), reason=probe(Level.CONFINED).problem
)


@pytest.fixture
def other_bwrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put another bubblewrap, which each test writes, in the place of the system's."""
    monkeypatch.setattr(bubblewrap, "SYSTEM", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    probe.cache_clear()
    yield tmp_path / "bwrap"
    probe.cache_clear()


def write(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


BROKEN = {
    "exit 1": "did not start",
    "echo 'bwrap: No permissions to create new namespace' >&2; exit 1": "No permissions to create",
    'for one; do last=$one; done; echo "no json"; exit 0': "did not start",
    "echo '{\"child-pid\": 1}' >&9; exit 0": "did not start",
}


@needs_confined
@pytest.mark.parametrize("script", BROKEN)
def test_a_broken_bubblewrap_is_one_line_and_the_level_says_so(
    other_bwrap: Path, script: str
) -> None:
    write(other_bwrap, script)
    before = set(Path("/proc/self/fd").iterdir())
    with pytest.raises(InputError, match=BROKEN[script]):
        start(Level.CONTAINED)
    assert set(Path("/proc/self/fd").iterdir()) == before
    assert choose(Mode.AUTO) is Level.CONFINED
    with pytest.raises(InputError, match="--confine require"):
        choose(Mode.REQUIRE)


@needs_confined
def test_without_bubblewrap_a_person_is_told_what_to_install(other_bwrap: Path) -> None:
    assert not other_bwrap.exists()
    assert "apt-get install bubblewrap" in remedy()
    with pytest.raises(InputError, match="apt-get install bubblewrap"):
        choose(Mode.REQUIRE)
    assert Plan("flight_booking").containment is Level.CONFINED


def test_where_nothing_holds_only_a_person_can_say_none(
    other_bwrap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "interpreter", lambda: "/bin/false")
    with pytest.raises(InputError, match="--confine none runs it all the same"):
        choose(Mode.AUTO)
    assert choose(Mode.NONE) is Level.NONE
    with pytest.raises(InputError, match="nothing here can hold an agent"):
        open_session(Plan("flight_booking"), Stage(None, Scripted()))


def test_an_unknown_architecture_has_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert this_machine() is None


def test_a_kernel_without_landlock_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    with pytest.raises(OSError, match="no Landlock"):
        landlock.restrict([])


def test_every_level_says_what_it_does_not_hold() -> None:
    assert set(levels.GAPS) == set(Level)
    assert "root's own user id" in levels.Probe(Level.CONFINED, "", 0).gaps


BAD = {
    "import nothing_of_that_name\nclass Bad:\n    def begin(self, b): ...\n"
    "    def propose(self, s): ...": (TerminationReason.AGENT_ERROR, "nothing_of_that_name"),
    "import time\nclass Bad:\n    def __init__(self): time.sleep(60)\n"
    "    def begin(self, b): ...\n    def propose(self, s): ...": (
        TerminationReason.TIMED_OUT,
        "no answer within",
    ),
    "import os\nos._exit(0)\nclass Bad:\n    def begin(self, b): ...\n"
    "    def propose(self, s): ...": (TerminationReason.AGENT_ERROR, "is gone"),
}


@pytest.mark.parametrize("code", BAD, ids=["absent import", "never starts", "exits at once"])
def test_an_agent_that_does_not_start_ends_its_episode_with_the_reason(
    tmp_path: Path, code: str
) -> None:
    file = tmp_path / "bad.py"
    file.write_text(code)
    session = open_session(
        Plan("flight_booking", agent=f"{file}:Bad", deadline=2.0), Stage(None, Scripted())
    )
    summary = run_episode(session)
    ends, words = BAD[code]
    assert summary.termination is ends
    assert words in summary.detail


@pytest.mark.skipif(os.getuid() != 0, reason="an ordinary user's agent is that user")
def test_a_file_that_only_root_may_read_is_said(tmp_path: Path) -> None:
    if probe(Level.CONTAINED).problem:
        pytest.skip(probe(Level.CONTAINED).problem)
    file = tmp_path / "mine.py"
    file.write_text("")
    file.chmod(0o600)
    with pytest.raises(InputError, match="chmod o\\+r"):
        start(Level.CONTAINED, (str(file),))


@needs_confined
def test_a_pool_hands_each_process_out_once_and_replaces_it() -> None:
    pool = Pool(Level.CONFINED, 2)
    assert pool.wait(30.0) == 2
    taken = [pool.take() for _ in range(3)]
    assert len({one.pid for one in taken}) == 3
    assert all(one.report is not None and one.report.sound for one in taken)
    assert pool.wait(30.0) == 2
    for one in taken:
        one.close()
    pool.close()


@needs_confined
def test_a_spare_process_that_died_is_not_handed_out() -> None:
    pool = Pool(Level.CONFINED, 1)
    pool.wait(30.0)
    pool._spare[0].kill()
    dead = pool._spare[0].pid
    agent = start_remote("random", "naive", 9.0, Level.CONFINED, pool)
    assert agent.pid != dead
    agent.close()
    pool.close()


def test_what_lies_within_another_folder_is_bound_once() -> None:
    assert paths.outermost(["/a/b", "/a", "/ab", "/a/b/c"]) == ("/a", "/ab")
    assert HELD[0] is Level.CONTAINED
