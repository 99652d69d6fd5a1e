"""Nothing comes along into an agent's process that was not put there."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.confine.held import Held
from sandbox.confine.levels import HELD, Level, start
from tests.redteam.test_attacks import need

DESCRIPTORS = 5
"""Standard streams and two pipes."""


@pytest.fixture(params=HELD, ids=lambda one: one.name.lower())
def held(request: pytest.FixtureRequest) -> Level:
    level: Level = request.param
    need(level)
    return level


def shim(process: Held) -> int:
    """Return the id of the process that the agent will be."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0]) if children else process.pid


@pytest.mark.skipif(
    os.getuid() != 0, reason="only root may look into a process that is not dumpable"
)
def test_a_held_process_has_its_streams_and_two_pipes_and_nothing_else(
    held: Level, tmp_path: Path
) -> None:
    secret = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(secret, True)
    with subprocess.Popen(["/bin/sleep", "9"], close_fds=False) as control:
        assert str(tmp_path) in links(control.pid)
        control.kill()
    process = start(held)
    found = links(shim(process))
    process.close()
    os.close(secret)
    assert len(found) == DESCRIPTORS
    assert sum(one.startswith("pipe:") for one in found) == 2
    assert str(tmp_path) not in found


def links(pid: int) -> list[str]:
    found = []
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # what closes on exec may just go
            found.append(str(one.readlink()))
    return found


def test_no_environment_and_no_sitecustomize_come_along(
    held: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("OFFSWITCH_SECRET", "hush")
    process = start(held)
    if os.getuid() == 0:
        assert b"hush" not in Path(f"/proc/{shim(process)}/environ").read_bytes()
    process.close()
    assert not (tmp_path / "ran").exists()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    assert (tmp_path / "ran").exists()
