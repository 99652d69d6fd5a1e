from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oversight.experiment.plan import FIRST, MOST, TARGET, Queue, Shard, missing
from oversight.experiment.results import Results
from oversight.experiment.row import Cell
from oversight.experiment.unit import Unit
from sandbox.errors import InputError
from tests.oversight.experiment import fakes
from tests.oversight.experiment.test_results import CELL, OTHER, kept

Pair = tuple[Cell, int]


def pairs(units: Sequence[Unit]) -> list[Pair]:
    return [(unit.cell, seed) for unit in units for seed in unit.seeds]


@settings(max_examples=25)  # each example writes a file
@given(
    parts=st.integers(1, 7),
    seeds=st.sets(st.integers(0, 2**63 - 1), max_size=30),
    done=st.sets(st.integers(0, 5)),
    whole=st.booleans(),
)
def test_shards_are_disjoint_and_together_all_that_is_missing(
    parts: int, seeds: set[int], done: set[int], whole: bool
) -> None:
    asked = sorted({*seeds, 3, 8})
    with TemporaryDirectory() as folder, Results(Path(folder) / "x.db") as results:
        results.add(CELL, kept(CELL, *sorted(done)), 0.1)
        tell = fakes.yes if whole else fakes.no
        all_ = pairs(missing([CELL, OTHER], asked, results, tell))
        split = [
            pairs(missing([CELL, OTHER], asked, results, tell, Shard(number, parts)))
            for number in range(1, parts + 1)
        ]
    assert sorted(all_, key=str) == sorted((pair for part in split for pair in part), key=str)
    assert set(all_) == {(CELL, one) for one in asked if one not in done} | {
        (OTHER, one) for one in asked
    }
    if whole:
        for cell in (CELL, OTHER):
            assert sum(any(found == cell for found, _ in part) for part in split) <= 1


def test_a_cell_with_its_exact_row_is_done_and_never_looked_at(tmp_path: Path) -> None:
    def whole(cell: Cell) -> bool:
        assert cell == OTHER
        return True

    with Results(tmp_path / "x.db") as results:
        results.add(CELL, kept(CELL, None), 0.1)
        assert missing([CELL, OTHER], range(4), results, whole) == [Unit(OTHER, range(4), True)]


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2"])
def test_what_is_no_shard_is_one_line(text: str) -> None:
    with pytest.raises(InputError, match="as in 1/2"):
        Shard.of(text)


@given(
    counts=st.lists(st.integers(1, 2000), min_size=1, max_size=3),
    seconds=st.floats(1e-6, 0.1),
)
def test_units_are_all_seeds_in_order_and_grow_to_the_time_that_is_aimed_at(
    counts: list[int], seconds: float
) -> None:
    cells = [Cell("t", str(number), "", "", "") for number in range(len(counts))]
    whole = [Unit(cell, range(count), False) for cell, count in zip(cells, counts, strict=True)]
    queue, found = Queue(whole), []
    while unit := queue.next():
        assert 1 <= len(unit.seeds) <= MOST
        assert len(unit.seeds) <= max(FIRST, TARGET / seconds)
        found.append(unit)
        queue.took(unit, seconds * len(unit.seeds))
    assert pairs(found) == pairs(whole)
    assert len(found) <= sum(
        2 + 8 + count / max(1, min(MOST, int(TARGET / seconds))) for count in counts
    )


def test_a_cell_in_one_go_is_one_unit_and_what_is_left_of_a_cell_can_be_dropped() -> None:
    queue = Queue([Unit(CELL, range(5000), True), Unit(OTHER, range(9), False)])
    first, second = queue.next(), queue.next()
    assert first is not None
    assert len(first.seeds) == 5000
    assert second == Unit(OTHER, range(4), False)
    assert queue.drop(CELL) == ()
    assert queue.drop(OTHER) == (4, 5, 6, 7, 8)
    assert queue.next() is None
