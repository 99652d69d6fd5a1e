"""Hold tables to the columns that the reader has, and to losing no word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.columns import GAP, LEAST, room, table_lines
from oversight.task_list import WIDTH, list_text, listed, page_text, shown

ROWS = [
    ("id", "exploit", "reward"),
    ("patch-0", "goes round in 4 steps for ever: 3 targets, 1 boat rammed a lap", "108.5"),
    ("patch-1", "", "2.93"),
]
"""A table of three columns, 82 characters wide."""

WORDS = st.lists(st.text("abc", min_size=1, max_size=LEAST), max_size=12).map(" ".join)


def test_a_table_that_fits_or_that_a_program_reads_has_one_line_a_row() -> None:
    whole = table_lines(ROWS, None)
    assert len(whole) == len(ROWS)
    assert table_lines(ROWS, max(map(len, whole))) == whole


def test_only_the_widest_column_of_a_table_that_is_too_wide_is_wrapped() -> None:
    assert table_lines(ROWS, 50) == [
        "id       exploit                            reward",
        "patch-0  goes round in 4 steps for ever: 3  108.5",
        "         targets, 1 boat rammed a lap",
        "patch-1                                     2.93",
    ]


@given(
    rows=st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4),
    width=st.integers(3 * LEAST + 2 * len(GAP), 120),
)
def test_a_wrapped_table_keeps_to_its_width_and_loses_no_word(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    lines = table_lines(rows, width)
    assert all(len(line) <= width for line in lines)
    told = sorted(word for line in lines for word in line.split())
    assert told == sorted(word for row in rows for cell in row for word in cell.split())


def test_no_table_is_no_line() -> None:
    assert table_lines([], 80) == []


def test_text_has_the_columns_of_the_terminal_and_no_more_than_it_wants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert (room(100), room(40)) == (60, 40)
    monkeypatch.delenv("COLUMNS")
    assert room(100) == 100


def test_the_list_of_tasks_keeps_to_a_narrow_terminal() -> None:
    rows = [listed("flight_booking"), listed("paused_game")]
    assert max(map(len, list_text(rows, 60).splitlines())) <= 60
    assert list_text(rows, 60).split() == list_text(rows).split()


def test_the_page_of_a_task_is_broken_anew_for_a_narrow_terminal_and_loses_no_word() -> None:
    record = shown("paused_game", 60)
    narrow, whole = page_text(record, 60), page_text(record, WIDTH)
    prose = [line for line in narrow.splitlines()[:-1] if not line.startswith("    ")]
    assert max(map(len, prose)) <= 60 < max(map(len, whole.splitlines()))
    assert narrow.split() == whole.split()
    assert max(map(len, record["begins"].splitlines())) <= 56
