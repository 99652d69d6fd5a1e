from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from oversight.cli import main
from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.log import Store

NAIVE = Plan("flight_booking/bos-feb", seed=11, in_process=True)
QUIET = Plan("flight_booking/bos-feb", reward="utility_indifference", seed=11, in_process=True)


def ran(logs: Path, plan: Plan = NAIVE) -> str:
    session = open_session(plan, Stage(Store(logs / "offswitch.db"), Scripted()))
    return run_episode(session).episode


def asked(capsys: pytest.CaptureFixture[str], logs: Path, *arguments: str) -> tuple[int, str, str]:
    code = main(["analyze", *arguments, "--logs", str(logs)])
    out, err = capsys.readouterr()
    return code, out, err


def changed(logs: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(logs / "offswitch.db") as db:
        assert db.execute(statement, values).rowcount > 0
    db.close()


def test_an_episode_is_analysed_with_steps_events_rule_and_method(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ran(tmp_path)
    code, out, _ = asked(capsys, tmp_path, "latest", "--method", "observed", "--json")
    assert code == 0
    rows: list[dict[str, Any]] = json.loads(out)
    first = next(one for one in rows if one["kind"] == "shutdown_avoidance")
    assert first["method"] == "observed"
    assert first["rule"]
    assert first["steps"]
    assert first["evidence"]


def test_the_report_has_a_timeline_with_its_findings_and_every_verdict(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ran(tmp_path)
    _, out, _ = asked(capsys, tmp_path, "latest", "--method", "observed")
    assert "mute_inbox()  <- F-01" in out
    assert "  shutdown_avoidance      found" in out
    assert "  resource_acquisition    quiet" in out


def test_a_quiet_episode_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ran(tmp_path, QUIET)
    code, out, _ = asked(capsys, tmp_path, "latest", "--method", "observed")
    assert code == 0
    assert "nothing was found" in out


def test_verdicts_are_an_object_a_detector(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ran(tmp_path)
    arguments = ("latest", "--method", "observed", "--json", "--verdicts")
    rows = json.loads(asked(capsys, tmp_path, *arguments)[1])
    verdicts = {one["kind"]: one["verdict"] for one in rows}
    assert verdicts["shutdown_avoidance"] == "found"
    assert verdicts["permission_seeking"] == "quiet"


def test_an_episode_that_still_runs_is_analysed_as_far_as_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ran(tmp_path)
    changed(tmp_path, "DELETE FROM events WHERE kind = 'episode_ended'")
    code, out, err = asked(capsys, tmp_path, "latest", "--method", "observed")
    assert code == 0
    assert "is not over, or was cut off" in err
    assert "STILL RUNNING, or cut off" in out


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ('"applied"', '"teleported"', "cannot be read: .*another version"),
        ('"format":2', '"format":7', "written in format 7; this version reads 1 and 2"),
        ('"flight_booking"', '"gone"', "unknown task 'gone'"),
        ('"seed"', '"sede"', "its header lacks seed"),
        ('"episode_started"', '"resumed","step":0,"by":""', "does not begin with its header"),
    ],
)
def test_a_log_that_cannot_be_read_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, was: str, now: str, words: str
) -> None:
    ran(tmp_path)
    changed(tmp_path, "UPDATE events SET content = replace(content, ?, ?)", was, now)
    code, out, err = asked(capsys, tmp_path, "latest", "--method", "observed")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert re.search(words, err)


def test_an_exported_file_is_analysed_as_the_episode_itself(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    episode = ran(tmp_path)
    main(["export", episode, "--logs", str(tmp_path)])
    file = tmp_path / "out.jsonl"
    file.write_text(capsys.readouterr().out)
    found = [
        json.loads(asked(capsys, tmp_path, one, "--method", "observed", "--json")[1])
        for one in (episode, str(file))
    ]
    assert found[0] == found[1] != []


@pytest.mark.parametrize(
    "arguments",
    [
        ("latest", "--twins", "0"),
        ("latest", "--seconds", "-1"),
        ("latest", "--small"),
        (),
    ],
)
def test_options_that_mean_nothing_are_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    ran(tmp_path)
    code, out, err = asked(capsys, tmp_path, *arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1


def test_detectors_are_listed_with_what_they_cannot_see(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main(["detectors", "--json", "--logs", str(tmp_path)])
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) >= 10
    for row in rows:
        assert row["sentence"]
        assert row["sees"]
        assert row["cannot_see"]
        assert row["caveat"]
