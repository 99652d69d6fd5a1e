"""The same laws without anything in between: real limits, real locks, and real kills."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.errors import StoreError
from sandbox.keys import Signer
from sandbox.log import Store
from tests.faults.going_on import brought_to_its_end
from tests.faults.outside import telling, told
from tests.faults.scene import SCENES, Given, Notes, folder, play, reference

SCENE = SCENES[0]
KILLS = 30


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder with keys of its own, and have all that is cached ready."""
    reference(SCENE)
    with folder() as found:
        monkeypatch.setenv("OFFSWITCH_KEYS", str(found / "keys"))
        Signer.load()
        yield found


def child_of(place: Path, body: Callable[[Path, Notes], None]) -> int:
    """Run `body` in a process of its own, which tells what happens in a file outside the store."""
    file = os.open(place / "outside", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    child = os.fork()
    if child == 0:
        code = 4
        try:
            body(place / "offswitch.db", telling(file))
            code = 0
        except StoreError:
            code = 3
        finally:
            os._exit(code)
    os.close(file)
    return child


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def playing(path: Path, notes: Notes) -> None:
    play(SCENE, Store(path), notes)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_an_episode_that_is_killed_goes_on_where_it_was(place: Path) -> None:
    chance, cut = random.Random(11), 0
    for trial in range(KILLS):
        here = place / str(trial)
        here.mkdir()
        child = child_of(here, playing)
        lines = chance.randrange(14)
        until(lambda here=here, lines=lines: (here / "outside").read_bytes().count(b"\n") >= lines)  # type: ignore[misc]
        spin(chance.random() * 0.002)
        os.kill(child, signal.SIGKILL)
        assert ended(child) in {0, -signal.SIGKILL}
        was = brought_to_its_end(SCENE, here / "offswitch.db", told(here / "outside"))
        cut += was.episode is not None and not was.ended
    assert cut > KILLS // 2


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end


def spin(seconds: float) -> None:
    """Let a moment pass: when the kill comes is what is under test, not an order of events."""
    end = time.monotonic() + seconds
    until(lambda: time.monotonic() >= end)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_an_episode_that_outgrows_its_limit_goes_on_once_there_is_room(place: Path) -> None:
    def limited(path: Path, notes: Notes) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        playing(path, notes)

    cut = 0
    for size in range(40_000, 400_000, 30_000):
        here = place / str(size)
        here.mkdir()
        code = ended(child_of(here, limited))
        was = brought_to_its_end(SCENE, here / "offswitch.db", told(here / "outside"))
        assert code == (0 if was.ended else 3)
        cut += was.episode is not None and not was.ended
    assert cut >= 3


def test_an_episode_that_fills_its_disk_goes_on_once_there_is_room() -> None:
    own = ["unshare", "--user", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.call([*own, "true"], stderr=subprocess.DEVNULL):
        pytest.skip("no small disk can be mounted here: there are no user namespaces")
    ran = subprocess.run(
        [*own, sys.executable, "-m", "tests.faults.small_disk"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    if ran.returncode == 77:
        pytest.skip(f"no small disk can be mounted here: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) >= 3


HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


class Then(list[Given]):
    """Do something when the third answer is given, before it can be written."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__()
        self._do = do

    def append(self, one: Given) -> None:
        super().append(one)
        if len(self) == 3:
            self._do()


def test_an_answer_that_another_program_kept_from_being_written_is_asked_for_again(
    place: Path,
) -> None:
    path, held = place / "offswitch.db", []

    def hold() -> None:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        held.append(holder)

    notes = Notes(given=Then(hold))
    with pytest.raises(StoreError, match="another program holds it"):
        play(SCENE, Store(path, busy=0.01), notes)
    held[0].communicate()
    was = brought_to_its_end(SCENE, path, notes)
    assert was.pending == [notes.given[2].request]
