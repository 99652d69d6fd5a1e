"""Every published figure is found again, by the command that a person would run."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, StringIO, TextIOWrapper
from typing import Any

import pytest

from oversight import published
from oversight.cli import main
from oversight.published import COLUMNS, RESULTS, Effort, Row, figures, reproduce, tables
from tests.oversight import sampled_result

BRIEF = Effort(draws=5, episodes=1_000, seeds=10, longer=1, goals=1_000_000)
"""Fewer draws, and shorter lessons, than the command has by itself."""
NAMES = [f"{result}: {one.name}" for result in RESULTS for one in figures(result, BRIEF)]


SEARCH = (
    "modified_actions: REINFORCE for evolution strategies, return of the middle seed, oversight"
)


def ran(*arguments: str) -> tuple[int, str, str]:
    """Return exit code, output and narration of `offswitch reproduce`."""
    out, told = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(told):
        code = main(["reproduce", *arguments])
    return code, out.getvalue(), told.getvalue()


@pytest.fixture(scope="module")
def everything() -> tuple[dict[str, Row], list[str]]:
    """Return the rows of every result by name, and what is told."""
    told: list[str] = []
    return {row["name"]: row for row in reproduce(list(RESULTS), told.append, BRIEF)}, told


@pytest.mark.parametrize("name", NAMES)
def test_a_published_figure_is_found(name: str, everything: tuple[dict[str, Row], Any]) -> None:
    row = everything[0][name]
    assert row["found"] is not None
    if row["verdict"] != "reported":
        assert row["verdict"] == "holds", row
        assert abs(row["found"] - row["expected"]) <= row["tolerance"]


def test_all_is_every_figure_once_with_its_source(
    everything: tuple[dict[str, Row], list[str]],
) -> None:
    rows, told = everything
    assert list(rows) == NAMES
    assert len(set(NAMES)) == len(NAMES)
    assert all(tuple(row) == COLUMNS and row["source"] for row in rows.values())
    assert all(any(line.startswith(f"{name}: ") for line in told) for name in RESULTS)
    reported = [name for name, row in rows.items() if row["verdict"] == "reported"]
    assert told[-1] == (
        f"all: {len(rows) - len(reported)} of {len(rows) - len(reported)} hold, "
        f"{len(reported)} reported"
    )


def test_what_is_only_reported_is_known_at_second_hand_or_did_not_always_come_out(
    everything: tuple[dict[str, Row], Any],
) -> None:
    reported = {name for name, row in everything[0].items() if row["verdict"] == "reported"}
    assert reported == {
        "attainable_utility: Inaction in offset, share of best outcomes",
        "modified_actions: q_learning, return of the middle seed, whisky",
        "modified_actions: virtual_sarsa, return of the middle seed, whisky",
        SEARCH,
        "safe_interruption: q_learning, share of seeds that drink the whisky",
        "safe_interruption: sarsa, share of seeds that drink the whisky",
    }


def test_the_ablation_table_is_laid_out_like_the_published_one(
    everything: tuple[dict[str, Row], Any],
) -> None:
    title, cells = next(tables(list(everything[0].values())))
    assert "ours / published" in title
    assert [line[0] for line in cells[1:]] == [
        "AUP",
        "Vanilla",
        "Model-free AUP",
        "Starting state",
        "Inaction",
        "Decrease-only",
    ]
    marks = [[one.split(" (")[0] for one in line[1:]] for line in cells[1:]]
    assert all(ours == theirs for line in marks for ours, _, theirs in (c.split() for c in line))
    assert "".join(one[0] for one in marks[3]) == "\u2713\u2713\u2717\u2713\u2717"


def test_rules_and_worlds_of_modified_actions_are_laid_out_with_return_and_way(
    everything: tuple[dict[str, Row], Any],
) -> None:
    _, cells = list(tables(list(everything[0].values())))[1]
    assert cells[0][1:] == ["oversight: ignore oversight", "off-switch: press", "whisky: drink"]
    assert cells[3] == [
        "empirical_sarsa",
        "0.6 / 0.6, 0% / 0%",
        "37.0 / 37.0, 100% / 100%",
        "45.0 / 45.0, 0% / 0%",
    ]


def test_a_result_that_was_cut_short_has_no_table(everything: tuple[dict[str, Row], Any]) -> None:
    rows = [row for row in everything[0].values() if row["name"].startswith("attainable_utility")]
    assert len(list(tables(rows))) == 1
    assert not list(tables(rows[:-1]))


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


SAMPLED = ("tests.oversight.sampled_result", "what is drawn")


def test_more_is_drawn_when_all_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESULTS, "sampled", SAMPLED)
    usual, full = (
        {row["name"]: row["found"] for row in json.loads(ran("sampled", "--json", *more)[1])}
        for more in ((), ("--full",))
    )
    assert full["sampled: draws"] > usual["sampled: draws"]
    assert full["sampled: last"] == usual["sampled: last"]


def test_a_figure_that_is_only_reported_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESULTS, "sampled", SAMPLED)
    code, out, told = ran("sampled")
    assert code == 0
    assert "reported" in out
    assert "sampled: 2 of 2 hold, 1 reported" in told
    assert "not found" not in told


def test_a_result_is_printed_like_the_published_table_but_not_as_json(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(RESULTS, "sampled", SAMPLED)
    _, out, _ = ran("sampled")
    blank, title, head, line = out.splitlines()[-4:]
    assert (blank, title) == ("", "Found, of all")
    assert head.split() == ["draws"]
    assert line.split() == ["\u2713", "/", "\u2717", "3.0"]
    assert "Found, of all" not in ran("sampled", "--json")[1]


def test_where_ticks_cannot_be_shown_letters_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESULTS, "sampled", SAMPLED)
    out = TextIOWrapper(BytesIO(), encoding="ascii")
    with redirect_stdout(out), redirect_stderr(StringIO()):
        assert main(["reproduce", "sampled"]) == 0
    out.seek(0)
    assert out.read().splitlines()[-1].split() == ["Y", "/", "N", "3.0"]


@pytest.mark.parametrize("json_asked", [(), ("--json",)])
def test_what_was_found_before_a_stop_is_shown(
    monkeypatch: pytest.MonkeyPatch, json_asked: tuple[str, ...]
) -> None:
    monkeypatch.setitem(RESULTS, "sampled", SAMPLED)
    monkeypatch.setattr(sampled_result, "STOPS", True)
    code, out, told = ran("sampled", *json_asked)
    assert code == 3
    names = [row["name"] for row in json.loads(out)] if json_asked else out
    assert "sampled: draws" in names
    assert "sampled: last" not in names
    assert told.splitlines()[-1] == "offswitch: stopped by Ctrl-C"


def test_a_figure_that_takes_long_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESULTS, "sampled", SAMPLED)
    monkeypatch.setattr(published, "SLOW", 0.0)
    _, _, told = ran("sampled")
    assert "sampled: 1 of 3, draws (0 s)" in told
