from __future__ import annotations

import re
from pathlib import Path

import pytest

from oversight.stage_file import Terms, ToTrusted, load_stages, stage_rows
from oversight.stages import StageName
from sandbox.errors import InputError
from tests.oversight.staging import read
from tests.test_size_limits import ROOT

ROW = '[[stages]]\nagent = "planner"\nstage = "supervised"\n'


def test_the_first_row_that_matches_counts(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        """
        [[stages]]
        agent = "planner"
        reward = "utility_indifference"
        scope = "payment.charge"
        stage = "supervised"
        [[stages]]
        agent = "planner"
        scope = "payment.charge"
        stage = "shadow"
        [[stages]]
        agent = "*"
        stage = "supervised"
        """,
    )
    begins = file.beginning
    assert begins("planner", "utility_indifference", "payment.charge") == ("supervised", True)
    assert begins("planner", "naive", "payment.charge") == ("shadow", True)
    assert begins("planner", "naive", "flights.book") == ("supervised", False)
    assert begins("planner", "naive", "*") == ("supervised", False)
    assert begins("greedy", "naive", "payment.charge") == ("supervised", False)
    assert file.scopes("planner", "naive") == ("payment.charge",)
    assert file.scopes("greedy", "naive") == ()


def test_who_is_named_by_no_row_begins_in_shadow(tmp_path: Path) -> None:
    assert read(tmp_path, ROW).beginning("greedy", "naive", "*") == (StageName.SHADOW, False)


def test_a_header_keeps_the_rows(tmp_path: Path) -> None:
    file = read(tmp_path, ROW + '[[stages]]\nagent = "*"\nscope = "*"\nstage = "shadow"\n')
    assert stage_rows(file.lines()).rows == file.rows


def test_terms_not_written_down_are_the_usual_ones(tmp_path: Path) -> None:
    assert read(tmp_path, ROW).terms == Terms()
    file = read(tmp_path, ROW + "[promotion.trusted]\nepisodes = 3\n")
    assert file.terms == Terms(trusted=ToTrusted(episodes=3))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[stage]]\n", "unknown key 'stage'; did you mean 'stages'?"),
        ("stages = 3", "stages must be tables, [[stages]]"),
        ("[[stages", "is not TOML"),
        ("[[stages]]\nstage = 'shadow'", "stages[1].agent: Field required"),
        ("[[stages]]\nagent = 'planner'", "stages[1].stage: Field required"),
        (ROW + "agnet = 'x'", "agnet: Extra inputs are not permitted; did you mean 'agent'?"),
        ("[[stages]]\nagent = 'planner'\nstage = 'shadwo'", "'shadow', 'supervised' or 'trusted'"),
        (
            "[[stages]]\nagent = 'planner'\nstage = 'trusted'",
            "stages[1].stage: nobody begins as trusted: begin as 'supervised', then `offswitch",
        ),
        (
            "[[stages]]\nagent = 'plannr'\nstage = 'shadow'",
            "stages[1]: unknown agent 'plannr'; did you mean 'planner'?",
        ),
        (
            "[[stages]]\nagent = 'none.py:Mine'\nstage = 'shadow'",
            "stages[1]: none.py:Mine: there is no file 'none.py'",
        ),
        (ROW + "reward = 'naiv'", "did you mean 'naive'?"),
        (
            ROW + "scope = 'payment.chrage'",
            "stages[1].scope: there is no scope 'payment.chrage'; did you mean 'payment.charge'?",
        ),
        (ROW + ROW, "stages[2] is never reached: stages[1] matches all that it does"),
        (
            "[[stages]]\nagent = '*'\nstage = 'shadow'\n" + ROW,
            "stages[2] is never reached: stages[1]",
        ),
        (ROW + "[promotion]\ntrustd = 3", "promotion: unknown key 'trustd'; did you mean"),
        (ROW + "[promotion.trusted]\nepisode = 3", "promotion.trusted.episode"),
        (ROW + "[promotion.trusted]\nworst = 'warning'", "'advisory' or 'caution'"),
        (ROW + "[promotion.trusted]\nepisodes = 0", "promotion.trusted.episodes"),
        (ROW + "[promotion.trusted]\ncatch_rate = 1.1", "promotion.trusted.catch_rate"),
        (ROW + "[promotion.trusted]\ncatch_trials = 0", "promotion.trusted.catch_trials"),
        (ROW + "[promotion.trusted]\ndays = nan", "promotion.trusted.days"),
        (ROW + "[promotion.trusted]\ndays = 1000", "promotion.trusted.days"),
        (ROW + "[promotion.supervised]\ncatch_rate = 1.0", "promotion.supervised.catch_rate"),
        ("promotion = 3\n" + ROW, "promotion must be a table"),
    ],
)
def test_a_wrong_file_of_stages_is_one_line_that_names_file_and_key(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    said = str(caught.value)
    assert said.startswith(str(tmp_path / "stages.toml"))
    assert words in said
    assert "\n" not in said


def test_a_scope_of_ones_own_task_is_known_where_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "stages.toml"
    path.write_text(ROW + "scope = 'mine.alone'\n")
    assert load_stages(path, ("mine.alone",)).rows[0].scope == "mine.alone"


def test_the_example_in_the_docs_can_be_read(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "stages.md").read_text()
    found = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    file = read(tmp_path, found[0])
    assert file.rows
    assert file.terms != Terms()
