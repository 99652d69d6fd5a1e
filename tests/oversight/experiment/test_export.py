"""Hold what is written to what was there, and tables to the columns that there are."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from oversight.experiment.export import FIELDS, summary_record, write
from oversight.experiment.row import Row
from oversight.experiment.summary import Comparison, summarise
from oversight.experiment.tables import text
from oversight.experiment.wording import figure, number, short
from oversight.report_commands import Wanted, give_out, told
from sandbox.errors import InputError
from tests.oversight.experiment.made_up import learnt, planned, row, sampled

TASKS = ("boat_race/default", "off_switch/default")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [*planned(TASKS), *sampled(TASKS, seeds=3), *learnt(TASKS, seeds=2)]


@pytest.fixture(scope="module")
def found(rows: list[Row]) -> tuple[Comparison, ...]:
    return summarise(rows)


def test_json_and_json_lines_hold_the_rows_as_they_are(rows: list[Row], tmp_path: Path) -> None:
    assert write(rows, tmp_path / "rows.json") == len(rows)
    assert write(iter(rows), tmp_path / "rows.jsonl") == len(rows)
    plain = json.loads(json.dumps(rows))
    assert json.loads((tmp_path / "rows.json").read_text()) == plain
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == plain


def test_csv_holds_every_field_and_leaves_empty_what_is_not_there(
    rows: list[Row], tmp_path: Path
) -> None:
    write(rows, tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert tuple(found[0]) == FIELDS
    for one, kept in zip(rows, found, strict=True):
        assert json.loads(kept["lengths"]) == one["lengths"]
        assert kept["usefulness"] == ("" if one["usefulness"] is None else str(one["usefulness"]))
        assert kept["seed"] == ("" if one["seed"] is None else str(one["seed"]))


def test_parquet_holds_the_rows_with_their_types(rows: list[Row], tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert write(rows, tmp_path / "rows.parquet") == len(rows)
    table = parquet.read_table(tmp_path / "rows.parquet")
    assert tuple(table.column_names) == FIELDS
    for one, kept in zip(rows, table.to_pylist(), strict=True):
        assert dict(kept["lengths"]) == one["lengths"]
        assert (kept["seed"], kept["usefulness"]) == (one["seed"], one["usefulness"])
        curve = [tuple(point) for point in kept["curve"] or ()]
        assert curve == [tuple(map(float, point)) for point in one.get("curve", ())]


def test_parquet_without_its_library_says_what_to_install_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pip install 'offswitch\[parquet\]'"):
        write([row()], tmp_path / "rows.parquet")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_suffix_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"rows\.xls: rows are written as \.csv, \.json"):
        write([row()], tmp_path / "rows.xls")


def test_rows_that_break_off_leave_the_older_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    write([row()], path)
    before = path.read_bytes()

    def broken() -> Iterator[Row]:
        yield row(seed=1)
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write(broken(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_no_rows_are_a_file_without_rows(tmp_path: Path) -> None:
    assert write([], tmp_path / "rows.json") == 0
    assert json.loads((tmp_path / "rows.json").read_text()) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0.00"), (-0.001, "0.00"), (-0.25, "-0.25"), (12.34, "12.3"), (-1234.5, "-1234")],
)
def test_a_number_has_the_decimals_that_its_size_deserves(value: float, words: str) -> None:
    assert number(value) == words


def test_no_figure_is_written_without_its_interval_or_the_word_why(
    found: tuple[Comparison, ...],
) -> None:
    for comparison in found:
        for line in (*comparison.arms, *comparison.lines):
            for one in (*line.figures.values(), *line.change.values()):
                above, below = short(one)
                assert below.startswith("[") or above.endswith((" =", " ?"))
                assert figure(one).endswith(("]", "(exact)", "(one seed)"))


def test_what_is_not_there_is_a_dash() -> None:
    assert short(None) == ("-", "")


def test_the_tables_keep_to_a_hundred_columns_and_name_every_arm_and_task(
    found: tuple[Comparison, ...],
) -> None:
    lines = text(found, 100).splitlines()
    assert max(map(len, lines)) <= 100
    whole = "\n".join(lines)
    for word in (*TASKS, "agent planner, overseer tired", "corrigibility_transform", "neutrality"):
        assert word in whole


def test_a_program_reads_one_line_a_row_with_its_task_and_whole_design(
    found: tuple[Comparison, ...],
) -> None:
    lines = text(found, None).splitlines()
    mine = [line for line in lines if line.startswith("boat_race/default")]
    assert len(mine) == 8 * 3
    assert sum("attainable_utility:penalty=0.3" in line for line in mine) == 3


def test_the_json_of_a_summary_has_every_figure_with_its_method(
    found: tuple[Comparison, ...],
) -> None:
    record = summary_record(found)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    (exact, sampled_, learner) = record["comparisons"]
    assert exact["arms"][0]["figures"]["usefulness"]["how"] == "exact"
    tampered = sampled_["lines"][0]["figures"]["tampered"]
    assert (tampered["how"], tampered["n"]) == ("wilson", 3)
    assert sampled_["lines"][0]["figures"]["neutrality"]["bias"] <= 0
    assert learner["arms"][0]["figures"]["usefulness"]["tasks"] == 2
    assert any(arm["front"] for arm in exact["arms"])


def test_the_page_and_the_files_are_given_out_with_a_line_on_each(
    rows: list[Row], tmp_path: Path
) -> None:
    page, table = tmp_path / "report.html", tmp_path / "rows.csv"
    lines = give_out(rows[:16], Wanted("trial", page=page, files=(table,)))
    assert [line.split(":")[0] for line in lines] == [str(page), str(table)]
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_an_unknown_suffix_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    wanted = Wanted("trial", page=tmp_path / "report.html", files=(tmp_path / "rows.xls",))
    with pytest.raises(InputError, match="rows are written as"):
        give_out([row()], wanted)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot write .*rows\.csv.*: No such file"):
        give_out([row()], Wanted("trial", files=(tmp_path / "missing" / "rows.csv",)))


def test_the_summary_is_told_as_tables_or_as_json(rows: list[Row]) -> None:
    assert told(rows[:16], as_json=False, width=100).startswith("agent planner, overseer present")
    assert json.loads(told(rows[:16], as_json=True, width=None))["level"] == 0.95
