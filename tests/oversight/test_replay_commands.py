"""The command line replays, seeks, plays, asks again and forks."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from oversight.cli import main
from sandbox.decision import DecisionKind
from tests.oversight.shelf import BOS, NEVER, Shelf


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one episode: vetoes, thirty steps."""
    folder = tmp_path_factory.mktemp("logs")
    Shelf(folder).run(BOS, NEVER, seed=11)
    return folder


def said(capsys: pytest.CaptureFixture[str], logs: Path, *options: str) -> tuple[int, str, str]:
    code = main(["replay", "latest", *options, "--logs", str(logs)])
    out = capsys.readouterr()
    return code, out.out, out.err


def told(capsys: pytest.CaptureFixture[str], logs: Path, *options: str) -> tuple[int, Any]:
    code, out, _ = said(capsys, logs, *options, "--json")
    return code, json.loads(out)


def test_a_step_is_gone_to(capsys: pytest.CaptureFixture[str], logs: Path) -> None:
    code, out, _ = said(capsys, logs, "--at", "3")
    assert code == 0
    assert out.startswith("step 3 of 0 to 29; the world before it:")
    assert "veto by overseer:simulated" in out
    code, found = told(capsys, logs, "--at", "3")
    assert (code, found["step"], found["parted"]) == (0, 3, "")
    assert found["world"] in out


def test_some_steps_alone_are_played(capsys: pytest.CaptureFixture[str], logs: Path) -> None:
    code, out, _ = said(capsys, logs, "--from", "2", "--to", "3")
    assert code == 0
    proposed = [line[:4].strip() for line in out.splitlines() if "proposes" in line]
    assert proposed == ["2", "3"]
    assert out.endswith("replay verified: 30 steps\n")


def test_an_episode_is_played_at_the_speed_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    _, out, _ = said(capsys, logs, "--speed", "4", "--to", "2")
    assert set(waits) == {0.25}
    assert len(waits) == len(out.splitlines()) - 2  # none before the first, nor before the verdict


def test_playing_can_be_stopped(
    capsys: pytest.CaptureFixture[str], logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    code, out, err = said(capsys, logs, "--speed", "4")
    assert code == 3
    assert len(out.splitlines()) == 1
    assert err.startswith("offswitch: stopped by Ctrl-C")


def test_an_agent_is_asked_again_and_the_exit_code_says_whether_it_is_the_same(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shelf, file = Shelf(tmp_path), tmp_path / "mine.py"
    code = (
        "from sandbox.action import Action, Proposal\n"
        "class Mine:\n"
        "    def begin(self, briefing): self.name = briefing.agent\n"
        "    def propose(self, seen):\n"
        "        return Proposal(self.name, seen.step, Action.of('{}'))\n"
    )
    file.write_text(code.format("wait"))
    was = shelf.run(BOS, agent=f"{file}:Mine", in_process=False)
    found = told(capsys, tmp_path, "--rerun-agent")
    assert (found[0], found[1]["asked"], found[1]["action"]) == (0, was.steps, None)
    file.write_text(code.format("mute_inbox"))
    found = told(capsys, tmp_path, "--rerun-agent")
    assert found[0] == 1
    other = dict(step=0, part="action", was="wait()", now="mute_inbox()")  # noqa: C408 (one line)
    assert found[1]["action"] == other
    file.unlink()
    exit_code, out, err = said(capsys, tmp_path, "--rerun-agent")
    assert (exit_code, out, err.count("\n")) == (2, "", 1)
    assert "the agent cannot be run again" in err


def test_a_fork_prints_what_came_of_it_beside_its_parent(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    was = Shelf(tmp_path).run(BOS, NEVER, seed=11)
    terms = ["--decide", "approve", "--seed", "7", "--reason", "what if", "--operator", "kim"]
    code, found = told(capsys, tmp_path, "--fork", "3", *terms)
    assert code == 0
    assert (found["parent"], found["fork_step"], found["fork_decision"]) == (
        *(was.episode, 3),
        "approve",
    )
    assert found["compared"]["parted"]["step"] == 3
    assert any(
        "approve by operator:kim: what if" in one for one in found["compared"]["parted"]["b"]
    )
    code, out, _ = said(capsys, tmp_path, "--fork", "3", "--overseer", "scripted")
    assert code == 0
    assert f"episode {Shelf(tmp_path).store.episodes()[0].id}" in out
    assert "a fork of A at step 3: overseer scripted" in out
    header = Shelf(tmp_path).header(Shelf(tmp_path).store.episodes()[0].id)
    assert "fork_decision" not in header
    code, _, err = said(capsys, tmp_path, "--fork", "1")
    assert code == 2
    assert f"step 1 was under the overseer of its parent: fork {found['episode']} there" in err
    assert main(["replay", was.episode, "--fork", "1", "--logs", str(tmp_path)]) == 0
    assert "a fork of A at step 1: veto" in capsys.readouterr().out


def test_a_person_is_stood_in_for_and_that_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, agent="greedy")
    log = shelf.store.begin(
        {k: v for k, v in shelf.header(was.episode).items() if k != "overseer_as"}
        | {"overseer": "human"}
    )
    for event in shelf.events(was.episode)[1:]:
        log.append(event)
    log.close()
    code, out, err = said(capsys, tmp_path, "--fork", "0", "--seed", "3")
    assert code == 0
    assert "its overseer was a person: from step 0 on `scripted` decides" in err
    assert "seed 3" in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fork", "77"], "cannot be forked at step 77; steps 0 to 29 can"),
        (["--fork", "3", "--decide", "edit"], "an edit, and only an edit"),
        (["--fork", "3", "--decide", "edit", "--arguments", "{"], "--arguments is not JSON"),
        (["--fork", "3", "--arguments", "[1]"], "must be a JSON object"),
        (["--fork", "3", "--arguments", '{"flight": [1]}'], "is a list, not text"),
        (["--fork", "3", "--overseer", "simulatd"], "did you mean 'simulated'"),
        (["--fork", "3", "--reward", "naiv"], "did you mean 'naive'"),
        (["--fork", "3", "--seed", "-4"], "seed must be"),
        (["--decide", "veto"], "a fork takes --decide: name its step with --fork STEP"),
        (["--at", "99"], "has no step 99: it has steps 0 to 29"),
        (["--from", "40"], "there is no step from 40 on: the episode has steps 0 to 29"),
        (["--from", "4", "--to", "3"], "there is no step from 4 to 3"),
        (["--speed", "0"], "--speed must be above 0"),
        (["--speed", "nan"], "--speed must be above 0"),
        (["--verify", "--at", "3"], "different things to do: give one"),
        (["--speed", "2", "--verify"], "of an episode that is played"),
    ],
)
def test_bad_input_is_one_clear_line_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], logs: Path, options: list[str], words: str
) -> None:
    before = len(Shelf(logs).store.episodes())
    code, out, err = said(capsys, logs, *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert len(Shelf(logs).store.episodes()) == before


def test_a_fork_can_be_forked_by_the_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, seed=11)
    first = told(capsys, tmp_path, "--fork", "3", "--seed", "5")[1]["episode"]
    second = told(capsys, tmp_path, "--fork", "8", "--seed", "6")[1]["episode"]
    assert shelf.header(second)["luck"] == ["3:5", "8:6"]
    assert shelf.header(second)["parent"] == first != was.episode
    assert shelf.content(shelf.fork(second, 9).episode) == shelf.content(second)
    assert shelf.fork(second, 2, DecisionKind.SHUTDOWN).termination == "shut_down"
