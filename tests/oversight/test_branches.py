"""Forks stand beneath their parents, whatever the headers say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.branches import fork_words, pair, tree
from oversight.cli import main
from sandbox.decision import DecisionKind
from sandbox.events import Header
from sandbox.log import Episode
from tests.oversight.shelf import BOS, NEVER, Shelf


def row(name: str, parent: str = "", step: int = 0, **header: Any) -> Episode:
    """Return the row of an episode."""
    head = {"parent": parent, "fork_step": step, **header} if parent else header
    return Episode(name, "t", "s", "a", json.dumps(head), 0.0, None, "goal", 1, "")


def test_branches_stand_beneath_their_parent_by_step_and_then_by_age() -> None:
    newest_first = [
        *(row("f", "b", 1), row("e", "a", 2), row("d"), row("c", "a", 0), row("b", "a", 2)),
        row("a"),
    ]
    found = [(one.depth, one.episode.id) for one in tree(newest_first)]
    assert found == [(0, "d"), (0, "a"), (1, "c"), (1, "b"), (2, "f"), (1, "e")]
    names = {one.episode.id: one.name for one in tree(newest_first)}
    assert (names["a"], names["b"], names["f"]) == ("a", "└ b", "  └ f")


@given(st.lists(st.integers(0, 7), max_size=8), st.integers(0, 7))
def test_every_episode_is_listed_once_though_parents_are_missing_or_go_in_a_circle(
    parents: list[int], step: int
) -> None:
    rows = [row(str(n), str(parent), step) for n, parent in enumerate(parents)]
    found = tree(rows)
    assert sorted(one.episode.id for one in found) == sorted(one.id for one in rows)
    assert tree(found[0:0]) == []  # type: ignore[arg-type]


def test_a_fork_is_put_beside_its_parent_and_a_parent_beside_its_newest_fork() -> None:
    rows = [row("c", "a"), row("b", "a"), row("a"), row("lone"), row("orphan", "gone")]

    def names(episode: str) -> list[str]:
        return [one.id for one in pair(rows, episode) or ()]

    assert names("b") == ["a", "b"]
    assert names("a") == ["a", "c"]
    assert names("lone") == names("orphan") == names("nowhere") == []


def test_what_is_different_is_told_in_words_and_designs_are_kept_from_the_blind() -> None:
    header: Header = {
        "parent": "a",
        "fork_step": 3,
        "fork_decision": "veto",
        "fork_reward": "naive",
    }
    assert fork_words(header | {"fork_seed": 0}) == "veto, reward naive, seed 0"
    assert fork_words(header, blind=True) == "veto, reward (not shown)"
    assert fork_words({}) == ""
    assert fork_words({"parent": "a"}) == "nothing is different"


def test_the_command_lists_the_tree_and_says_in_json_what_branches_off_what(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, agent="greedy")
    first = shelf.fork(was.episode, 1, DecisionKind.VETO)
    second = shelf.fork(first.episode, 2, seed=5)
    logs = ["--logs", str(tmp_path)]
    assert main(["episodes", "--tree", *logs]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [one.split()[0] for one in lines] == [was.episode, "└", "└"]
    assert lines[2].startswith(f"  └ {second.episode}  step 2: seed 5")
    assert main(["episodes", "--json", *logs]) == 0
    found = {one["id"]: one for one in json.loads(capsys.readouterr().out)}
    assert [found[one.episode]["parent"] for one in (was, first, second)] == [
        *(None, was.episode, first.episode)
    ]
    assert (found[first.episode]["fork_step"], found[first.episode]["fork_decision"]) == (1, "veto")
    assert found[second.episode]["fork_decision"] is None
    assert found[was.episode]["fork_step"] is None
