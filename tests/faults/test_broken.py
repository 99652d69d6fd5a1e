"""Stores and resumptions that break a law on purpose are found: the harness can fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import sqlite_file
from sandbox.episode_log import EpisodeLog
from sandbox.events import AnyEvent, Asked, Decided
from sandbox.log import Store
from tests.faults.injection import FOR_GOOD, Call, Fault, Kind
from tests.faults.library import UnreachableError
from tests.faults.scene import PAGES, SCENES, Notes, folder
from tests.faults.schedule import After, Beforehand, Run, Schedule, Setting, schedule
from tests.faults.trial import Trial, calls_of
from tests.faults.vfs import faulty

try:
    faulty()
except UnreachableError as unreachable:
    pytest.skip(str(unreachable), allow_module_level=True)

SEEDS = 60


class Lazy(EpisodeLog):
    """Write no answer before something else is written."""

    def append(self, event: AnyEvent, *, durable: bool = False) -> int:
        return super().append(event, durable=durable and not isinstance(event, Decided))


class Unasked(EpisodeLog):
    """Write that somebody was asked only with the answer."""

    def append(self, event: AnyEvent, *, durable: bool = False) -> int:
        return super().append(event, durable=durable and not isinstance(event, Asked))


class Unsynced(EpisodeLog):
    """Write all in time, and sync none of it."""

    def append(self, event: AnyEvent, *, durable: bool = False) -> int:
        self._db.conn.execute("PRAGMA synchronous=NORMAL")
        return super().append(event, durable=durable)


class Torn(EpisodeLog):
    """Write an event and the state of its episode in two transactions."""

    def _write(self, row: Any) -> None:
        if row is None:
            with self._db.atomic():
                self._db.conn.execute("UPDATE episodes SET length = ?", (self._count,))
        super()._write(row)


class Deaf(EpisodeLog):
    """Say nothing of a disk that fails."""

    def append(self, event: AnyEvent, *, durable: bool = False) -> int:
        try:
            return super().append(event, durable=durable)
        except Exception:  # noqa: BLE001
            return self._count


class Held(EpisodeLog):
    """Never let go of the file."""

    def abandon(self) -> None:
        self._claim.release()


class Forgetful(Trial):
    """Begin anew instead of going on."""

    def go_on(self, store: Store, notes: Notes) -> None:
        self.begin(store, notes)


def store_of(log: type[EpisodeLog]) -> type[Store]:
    class Broken(Store):
        def _log(self, episode: str) -> EpisodeLog:
            made = super()._log(episode)
            made.__class__ = log
            return made

    return Broken


def found(
    sentence: str, make: Any = Store, trial: type[Trial] = Trial, among: Iterable[Schedule] = ()
) -> bool:
    """Tell whether one of the schedules finds it."""
    for one in among or (schedule(seed, calls_of) for seed in range(SEEDS)):
        with folder() as place:
            outcome = trial(one, place, make).run()
        if any(sentence in problem for problem in outcome.problems):
            return True
    return False


def hollow() -> Iterator[Schedule]:
    """Yield schedules in which a sync fails, a run goes on after it, and then the power is cut."""
    setting = Setting(SCENES[0], Beforehand.EPISODE, PAGES)
    for at, call in enumerate(calls_of(setting)):
        if call is Call.SYNC:
            failing = Run((Fault(Kind.EIO, at, FOR_GOOD),), After.KILLED)
            yield Schedule(at, setting, (failing, Run(after=After.POWER), Run(), Run()))


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        (Lazy, "was applied, and its decision is not on disk"),
        (Lazy, "was acknowledged, and is lost"),
        (Unasked, "was asked, and is not written as asked"),
        (Unsynced, "was acknowledged, and is lost"),
        (Torn, "does not verify"),
        (Deaf, "was acknowledged, and is lost"),
        (Held, "a file is left open, and its locks with it"),
    ],
)
def test_a_store_that_breaks_a_law_is_found(log: type[EpisodeLog], sentence: str) -> None:
    assert found(sentence, store_of(log))


def test_a_run_that_forgets_what_was_answered_is_found() -> None:
    assert found("was answered, and asked again", trial=Forgetful)


def test_a_store_that_trusts_what_a_failed_sync_left_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not found("is lost", among=hollow())
    monkeypatch.setattr("sandbox.log.write_again", lambda db, path: None)
    assert found("was acknowledged, and is lost", among=hollow())


def test_what_was_written_is_written_again_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(bytes(range(256)) * 10_000)
    before = path.read_bytes()
    sqlite_file.rewrite(path)
    assert path.read_bytes() == before
