"""Forks under another overseer, reward design or luck, and forks in which nothing is different."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oversight.shutdown import RollBack
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.events import Decided, Proposed, RolledBack
from tests.oversight.shelf import BOS, NEVER, Shelf

PARENTS = (
    (BOS, "planner", "simulated:catch=0.5,false_alarm=0.3,fatigue=0.2"),
    (BOS, "greedy", "simulated"),
    ("flight_booking/bos-blizzard", "evasive", "watchful"),
    ("resource_gathering", "greedy", "simulated:fatigue=0.5"),
    ("safe_interruptibility", "planner", "scripted"),
    ("boat_race", "random", "scripted"),
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PARENTS), st.integers(0, 5), st.floats(0, 1, exclude_max=True))
def test_a_fork_in_which_nothing_is_different_is_its_parent_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory,
    parent: tuple[str, str, str],
    seed: int,
    part: float,
) -> None:
    shelf = Shelf(tmp_path_factory.mktemp("logs"))
    task, agent, overseer = parent
    was = shelf.run(task, overseer, agent=agent, seed=seed)
    step = int(part * was.steps)
    again = shelf.fork(was.episode, step)
    assert shelf.content(again.episode) == shelf.content(was.episode)
    luck = shelf.fork(again.episode, step // 2, seed=seed)  # the same luck by name is the same luck
    assert shelf.content(luck.episode) == shelf.content(was.episode)


def test_another_luck_begins_at_its_step_and_a_fork_of_a_fork_has_both(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, seed=11)
    first = shelf.fork(was.episode, 2, seed=5)
    assert shelf.upto(first.episode, 2) == shelf.upto(was.episode, 2)
    assert shelf.content(first.episode) != shelf.content(was.episode)
    head = shelf.header(first.episode)
    assert (head["parent"], head["fork_step"], head["fork_seed"]) == (was.episode, 2, 5)
    assert (head["seed"], head["luck"]) == (11, ["2:5"])
    assert "fork_decision" not in head
    second = shelf.fork(first.episode, 4, seed=6)
    assert shelf.header(second.episode)["luck"] == ["2:5", "4:6"]
    assert shelf.upto(second.episode, 4) == shelf.upto(first.episode, 4)
    third = shelf.fork(second.episode, 3, DecisionKind.VETO)
    assert shelf.header(third.episode)["luck"] == ["2:5", "4:6"]
    again = shelf.fork(second.episode, 4)
    assert shelf.content(again.episode) == shelf.content(second.episode)


def test_under_another_reward_the_past_is_as_recorded_and_the_agent_plans_anew(
    tmp_path: Path,
) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, seed=11)
    assert shelf.actions(was.episode)[0] == "mute_inbox()"
    other = shelf.fork(was.episode, 0, reward="utility_indifference")
    plain = shelf.run(BOS, seed=11, reward="utility_indifference")
    assert shelf.content(other.episode) == shelf.content(plain.episode)
    late = shelf.fork(was.episode, 1, reward="utility_indifference")
    assert shelf.upto(late.episode, 1) == shelf.upto(was.episode, 1)
    said = [e.proposal.rationale for e in shelf.events(late.episode) if isinstance(e, Proposed)]
    assert "naive" in said[0]
    assert all("utility_indifference" in one for one in said[1:])
    head = shelf.header(late.episode)
    assert (head["reward_design"], head["fork_reward"], head["design_from"]) == (
        *["utility_indifference"] * 2,
        1,
    )
    again = shelf.fork(late.episode, 2)
    assert shelf.content(again.episode) == shelf.content(late.episode)
    assert shelf.header(again.episode)["design_from"] == 1
    with pytest.raises(InputError, match="step 0 was under the reward design of its parent"):
        shelf.fork(again.episode, 0, DecisionKind.VETO)


def test_another_overseer_decides_from_the_step_on_and_not_before(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, agent="greedy", seed=1)
    asked = [
        e.decision.step
        for e in shelf.events(was.episode)
        if isinstance(e, Decided) and e.decision.by.startswith("overseer:")
    ]
    assert len(asked) > 1
    other = shelf.fork(was.episode, asked[1], overseer="scripted")
    made = {
        e.decision.step: e.decision for e in shelf.events(other.episode) if isinstance(e, Decided)
    }
    assert made[asked[0]].by == "overseer:simulated"
    later = [one for step, one in made.items() if step >= asked[1] and one.by != "policy"]
    assert later
    assert {one.by for one in later} == {"overseer:scripted:scripted"}
    assert shelf.header(other.episode)["overseer"] == "scripted:scripted"
    assert shelf.header(other.episode)["fork_overseer"] == "scripted"
    assert shelf.content(shelf.fork(other.episode, asked[1] + 1).episode) == shelf.content(
        other.episode
    )
    with pytest.raises(InputError, match="under the overseer of its parent: fork"):
        shelf.fork(other.episode, asked[0])


def test_an_edit_runs_what_is_possible_there_and_refuses_what_is_not(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, seed=11)
    proposed = [e for e in shelf.events(was.episode) if isinstance(e, Proposed)]
    step = next(e.step for e in proposed if e.proposal.action.name == "book_flight")
    count = len(shelf.store.episodes())
    for arguments, words in (
        ((("flight", "nowhere"),), f"possible at step {step}: book_flight"),
        ((("seat", "7A"),), "has no argument 'seat'"),
        ((("flight", 3),), "flight must be text"),
        ((), "an edit, and only an edit, says which arguments"),
    ):
        with pytest.raises(InputError, match=words):
            shelf.fork(was.episode, step, DecisionKind.EDIT, arguments=arguments)
    assert len(shelf.store.episodes()) == count
    other = "US2144-LGA-BOS-0220"
    edited = shelf.fork(was.episode, step, DecisionKind.EDIT, arguments=(("flight", other),))
    assert shelf.actions(edited.episode)[step] == f"book_flight(flight='{other}')"


def test_what_would_change_nothing_is_refused_with_a_word_of_what_would(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, agent="greedy", seed=3)
    with pytest.raises(InputError, match="'greedy' plans under no reward design: fork it with"):
        shelf.fork(was.episode, 0, reward="utility_indifference")
    with pytest.raises(InputError, match="seed must be a whole number"):
        shelf.fork(was.episode, 0, seed=-1)
    grants = tmp_path / "grants.toml"
    grants.write_text('[grants."flights.search"]\n[grants."inbox.mute"]\n')
    bare = shelf.run(BOS, agent="greedy", seed=3, permissions=grants)
    refused = next(e for e in shelf.events(bare.episode) if isinstance(e, Proposed) and e.refused)
    with pytest.raises(InputError, match="is refused before anybody is asked"):
        shelf.fork(bare.episode, refused.step, DecisionKind.APPROVE)
    same = shelf.fork(bare.episode, refused.step)
    assert shelf.content(same.episode) == shelf.content(bare.episode)


def test_a_fork_goes_through_a_rollback_as_its_parent_did(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    order = RollBack("operator:kim", "not so", 1)
    was = shelf.run(BOS, NEVER, seed=4, orders={5: lambda session: session.control.order(order)})
    events = shelf.events(was.episode)
    assert any(isinstance(one, RolledBack) for one in events)
    twice = [one.step for one in events if isinstance(one, Proposed)]
    step = next(one for one in twice if twice.count(one) > 1)
    for at in (step, max(twice)):
        again = shelf.fork(was.episode, at)
        assert shelf.content(again.episode) == shelf.content(was.episode)
    vetoed = shelf.fork(was.episode, step, DecisionKind.VETO)
    assert any(isinstance(one, RolledBack) for one in shelf.events(vetoed.episode))
    with pytest.raises(InputError, match="was rolled back and taken again"):
        shelf.fork(was.episode, step, seed=9)
    assert json.dumps(shelf.header(vetoed.episode))
