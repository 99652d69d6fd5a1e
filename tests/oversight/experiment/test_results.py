from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from oversight.experiment.results import Kept, Results, merged
from oversight.experiment.row import FORMAT, Cell, Row, content
from sandbox.errors import InputError, StoreError
from tests.oversight.experiment.fakes import row

CELL = Cell("boat_race", "original", "planner", "naive", "present")
OTHER = Cell("boat_race", "original", "planner", "naive", "absent")


def kept(cell: Cell, *seeds: int | None, reward: float = 0.0) -> list[Kept]:
    rows = [row(cell, seed, reward) for seed in seeds]
    return [Kept(one["seed"], content(one)) for one in rows]


def wrote(path: Path, cell: Cell, *seeds: int, reward: float = 0.0) -> Path:
    with Results(path) as results:
        results.add(cell, kept(cell, *seeds, reward=reward), 0.1)
    return path


def rows_of(path: Path) -> list[Row]:
    with Results(path, readonly=True) as results:
        return list(results.rows())


def test_rows_come_back_by_cell_and_seed_whatever_order_they_came_in(tmp_path: Path) -> None:
    with Results(tmp_path / "x.db") as results:
        arrived = [(cell, seed) for cell in (OTHER, CELL) for seed in range(9)]
        random.Random(3).shuffle(arrived)
        for cell, seed in arrived:
            results.add(cell, kept(cell, seed), 0.1)
        found = list(results.rows([CELL, OTHER], range(9)))
    assert found == [row(cell, seed) for cell in (CELL, OTHER) for seed in range(9)]


def test_only_the_rows_of_the_cells_and_seeds_asked_for_come_back(tmp_path: Path) -> None:
    with Results(tmp_path / "x.db") as results:
        results.add(CELL, kept(CELL, 0, 1, 2), 0.1)
        results.add(OTHER, kept(OTHER, None), 0.1)
        assert [one["seed"] for one in results.rows([CELL], [2, 0])] == [0, 2]
        assert [one["seed"] for one in results.rows([OTHER], [2, 0])] == [None]
        exact, seeds = results.seeds_of(CELL)
        assert (exact, list(seeds)) == (False, [0, 1, 2])
        exact, seeds = results.seeds_of(OTHER)
        assert (exact, list(seeds)) == (True, [])


def test_the_same_row_twice_is_one_row(tmp_path: Path) -> None:
    path = wrote(wrote(tmp_path / "x.db", CELL, 0, 1), CELL, 1, 2)
    assert [one["seed"] for one in rows_of(path)] == [0, 1, 2]


def test_another_row_of_the_same_key_is_refused_with_all_that_came_with_it(tmp_path: Path) -> None:
    path = wrote(tmp_path / "x.db", CELL, 0)
    with Results(path) as results, pytest.raises(StoreError) as caught:
        results.add(CELL, kept(CELL, 1, 0, reward=9.0), 0.1)
    said = str(caught.value)
    assert said.startswith(f"{path}: two rows of the same key with different content: ")
    assert (
        "(task boat_race, setting original, agent planner, design naive, overseer present" in said
    )
    assert CELL.key(0)[:12] in said
    assert [one["seed"] for one in rows_of(path)] == [0]


def test_a_column_for_every_measure_is_there_for_other_tools(tmp_path: Path) -> None:
    path = wrote(tmp_path / "x.db", CELL, 3)
    with sqlite3.connect(path) as db:
        found = db.execute("SELECT task, overseer, seed, method, performance, gap FROM results")
        assert found.fetchall() == [("boat_race", "present", 3, "sampled", 0.25, None)]
    db.close()


def test_a_full_disk_is_one_line_and_the_finished_rows_are_kept(tmp_path: Path) -> None:
    path = wrote(tmp_path / "x.db", CELL, 0, 1, 2)
    with Results(path) as results:
        pages = results.db.conn.execute("PRAGMA page_count").fetchone()[0]
        results.db.conn.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(StoreError) as caught:
            results.add(OTHER, kept(OTHER, *range(500)), 0.1)
    assert str(caught.value).startswith(f"{path}: database or disk is full: ")
    assert "the finished rows are kept" in str(caught.value)
    assert [one["seed"] for one in rows_of(path)] == [0, 1, 2]
    wrote(path, OTHER, *range(500))
    assert len(rows_of(path)) == 503


def test_a_file_of_another_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = wrote(tmp_path / "x.db", CELL, 0)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=f"its rows are of format {FORMAT + 1}, and this"):
        Results(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("readonly", [True, False])
def test_what_is_no_results_file_is_refused_and_left_alone(tmp_path: Path, readonly: bool) -> None:
    foreign, text = tmp_path / "foreign.db", tmp_path / "text.db"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE rows (x)")
    db.close()
    text.write_text("not a database " * 100)
    for path, words in ((foreign, "no results of Offswitch"), (text, "is not a database")):
        before = path.read_bytes()
        with pytest.raises(StoreError, match=words):
            Results(path, readonly=readonly)
        assert path.read_bytes() == before
    with pytest.raises(InputError, match="there are no results"):
        Results(tmp_path / "none.db", readonly=True)
    assert not (tmp_path / "none.db").exists()


def test_a_file_has_one_writer_and_many_readers(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with Results(path) as results:
        results.add(CELL, kept(CELL, 0), 0.1)
        with pytest.raises(StoreError, match="another run is writing it"):
            Results(path)
        assert len(rows_of(path)) == 1
    Results(path).close()


def test_merged_shards_are_the_whole(tmp_path: Path) -> None:
    one = wrote(tmp_path / "one.db", OTHER, 5, 7)
    two = wrote(wrote(tmp_path / "two.db", CELL, 0, 1), OTHER, 6, 7)
    whole = wrote(wrote(tmp_path / "whole.db", CELL, 0, 1), OTHER, 5, 6, 7)
    assert merged(tmp_path / "out.db", [one, two]) == [2, 3]
    assert rows_of(tmp_path / "out.db") == rows_of(whole)
    assert merged(tmp_path / "out.db", [two, one]) == [0, 0]


def test_files_that_contradict_each_other_are_not_merged(tmp_path: Path) -> None:
    one = wrote(tmp_path / "one.db", CELL, 0, 1)
    two = wrote(wrote(tmp_path / "two.db", CELL, 1, reward=9.0), OTHER, 3)
    with pytest.raises(StoreError) as caught:
        merged(one, [two])
    assert str(caught.value).startswith(f"{two} and {one}: two rows of the same key with different")
    assert [one_["seed"] for one_ in rows_of(one)] == [0, 1]


def test_a_merge_begins_only_when_every_file_is_ours(tmp_path: Path) -> None:
    one = wrote(tmp_path / "one.db", CELL, 0)
    with pytest.raises(InputError, match="there are no results"):
        merged(tmp_path / "out.db", [one, tmp_path / "none.db"])
    assert not (tmp_path / "out.db").exists()
    with pytest.raises(InputError, match="cannot be merged into itself"):
        merged(one, [one])


def test_notes_stay_beside_the_rows(tmp_path: Path) -> None:
    with Results(tmp_path / "x.db") as results:
        results.note({"digest": "a"})
        began = results.notes()["started"]
        results.note({"digest": "b"})
        notes = results.notes()
    assert (notes["digest"], notes["started"]) == ("b", began)
