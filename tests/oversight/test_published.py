"""Every published figure is found again, by the command that a person would run."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any

import pytest

from oversight.cli import main
from oversight.published import COLUMNS, RESULTS, figures

NAMES = [f"{result}: {one.name}" for result in RESULTS for one in figures(result)]


def ran(*arguments: str) -> tuple[int, str, str]:
    """Return exit code, output and narration of `offswitch reproduce`."""
    out, told = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(told):
        code = main(["reproduce", *arguments])
    return code, out.getvalue(), told.getvalue()


@pytest.fixture(scope="module")
def everything() -> tuple[int, dict[str, dict[str, Any]], str]:
    """Return what `reproduce --all --json` exits with, its rows by name, and what it tells."""
    code, out, told = ran("--all", "--json")
    return code, {row["name"]: row for row in json.loads(out)}, told


@pytest.mark.parametrize("name", NAMES)
def test_a_published_figure_is_found(name: str, everything: tuple[int, Any, str]) -> None:
    row = everything[1][name]
    assert row["verdict"] == "holds", row
    assert abs(row["found"] - row["expected"]) <= row["tolerance"]


def test_all_is_every_figure_once_with_its_source_and_well_under_a_minute(
    everything: tuple[int, Any, str],
) -> None:
    code, rows, told = everything
    assert code == 0
    assert list(rows) == NAMES
    assert len(set(NAMES)) == len(NAMES)
    assert all(tuple(row) == COLUMNS and row["source"] for row in rows.values())
    assert sum(row["seconds"] for row in rows.values()) < 60
    assert all(f"{name}: " in told for name in RESULTS)


def test_one_result_is_a_table_with_a_line_a_figure() -> None:
    code, out, told = ran("button_detour")
    header, *lines = out.splitlines()
    assert code == 0
    assert header.split() == list(COLUMNS)
    assert len(lines) == len(figures("button_detour"))
    assert all("holds" in line and "Hudson" in line for line in lines)
    assert told.splitlines()[-1].startswith(f"button_detour: {len(lines)} of {len(lines)} hold")


def test_without_a_name_the_results_are_listed() -> None:
    code, out, told = ran("--json")
    assert code == 0
    assert [row["id"] for row in json.loads(out)] == list(RESULTS)
    assert not told


def test_an_unknown_result_is_one_line_with_the_nearest() -> None:
    code, out, told = ran("gridworld")
    assert (code, out) == (2, "")
    assert "did you mean 'gridworlds'?" in told
    assert len(told.splitlines()) == 1


def test_a_name_beside_all_is_refused() -> None:
    with pytest.raises(SystemExit, match="2"):
        ran("gridworlds", "--all")


def test_a_figure_that_is_not_found_fails_the_command_and_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(RESULTS, "wrong", ("tests.oversight.wrong_result", "what is not so"))
    code, out, told = ran("wrong", "--json")
    assert code == 1
    rows = {row["name"]: row for row in json.loads(out)}
    verdicts = {name.removeprefix("wrong: "): row["verdict"] for name, row in rows.items()}
    assert verdicts == {
        "at the edge": "holds",
        "off": "fails",
        "no number": "fails",
        "without end": "fails",
    }
    assert rows["wrong: off"]["found"] == 1.51
    assert rows["wrong: no number"]["found"] is None
    assert "wrong: 1 of 4 hold" in told
    assert "off" in told
    code, out, _ = ran("wrong")
    assert code == 1
    assert "not finite" in out
