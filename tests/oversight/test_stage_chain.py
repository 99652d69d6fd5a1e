"""What becomes of agents whose chain of stages was tampered with, is held, or holds junk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from oversight.session import run_episode
from oversight.stage_chain import adding
from oversight.stages import StageName
from sandbox.errors import StoreError
from sandbox.events import Asked
from sandbox.log import Store
from tests.oversight.runs import meddle
from tests.oversight.staging import lift, lowering, promotion, where, who_is
from tests.oversight.test_trust import TRUSTED, greedy, staged


@pytest.mark.parametrize(
    "cut", ["DELETE FROM events", "UPDATE events SET content = content || ' '"]
)
def test_where_the_chain_is_not_whole_nobody_starts_and_who_runs_stops(
    tmp_path: Path, cut: str
) -> None:
    bench = staged(tmp_path)
    lift(bench.store, who_is(), TRUSTED)
    session = greedy(bench)

    def break_it() -> None:
        with sqlite3.connect(tmp_path / "offswitch.db") as db:
            db.execute(f"{cut} WHERE episode = 'stages' AND seq = 2")
            db.execute("UPDATE episodes SET length = length - 1 WHERE id = 'stages'")
        db.close()

    meddle(session, {3: break_it})
    with pytest.raises(StoreError, match="chain of stages is not whole"):
        run_episode(session)
    assert not [one for one in bench.events(session.log.episode) if isinstance(one, Asked)]
    with pytest.raises(StoreError, match="chain of stages is not whole"):
        greedy(bench)


def test_a_chain_that_was_taken_out_whole_is_missed(tmp_path: Path) -> None:
    bench = staged(tmp_path)
    lift(bench.store, who_is(), TRUSTED)
    with sqlite3.connect(tmp_path / "offswitch.db") as db:
        for table, column in (("events", "episode"), ("episodes", "id"), ("seals", "episode")):
            db.execute(f"DELETE FROM {table} WHERE {column} = 'stages'")
    db.close()
    with pytest.raises(StoreError, match="it is gone"):
        greedy(bench)


def test_a_chain_that_others_write_is_waited_for(tmp_path: Path) -> None:
    bench = staged(tmp_path)
    with adding(bench.store) as held:
        other = Store(bench.store.path)
        with (
            pytest.raises(StoreError, match="another process holds the chain"),
            adding(other, patience=0.0),
        ):
            raise AssertionError("both hold it")
        other.close()
        held.add(lowering(who_is(), StageName.SHADOW))
    assert bench.stages(who_is()) == ["shadow"]


def test_what_nobody_known_signed_is_kept_and_counts_for_nothing(tmp_path: Path) -> None:
    bench = staged(tmp_path)
    with adding(bench.store) as held:
        held.add(promotion(who_is(), TRUSTED))
    assert bench.stages(who_is()) == ["supervised"]
    assert where(bench.store, who_is(), bench.file).seq == 0
