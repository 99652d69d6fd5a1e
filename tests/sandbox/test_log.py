from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.action import Action, Proposal
from sandbox.clock import ManualClock
from sandbox.episode_log import SOON
from sandbox.errors import InputError, StoreError
from sandbox.events import EpisodeEnded, Proposed, decode, encode
from sandbox.log import Store
from sandbox.timestep import TerminationReason
from sandbox.verify import header_matches, verify


def fill(store: Store, steps: int = 5, *, ended: bool = True) -> str:
    log = store.begin({"task": "t", "setting": "s", "agent": "a"})
    for step in range(steps):
        log.append(Proposed(step, Proposal("a", step, Action.of("go", n=step))))
    if ended:
        log.append(EpisodeEnded(steps, TerminationReason.GOAL, 1.0, 0.5, log.count), durable=True)
    log.close()
    return log.episode


def problems(store: Store, episode: str) -> list[str]:
    return [one.sentence for one in verify(store, store.find(episode))]


def test_a_whole_log_has_no_problem(store: Store) -> None:
    episode = fill(store)
    assert problems(store, episode) == []
    assert header_matches(store, store.find(episode))
    assert problems(store, fill(store, ended=False)) == []


def flip(db: sqlite3.Connection) -> None:
    db.execute(
        "UPDATE events SET content = replace(content, '[\"n\",2]', '[\"n\",3]') WHERE seq = 4"
    )


def drop(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM events WHERE seq = 3")


def swap(db: sqlite3.Connection) -> None:
    db.executescript(
        "UPDATE events SET seq = 99 WHERE seq = 3; UPDATE events SET seq = 3 WHERE seq = 4;"
        "UPDATE events SET seq = 4 WHERE seq = 99;"
    )


def cut(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM events WHERE seq > 5")


def cut_and_mend(db: sqlite3.Connection) -> None:
    cut(db)
    db.execute("UPDATE episodes SET length = 5, head = (SELECT hash FROM events WHERE seq = 5)")


def relabel(db: sqlite3.Connection) -> None:
    db.execute("UPDATE events SET step = 3 WHERE seq = 3")


@pytest.mark.parametrize("harm", [flip, drop, swap, cut, cut_and_mend, relabel])
def test_every_kind_of_tampering_is_found(
    store: Store, harm: Callable[[sqlite3.Connection], None]
) -> None:
    episode = fill(store)
    with sqlite3.connect(store.path) as db:
        harm(db)
    db.close()
    assert problems(store, episode)


def test_every_single_flipped_byte_of_an_event_is_found(store: Store) -> None:
    episode = fill(store, 1)
    with sqlite3.connect(store.path) as db:
        content = db.execute("SELECT content FROM events WHERE seq = 2").fetchone()[0]
        for place in range(len(content)):
            bent = content[:place] + chr(ord(content[place]) ^ 1) + content[place + 1 :]
            db.execute("UPDATE events SET content = ? WHERE seq = 2", (bent,))
            db.commit()
            assert problems(store, episode), place
    db.close()


def test_a_durable_event_can_be_read_by_another_at_once(store: Store) -> None:
    log = store.begin({"task": "t"})
    log.append(Proposed(0, Proposal("a", 0, Action.of("go"))))
    assert len(list(Store(store.path, readonly=True).records(log.episode))) == 1
    log.append(Proposed(1, Proposal("a", 1, Action.of("go"))), durable=True)
    assert len(list(Store(store.path, readonly=True).records(log.episode))) == 3
    log.close()


def test_a_routine_event_does_not_wait_long_for_others(tmp_path: Path) -> None:
    clock = ManualClock()
    store = Store(tmp_path / "offswitch.db", clock=clock)
    log = store.begin({"task": "t"})
    log.append(Proposed(0, Proposal("a", 0, Action.of("go"))))
    assert len(list(store.records(log.episode))) == 1
    clock.advance(SOON + 0.1)
    log.append(Proposed(1, Proposal("a", 1, Action.of("go"))))
    assert len(list(store.records(log.episode))) == 3
    log.close()


def test_events_survive_the_way_to_bytes_and_back() -> None:
    event = Proposed(3, Proposal("a", 3, Action.of("go", n=1, f=0.1, t="é\n")), "no")
    assert decode(encode(event)) == event


def test_an_episode_is_found_by_its_beginning_or_as_the_latest(store: Store) -> None:
    episode = fill(store)
    assert store.find(episode[:-1]).id == store.find("latest").id == episode
    with pytest.raises(InputError, match="no episode begins with 'zz'"):
        store.find("zz")


def test_a_foreign_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "offswitch.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not one of Offswitch"):
        Store(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "offswitch.db"
    path.write_bytes(b"x" * 5000)
    with pytest.raises(StoreError, match="not a database"):
        Store(path)
    assert path.read_bytes() == b"x" * 5000


def test_a_locked_database_is_one_clear_line(store: Store) -> None:
    holder = sqlite3.connect(store.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    quick = Store(store.path, busy=0.01)
    with pytest.raises(StoreError, match="another program holds it"):
        quick.begin({"task": "t"})
    holder.close()


def test_a_missing_log_is_one_clear_line_and_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no log yet"):
        Store(tmp_path / "none.db", readonly=True)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be created"):
        Store(tmp_path / "file" / "logs" / "offswitch.db")


FULL = textwrap.dedent(
    """
    import resource, signal, sys
    from pathlib import Path
    from sandbox.action import Action, Proposal
    from sandbox.errors import StoreError
    from sandbox.events import Proposed
    from sandbox.log import Store
    store = Store(Path(sys.argv[1]))
    log = store.begin({"task": "t"})
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    step = 0
    try:
        while step < 5000:
            event = Proposed(step, Proposal("a", step, Action.of("go", text="x" * 900)))
            log.append(event, durable=True)
            step += 1
    except StoreError as error:
        print(step, error)
    """
)


def test_a_full_disk_stops_the_log_and_loses_nothing_that_was_durable(tmp_path: Path) -> None:
    path = tmp_path / "offswitch.db"
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True
    )
    written, _, sentence = ran.stdout.partition(" ")
    assert "full" in sentence or "disk" in sentence, ran.stdout + ran.stderr
    store = Store(path)
    episode = store.find("latest")
    assert problems(store, episode.id) == []
    assert episode.length >= int(written)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write read-only files")
def test_a_read_only_folder_is_one_clear_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="--logs DIR"):
        Store(tmp_path / "offswitch.db")


def test_a_read_only_file_system_is_one_clear_line() -> None:
    with pytest.raises(StoreError):
        Store(Path("/proc/offswitch/offswitch.db"))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY


def test_the_header_in_the_list_is_the_one_in_the_chain(store: Store) -> None:
    episode = fill(store)
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE episodes SET header = ?", (json.dumps({"task": "other"}),))
    db.close()
    assert not header_matches(store, store.find(episode))
