"""Let one schedule go wrong, go on with what was begun, and check every law after each run."""

from __future__ import annotations

import atexit
import functools
import gc
import gzip
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.clock import ManualClock
from sandbox.errors import OffswitchError, StoreError
from sandbox.keys import Signer
from sandbox.log import Store
from sandbox.verify import missing
from tests.faults.disk import Disk
from tests.faults.going_on import resume
from tests.faults.injection import Call, Fired, Injection
from tests.faults.laws import OnDisk, broken, broken_by_resuming, broken_in_the_end, read
from tests.faults.scene import SCENES, Notes, folder, play
from tests.faults.schedule import RUNS, After, Beforehand, Run, Schedule, Setting, schedule
from tests.faults.vfs import NAME, faulty, injected

KEYS = "OFFSWITCH_KEYS"
FILE = "offswitch.db"
FORMAT_1 = Path(__file__).parents[1] / "sandbox" / "golden" / "0.1.0-format-1.db.gz"
MakeStore = Callable[..., Store]


@dataclass
class Outcome:
    """Say how one schedule went.

    Attributes:
        seed: of the schedule.
        fired: what went wrong, run by run.
        cut: the first run did not come to its end.
        pending: requests that were open when a run was cut.
        resumed: runs that went on with what was begun.
        problems: laws that did not hold.
    """

    seed: int
    fired: list[list[Fired]] = field(default_factory=list)
    cut: bool = False
    pending: int = 0
    resumed: int = 0
    problems: list[str] = field(default_factory=list)


@functools.cache
def folders() -> dict[Beforehand, tuple[Path, frozenset[str]]]:
    """Return the folders of which trials begin with a copy, and the episodes that are in them."""
    root = Path(tempfile.mkdtemp(prefix="offswitch-faults-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    found = {}
    for one in Beforehand:
        with keys_in(root / one):
            Signer.load()
            found[one] = (root / one, _lay_out(root / one / FILE, one))
    return found


def _lay_out(path: Path, what: Beforehand) -> frozenset[str]:
    """Write a store of one kind, and return the episodes in it."""
    if what is Beforehand.NOTHING:
        return frozenset()
    if what is Beforehand.FORMAT_1:
        path.write_bytes(gzip.decompress(FORMAT_1.read_bytes()))
        store = Store(path, readonly=True)
    else:
        store = Store(path, clock=ManualClock())
        play(SCENES[0], store, Notes())
    there = store.ids()
    store.close()
    return there


@contextmanager
def keys_in(place: Path) -> Iterator[None]:
    """Have keys and witness in `place/keys`."""
    was = os.environ.get(KEYS)
    os.environ[KEYS] = str(place / "keys")
    try:
        yield
    finally:
        os.environ.pop(KEYS)
        if was is not None:
            os.environ[KEYS] = was


class Trial:
    """Hold one folder in which one schedule comes to pass."""

    def __init__(self, drawn: Schedule, place: Path, make: MakeStore = Store) -> None:
        """Lay out in `place` what is there beforehand; stores are made by `make`."""
        self.drawn, self.make = drawn, make
        self.place = place / "there"
        source, self.before = folders()[drawn.setting.beforehand]
        shutil.copytree(source, self.place)
        self.disk = Disk()
        self.chance = random.Random(f"trial {drawn.seed}")
        self.phases: list[Notes] = []
        self.there = OnDisk(None, [], [], {})
        self.outcome = Outcome(drawn.seed)

    def run(self) -> Outcome:
        """Run until the episode has ended, and check every law."""
        for number, run in enumerate(self.drawn.runs):
            if self.there.ended:
                break
            resumes = self.there.episode is not None
            self.outcome.resumed += resumes
            injection = self.live(run, self.go_on if resumes else self.begin)
            self.outcome.fired.append(injection.fired)
            was = self.there
            self.look()
            if resumes:
                pending, decided = was.pending, list(was.decided)
                self.outcome.problems += broken_by_resuming(pending, decided, self.phases[-1])
            self.outcome.cut |= number == 0 and not self.there.ended
            self.outcome.pending += 0 if self.there.ended else len(self.there.pending)
        scene = self.drawn.setting.scene
        self.outcome.problems += broken_in_the_end(self.there, scene, self.phases)
        return self.outcome

    def begin(self, store: Store, notes: Notes) -> None:
        """Begin the episode."""
        play(self.drawn.setting.scene, store, notes, self.drawn.setting.pages)

    def go_on(self, store: Store, notes: Notes) -> None:
        """Go on with the episode."""
        assert self.there.episode is not None
        setting = self.drawn.setting
        resume(setting.scene, store, self.there.episode, notes, setting.pages)

    def live(self, run: Run, body: Callable[[Store, Notes], None]) -> Injection:
        """Run the program once, on the faulty disk, to its end or its death."""
        injection = Injection(self.disk, self.chance, list(run.faults))
        self.phases.append(Notes())
        with keys_in(self.place), injected(injection):
            try:
                self._live(injection, run, body)
            except StoreError:
                pass  # the fault was said in one clear sentence, and nothing more was done
            except Exception as error:  # noqa: BLE001 (whatever else came out is a broken law)
                self.outcome.problems.append(f"not a StoreError: {type(error).__name__}: {error}")
            if faulty().open_files:
                self.outcome.problems.append("a file is left open, and its locks with it")
                gc.collect()
        if injection.power_cut or run.after is After.POWER:
            self.disk.cut_power(self.chance)
        return injection

    def _live(self, injection: Injection, run: Run, body: Callable[[Store, Notes], None]) -> None:
        path = self.place / FILE
        store = None
        try:
            store = self.make(path, clock=ManualClock(), vfs=NAME)
            body(store, self.phases[-1])
        finally:
            if injection.fired or not run.faults:  # else it is to come to pass while files close
                injection.dead |= run.after is not After.ORDERLY
            if store is not None:
                store.close()

    def look(self) -> None:
        """Open a copy of what is there through SQLite's own file system, and check every law."""
        copy = self.place.with_name("copy")
        shutil.copytree(self.place, copy)
        with keys_in(copy):
            self._read_only(copy / FILE)
            store = Store(copy / FILE, clock=ManualClock())
            self.there = read(store, self.before)
            scene = self.drawn.setting.scene
            self.outcome.problems += broken(store, scene, self.before, self.phases)
            self.outcome.problems += [f"{one.episode} is lost" for one in missing(store)]
            if self.before - store.ids():
                self.outcome.problems.append("an episode of before is lost")
            store.close()
        shutil.rmtree(copy)

    def _read_only(self, path: Path) -> None:
        """Open what is there as a command does that only reads."""
        try:
            Store(path, readonly=True).close()
        except OffswitchError as error:
            unready = "there is no log", "the next run mends it"
            if not any(sentence in str(error) for sentence in unready):
                self.outcome.problems.append(f"cannot be read: {error}")


@functools.cache
def calls_of(setting: Setting) -> tuple[Call, ...]:
    """Return the calls of a run in which nothing goes wrong."""
    with folder() as place:
        trial = Trial(Schedule(0, setting, (Run(),) * RUNS), place)
        return tuple(trial.live(Run(), trial.begin).calls)


def attempt(seed: int, make: MakeStore = Store) -> Outcome:
    """Draw a schedule and let it come to pass."""
    drawn = schedule(seed, calls_of)
    with folder() as place:
        return Trial(drawn, place, make).run()
