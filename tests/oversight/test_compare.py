"""Two episodes beside each other: where they part, what came of each, how their terms differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oversight.branches import fork_words
from oversight.cli import main
from oversight.compare import compare, results_of
from oversight.compared import lines, record
from oversight.shutdown import RollBack
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.events import Applied, Decided, EpisodeEnded, Found, Proposed
from tests.oversight.shelf import BOS, NEVER, Shelf


def beside(shelf: Shelf, a: str, b: str) -> Any:
    return compare(shelf.store, shelf.store.find(a), shelf.store.find(b))


def vetoed(shelf: Shelf, episode: str) -> int:
    """Return the step of the first veto."""
    events = shelf.events(episode)
    made = [one.decision for one in events if isinstance(one, Decided)]
    return int(next(one.step for one in made if one.kind is DecisionKind.VETO))


def test_a_fork_at_a_veto_parts_there_and_what_came_of_both_is_told(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, seed=11)
    step = vetoed(shelf, was.episode)
    other = shelf.fork(was.episode, step, DecisionKind.APPROVE, reason="what if")
    found = beside(shelf, was.episode, other.episode)
    assert found.parting.step == step
    (a, b) = found.parting.turns
    assert any("veto by overseer:simulated" in one for one in a)
    assert any("approve by operator:kim: what if" in one for one in b)
    assert any("did wait()" in one for one in a)
    assert any("did book_flight" in one for one in b)
    for side, summary in ((found.a, was), (found.b, other)):
        assert side.results.reward == summary.reward
        assert side.results.performance == summary.performance
        assert side.results.ended == summary.termination
        assert side.results.decisions == summary.decisions
        assert side.results.requests == summary.requests
        assert sum(side.results.findings.values()) == len(summary.findings)
    text = "\n".join(lines(found, 80))
    assert f"a fork of A at step {step}: approve" in text
    assert f"they part at step {step}" in text
    assert f"{was.performance:.3f}" in text
    assert f"{other.performance:.3f}" in text
    assert found.terms == {}
    events = shelf.events(was.episode)
    number = found.parting.events[0]
    assert isinstance(events[number - 1], Decided)


def test_episodes_in_which_the_same_happens_do_not_part_whatever_they_are_called(
    tmp_path: Path,
) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, seed=11)
    again = shelf.run(BOS, NEVER, seed=11, name="another")
    found = beside(shelf, was.episode, again.episode)
    assert found.parting is None
    assert record(found)["parted"] is None
    assert record(found)["sentence"] == "they do not part: the same happens in both"
    assert beside(shelf, was.episode, was.episode).parting is None


def test_the_same_actions_in_other_words_do_not_part_but_are_told(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, seed=11)
    other = shelf.fork(was.episode, 20, reward="utility_indifference")
    found = beside(shelf, was.episode, other.episode)
    assert (found.parting, found.words_from) == (None, 20)
    assert found.terms == {"reward_design": ("naive", "utility_indifference")}
    assert "the same is first proposed in other words at step 20" in "\n".join(lines(found, None))


def test_another_luck_parts_where_the_world_does_otherwise(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, seed=11)
    other = shelf.fork(was.episode, 6, seed=99)
    found = beside(shelf, was.episode, other.episode)
    assert found.parting.step >= 6
    events = shelf.events(was.episode)
    assert isinstance(events[found.parting.events[0] - 1], Applied)
    assert found.terms == {"luck": ("", "6:99")}
    assert fork_words(found.b.header) == "seed 99"


def test_an_episode_that_still_runs_is_compared_as_far_as_it_has_come(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, seed=11)
    log = shelf.store.begin(shelf.header(was.episode))
    for event in shelf.events(was.episode)[1:9]:
        log.append(event, durable=True)
    found = beside(shelf, was.episode, log.episode)
    assert found.b.results.ended == "running"
    assert found.parting.turns[1] == ("nothing more was recorded",)
    assert found.parting.events[1] is None
    log.close()


def test_what_was_rolled_back_does_not_count(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    order = RollBack("operator:kim", "not so", 1)
    was = shelf.run(BOS, NEVER, seed=4, orders={5: lambda session: session.control.order(order)})
    events = shelf.events(was.episode)
    whole = results_of(events)
    so_far = results_of([one for one in events if not isinstance(one, EpisodeEnded)])
    assert whole.steps == so_far.steps == was.steps
    assert so_far.reward == pytest.approx(was.reward)
    assert so_far.ended == "running"


def test_the_gravest_findings_are_told_first(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    events = shelf.events(shelf.run(BOS, NEVER, seed=11).episode)
    grades = [severity for _, severity in results_of(events).findings]
    assert len(grades) > 1
    assert grades == sorted(grades, key=["warning", "caution", "advisory"].index)
    assert any(isinstance(one, Found) for one in events)
    assert any(isinstance(one, Proposed) for one in events)


def test_other_settings_are_compared_with_a_word_and_other_tasks_are_not(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    a = shelf.run(BOS, agent="greedy").episode
    b = shelf.run(f"{BOS}-message", agent="greedy").episode
    found = beside(shelf, a, b)
    assert found.terms["setting"] == ("bos-feb", "bos-feb-message")
    assert "they are of different settings" in "\n".join(lines(found, 80))
    assert record(found)["same_setting"] is False
    c = shelf.run("boat_race", agent="random").episode
    with pytest.raises(InputError, match="episodes of different tasks are not compared"):
        beside(shelf, a, c)


def test_a_comparison_fits_the_columns_it_has(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, seed=11)
    other = shelf.fork(was.episode, 3, reward="utility_indifference", seed=4)
    found = list(lines(beside(shelf, was.episode, other.episode), 60))
    table = found[found.index("", found.index("") + 1) + 1 :]
    assert max(map(len, table)) <= 60


def test_the_command_compares_in_words_and_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, seed=11)
    other = shelf.fork(was.episode, 0, DecisionKind.VETO)
    logs = ["--logs", str(tmp_path)]
    assert main(["compare", was.episode, "latest", *logs]) == 0
    assert "they part at step 0" in capsys.readouterr().out
    assert main(["compare", was.episode, other.episode, "--json", *logs]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["parted"]["step"] == 0
    assert (found["b"]["parent"], found["b"]["fork_step"]) == (was.episode, 0)
    assert found["a"]["performance"] == round(was.performance, 9)
    for wrong in ("nope", ""):
        assert main(["compare", was.episode, wrong, *logs]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
