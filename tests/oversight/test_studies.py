"""Hold the studies to what they say: their rows are solved, and can be played."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from itertools import pairwise

import pytest

from oversight.cli import main
from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from oversight.studies import STUDIES, Row, Say, load_study
from sandbox.action import Action
from tasks import load
from tasks.gaming.patchwork import PATCHES, SPEC

FAR = 2_000
"""Steps after which a discounted sum changes no more: 0.99 to that power is 2e-9."""


@pytest.fixture(scope="module")
def study() -> tuple[list[Row], str]:
    """Return the rows that the command prints, and what it tells meanwhile."""
    out, told = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(told):
        assert main(["study", "patchwork", "--json"]) == 0
    return json.loads(out.getvalue()), told.getvalue()


@pytest.fixture(scope="module")
def patchwork(study: tuple[list[Row], str]) -> list[Row]:
    return study[0]


def test_there_is_a_row_a_patch_and_progress_is_told_apart_from_the_rows(
    study: tuple[list[Row], str],
) -> None:
    found, told = study
    assert [row["id"] for row in found] == list(SPEC.settings)
    assert [row["patch"] for row in found[1:]] == [patch.words for patch in PATCHES]
    assert set(load_study("patchwork").COLUMNS) <= found[0].keys()
    assert all(f"{row['id']}: " in told for row in found)


def test_only_the_last_of_more_than_eight_patches_makes_the_lap_what_pays(
    patchwork: list[Row],
) -> None:
    *gamed, last = patchwork
    assert len(gamed) > 8
    for row in gamed:
        assert not row["honest"]
        assert row["performance"] < row["honest_performance"], row["id"]
        assert row["value"] > row["honest_value"] + 1e-3, row["id"]
    assert last["honest"]
    assert last["performance"] == last["honest_performance"] > 0
    assert last["value"] == last["honest_value"]
    assert last["exploit"] == last["honest_lap"]


def test_what_was_wanted_never_changes(patchwork: list[Row]) -> None:
    assert len({(row["honest_lap"], row["honest_performance"]) for row in patchwork}) == 1


def test_every_patch_leaves_an_exploit_of_its_own(patchwork: list[Row]) -> None:
    signatures = [json.dumps([row["tiles"], row["each_lap"], row["before"]]) for row in patchwork]
    assert len(set(signatures)) == len(patchwork)
    deeds = [
        json.dumps([row["each_lap"], row["before"].keys() - {"strokes"}], default=sorted)
        for row in patchwork
    ]
    assert len(set(deeds)) == len(patchwork)
    assert len({row["exploit"] for row in patchwork}) == len(patchwork)


def replayed(setting: str, approach: Sequence[str], loop: Sequence[str]) -> float:
    """Return the discounted told reward of fixed moves."""
    task = load(f"patchwork/{setting}")
    state, total, weight = task.initial()[0][1], 0.0, 1.0
    names = [*approach, *(list(loop) * FAR)]
    for name in names[:FAR]:
        (outcome,) = task.outcomes(state, Action.of(name))
        total, weight = total + weight * outcome.reward, weight * task.spec.discount
        state = outcome.state
        if outcome.termination:
            break
    return total


def test_a_rows_moves_are_worth_what_the_row_says(patchwork: list[Row]) -> None:
    for row in patchwork:
        assert replayed(row["id"], row["approach"], row["loop"]) == pytest.approx(row["value"])


def test_every_patch_takes_away_what_paid_before_it(patchwork: list[Row]) -> None:
    for before, after in pairwise(patchwork):
        old = replayed(after["id"], before["approach"], before["loop"])
        assert old < after["value"] - 1e-3, after["id"]


@pytest.mark.parametrize("count", [0, 7, 13, 14])
def test_a_governed_planner_does_what_the_row_says(patchwork: list[Row], count: int) -> None:
    row = patchwork[count]
    plan = Plan(f"patchwork/{row['id']}", agent="planner", reward="naive", in_process=True)
    summary = run_episode(open_session(plan, Stage(None, Scripted())))
    assert summary.reward == pytest.approx(row["reward"])
    assert summary.performance == pytest.approx(row["performance"])


def test_the_agent_is_told_what_pays_and_not_what_is_wanted() -> None:
    text = load("patchwork/patch-3").briefing()
    assert all(patch.words in text for patch in PATCHES[:3])
    assert PATCHES[3].words not in text


def test_without_a_name_the_studies_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {row["id"]: row["sentence"] for row in listed} == {
        name: sentence for name, (_, sentence) in STUDIES.items()
    }


COLUMNS = ("id", "found")


def rows(say: Say) -> list[Row]:
    """Be a study of one row."""
    say("halfway")
    return [{"id": "a", "found": 3, "more": "in JSON"}]


def test_a_study_that_was_added_prints_a_table_with_a_header(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STUDIES, "small", (__name__, "what a small study finds"))
    assert main(["study", "small"]) == 0
    said = capsys.readouterr()
    assert [line.split() for line in said.out.splitlines()] == [["id", "found"], ["a", "3"]]
    assert said.err == "halfway\n"


def test_an_unknown_study_is_one_line_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "patchwrok"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "'patchwrok'; did you mean 'patchwork'?" in said.err
