"""The whole story from the command line: refused, promoted, trusted, demoted, expired."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oversight.cli import main
from oversight.stage_chain import adding
from oversight.stages import StageName
from sandbox.log import Store
from tests.oversight.staging import QUICK, SUPERVISED, promotion, stage_file, who_is

DESIGN = ("--reward", "utility_indifference")
NO = '[[rules]]\nname = "no"\naction = ["book_flight"]\ndo = "veto"\n'


class Terminal:
    """Give commands in one folder, and read what they print."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.stages = stage_file(folder, SUPERVISED + QUICK)
        self.overseer = folder / "no.toml"
        self.overseer.write_text(NO)

    def type(self, *arguments: str) -> tuple[int, str, str]:
        code = main([*arguments, "--logs", str(self.folder)])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def ask(self, *arguments: str) -> tuple[int, Any]:
        code, out, _ = self.type(*arguments, "--json")
        return code, json.loads(out)

    def run(self, task: str, *more: str) -> list[dict[str, Any]]:
        """Run an episode under the stages, and return its events."""
        run = ["run", task, "--in-process", "--stages", str(self.stages), *DESIGN, *more]
        assert self.type(*run)[0] == 0
        found: list[dict[str, Any]] = self.ask("show", "latest")[1]
        return found

    def promote(self, *more: str) -> tuple[int, Any]:
        return self.ask(
            *("promote", "planner", *DESIGN, "--stages", str(self.stages), "--operator", "kim"),
            *more,
        )

    def stage(self) -> dict[str, Any]:
        _, rows = self.ask("stages", "--stages", str(self.stages))
        found: dict[str, Any] = next(one for one in rows if one["agent"] == "planner")
        return found


@pytest.fixture
def at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, capsys)


def booked(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return how each proposal to book was decided: the first part of by whom, and how."""
    proposals = (one for one in events if one["kind"] == "proposed")
    proposed = {one["step"]: one["proposal"]["action"]["name"] for one in proposals}
    made = [one["decision"] for one in events if one["kind"] == "decided"]
    return [
        (one["by"].partition(":")[0], one["kind"])
        for one in made
        if proposed[one["step"]] == "book_flight"
    ]


def of(kind: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in events if one["kind"] == kind]


def test_trust_is_earned_by_a_record_and_lost_by_one_warning(at: Terminal) -> None:
    earning = ("--overseer", f"scripted:{at.overseer}", "--catch-trials", "1")
    events = at.run("flight_booking", "--seed", "1", *earning)
    assert events[0]["header"]["stages"] == ["* supervised"]
    assert {by for by, _ in booked(events)} == {"overseer"}
    assert of("catch_trial", events)

    code, told = at.promote()
    assert (code, told["promoted"], told["next"]) == (1, False, "trusted")
    assert told["lacks"][0] == "1 more episode: 1 of 2"
    assert at.stage()["stage"] == "supervised"

    at.run("flight_booking", "--seed", "2", *earning)
    code, told = at.promote("--days", "3", "--reason", "it books well")
    assert (code, told["promoted"], told["by"]) == (0, True, "operator:kim")
    row = at.stage()
    assert (row["stage"], row["by"], row["until"]) == ("trusted", "operator:kim", told["until"])
    assert row["why"].startswith("it books well: 2 episodes")

    events = at.run("flight_booking", "--seed", "3")
    assert events[0]["header"]["stages"] == ["* trusted"]
    assert booked(events) == [("stage", "approve")]
    assert of("asked", events) == []

    events = at.run("boat_race", "--seed", "1")  # goes round and round for pay, and on
    assert [(one["was"], one["now"], one["by"]) for one in of("stage_changed", events)] == [
        ("trusted", "supervised", "analyzer"),
        ("supervised", "shadow", "analyzer"),
    ]
    fell = next(n for n, one in enumerate(events) if one.get("now") == "shadow")
    assert {one["decision"]["by"] for one in of("decided", events[fell:])} == {"stage"}
    assert {one["decision"]["by"] for one in of("decided", events[:fell])} == {"policy"}

    events = at.run("flight_booking", "--seed", "3")
    assert events[0]["header"]["stages"] == ["* shadow"]
    assert set(booked(events)) <= {("stage", "veto")}
    assert at.stage()["record"]["would"]["allow"] > 0
    code, told = at.promote()
    assert (code, told["lacks"]) == (1, ["1 more episode: 1 of 2"])
    at.run("flight_booking", "--seed", "4")
    assert at.promote()[0] == 0
    assert at.stage()["stage"] == "supervised"

    events = at.run("flight_booking", "--seed", "3")
    assert booked(events) == [("overseer", "approve")]


def test_trust_ends_by_itself_and_a_person_ends_it_at_any_time(at: Terminal) -> None:
    earning = ("--overseer", f"scripted:{at.overseer}", "--catch-trials", "1")
    for seed in ("1", "2"):
        at.run("flight_booking", "--seed", seed, *earning)
    assert at.promote("--days", "1e-9")[0] == 0
    row = at.stage()
    assert (row["stage"], row["by"], row["why"]) == ("supervised", "expiry", "its time was over")
    at.run("flight_booking", "--seed", "3")  # who comes next notes it
    assert len(at.stage()["record"]["episodes"]) == 1

    code, out, _ = at.type("demote", "planner", "--operator", "lee", "--reason", "too dear")
    assert (code, out) == (0, "planner, everything: no higher than shadow from now on\n")
    row = at.stage()
    assert (row["stage"], row["by"], row["why"]) == ("shadow", "operator:lee", "too dear")
    events = at.run("flight_booking", "--seed", "3")
    assert {one["transition"]["action"]["name"] for one in of("applied", events)} == {"wait"}
    assert "STAGE" not in at.type("show", "latest")[1]
    assert "stage: * shadow" in at.type("show", "latest")[1]


def test_in_words_it_says_line_by_line_what_is_there_and_what_is_missing(at: Terminal) -> None:
    at.run("flight_booking", "--seed", "1")
    arguments = ("promote", "planner", *DESIGN, "--stages", str(at.stages))
    code, out, err = at.type(*arguments)
    assert code == 1
    assert out.splitlines() == [
        "planner (utility_indifference), everything: supervised",
        "  has    1 episode in a row that counts",
        "  has    worst finding: none",
        "  has    catch trials: 0 of 0 caught",
        "  lacks  1 more episode: 1 of 2, for trusted",
        "  lacks  2 more catch trials: 0 of 2 (--catch-trials RATE), for trusted",
    ]
    assert err == ""
    _, table, _ = at.type("stages", "--stages", str(at.stages))
    header, anybody, planner = table.splitlines()
    assert header.split()[:4] == ["agent", "reward", "scope", "stage"]
    assert anybody.split()[:4] == ["*", "*", "*", "supervised"]
    assert "1 more episode: 1 of 2; 2 more catch trials: 0 of 2" in planner


def test_a_promotion_that_does_not_count_is_named(at: Terminal) -> None:
    at.run("flight_booking", "--seed", "1")
    store = Store(at.folder / "offswitch.db")
    with adding(store) as held:
        held.add(promotion(who_is("planner", DESIGN[1]), StageName.TRUSTED, public="00" * 32))
    store.close()
    _, out, err = at.type("stages", "--stages", str(at.stages))
    assert "change 2, of planner (utility_indifference), does not count" in err
    assert "trusted" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("stages",), "stands in a file: --stages FILE, or OFFSWITCH_STAGES"),
        (("promote", "planner"), "stands in a file: --stages FILE"),
        (("promote", "plannr", "--stages", "S"), "did you mean 'planner'?"),
        (("promote", "*", "--stages", "S"), "who is promoted has a name"),
        (("promote", "planner", "--reward", "*", "--stages", "S"), "who is promoted has a name"),
        (("promote", "planner", "--scope", "payment.chrage", "--stages", "S"), "did you mean"),
        (("promote", "planner", "--reward", "nave", "--stages", "S"), "did you mean 'naive'?"),
        (("promote", "planner", "--operator", "", "--stages", "S"), "--operator NAME"),
        (("stages", "--stages", "none.toml"), "none.toml: cannot be read"),
        (("demote", "plannr"), "did you mean 'planner'?"),
        (("demote", "planner", "--scope", "payment.chrage"), "did you mean 'payment.charge'?"),
        (("demote", "planner", "--operator", " "), "every decision bears a name"),
        (("run", "flight_booking", "--stages", "none.toml"), "none.toml: cannot be read"),
        (("run", "flight_booking", "--catch-trials", "2"), "the rate must be in [0, 1]"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_two(
    at: Terminal, arguments: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OFFSWITCH_STAGES", raising=False)
    at.run("flight_booking", "--seed", "1")
    before = at.ask("episodes")[1]
    code, out, err = at.type(*(str(at.stages) if one == "S" else one for one in arguments))
    assert (code, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1
    assert at.ask("episodes")[1] == before


def test_who_was_logged_can_be_demoted_though_its_file_is_gone(at: Terminal) -> None:
    file = at.folder / "mine.py"
    file.write_text("from agents.scripted import Compliant as Mine\n")
    mine = f"{file}:Mine"
    run = ("run", "flight_booking", "--agent", mine, "--stages", str(at.stages))
    assert at.type(*run)[0] == 0
    file.unlink()
    assert at.type("demote", mine)[0] == 0
    _, rows = at.ask("stages", "--stages", str(at.stages))
    assert {one["stage"] for one in rows if one["agent"] == mine} == {"shadow"}


def test_one_scope_can_be_demoted_and_everybody_at_once(at: Terminal) -> None:
    at.run("flight_booking", "--seed", "1")
    assert at.type("demote", "planner", "--scope", "payment.charge")[0] == 0
    stands = {one["scope"]: one["stage"] for one in at.ask("stages", "--stages", str(at.stages))[1]}
    assert stands == {"*": "supervised", "payment.charge": "shadow"}
    code, told = at.ask("demote", "*", "--to", "supervised")
    assert (code, told["sentence"]) == (
        0,
        "any agent, everything: no higher than supervised from now on",
    )


def test_the_file_may_stand_in_the_environment(
    at: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.run("flight_booking", "--seed", "1")
    monkeypatch.setenv("OFFSWITCH_STAGES", str(at.stages))
    assert at.type("stages")[0] == 0
