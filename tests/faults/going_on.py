"""Go on with an episode that was broken off, and hold the store to every law before and after."""

from __future__ import annotations

from pathlib import Path

from oversight.resume import open_resume
from oversight.run import Stage
from sandbox.log import Episode, Store
from tests.faults.laws import OnDisk, broken, broken_by_resuming, broken_in_the_end, read
from tests.faults.scene import PAGES, Notes, Person, Scene, follow, play

NONE: frozenset[str] = frozenset()


def resume(scene: Scene, store: Store, episode: Episode, notes: Notes, pages: int = PAGES) -> None:
    """Take the scene's episode up again and play it to its end.

    Raises:
        StoreError: when it could not be written; nothing more was done.
    """
    person = Person(scene.seed, notes)
    _, session = open_resume(episode, Stage(store, person), "operator:kim")
    follow(session, person, notes, pages)


def checked(scene: Scene, path: Path, notes: list[Notes]) -> OnDisk:
    """Check every law on the store at `path`, and return what is there."""
    store = Store(path)
    assert broken(store, scene, NONE, notes) == []
    there = read(store, NONE)
    store.close()
    return there


def brought_to_its_end(scene: Scene, path: Path, notes: Notes) -> OnDisk:
    """Go on from what is there, if it has not ended, and check it; return what was there."""
    was = checked(scene, path, [notes])
    again, store = Notes(), Store(path)
    if was.episode is None:
        play(scene, store, again)
    elif not was.ended:
        resume(scene, store, was.episode, again)
        assert broken_by_resuming(was.pending, list(was.decided), again) == []
    store.close()
    there = checked(scene, path, [notes, again])
    assert broken_in_the_end(there, scene, [notes, again]) == []
    return was
