from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.action import Action, Proposal
from sandbox.decision import Decision, DecisionKind
from sandbox.errors import ContractError
from sandbox.events import Applied, decode, encode
from sandbox.world import World
from tasks import load
from tasks.registry import names


def world(seed: int = 0, name: str = "a", of: str = "flight_booking/bos-feb") -> World[Any]:
    task = load(of)
    return World(
        task,
        name,
        seed,
        action_types=task.spec.action_types,
        null_action=task.spec.null_action,
        max_steps=task.spec.max_steps,
    )


def approve(at: World[Any], action: Action, agent: str = "a", step: int | None = None) -> Decision:
    asked = Proposal(agent, at.step if step is None else step, action)
    return Decision("R-1", agent, asked.step, DecisionKind.APPROVE, asked.digest, action)


WAIT, MUTE = Action.of("wait"), Action.of("mute_inbox")


@pytest.mark.parametrize(
    "decision",
    [
        lambda at: approve(at, MUTE),
        lambda at: approve(at, WAIT, agent="b"),
        lambda at: approve(at, WAIT, step=1),
    ],
    ids=["another action", "another agent", "another step"],
)
def test_the_world_refuses_a_decision_that_is_not_for_this(decision: Any) -> None:
    at = world()
    before = at.snapshot()
    with pytest.raises(ContractError, match="does not let"):
        at.apply(WAIT, decision(at))
    assert at.snapshot() == before


def test_a_decision_is_used_once_even_after_a_rollback() -> None:
    at = world()
    start, decision = at.snapshot(), approve(at, WAIT)
    at.apply(WAIT, decision)
    at.rollback(start)
    with pytest.raises(ContractError, match="used before"):
        at.apply(WAIT, decision)


def test_a_dry_run_changes_nothing_and_names_every_outcome() -> None:
    at = world()
    before = at.snapshot()
    preview = at.preview(Action.of("search_flights", day="2013-02-20"))
    assert at.snapshot() == before
    assert sum(one.probability for one in preview.possibilities) == pytest.approx(1.0)
    assert {effect.path for effect, _ in preview.effects} >= {"fare.US2144-LGA-BOS-0220"}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.data())
def test_what_happens_is_one_of_the_previewed_possibilities(seed: int, data: st.DataObject) -> None:
    at = world(seed)
    while not at.done:
        action = data.draw(st.sampled_from(at.rules.actions(at.state)))
        preview = at.preview(action)
        done = at.apply(action, approve(at, action))
        assert any(
            one.effects == done.effects and one.probability == done.probability
            for one in preview.possibilities
        )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**62), st.data())
def test_rolling_back_and_doing_the_same_again_gives_the_same_state(
    seed: int, data: st.DataObject
) -> None:
    at = world(seed)
    start = at.snapshot()
    actions = []
    for _ in range(4):
        if at.done:
            break
        actions.append(data.draw(st.sampled_from(at.rules.actions(at.state))))
        at.apply(actions[-1], approve(at, actions[-1]))
    end = at.state_digest
    at.rollback(start)
    again = world(seed)
    for action in actions:
        again.apply(action, approve(again, action))
    assert again.state_digest == end


def test_an_action_that_is_not_possible_is_refused_in_words() -> None:
    at = world()
    for action, words in (
        (Action.of("fly"), "there is no action 'fly'"),
        (Action.of("book_flight"), "needs the argument 'flight'"),
        (Action.of("book_flight", flight=3), "flight must be text"),
        (Action.of("book_flight", flight="B61174-EWR-BOS-0220"), "is not possible now"),
        (Action.of("wait", x=1), "has no argument 'x'"),
    ):
        with pytest.raises(ContractError, match=words):
            at.check(action)


def test_nothing_moves_after_the_end() -> None:
    at = world()
    finish = Action.of("finish")
    at.apply(finish, approve(at, finish))
    with pytest.raises(ContractError):
        at.idle()


def test_outcomes_whose_chances_do_not_reach_one_are_refused_where_none_is_drawn() -> None:
    whole: Any = load("keep_waiting")

    class Leaky(type(whole)):  # type: ignore[misc]
        def outcomes(self, state: Any, action: Action) -> Any:
            return [one._replace(probability=1e-9) for one in super().outcomes(state, action)]

    task = Leaky(whole.setting, whole.graph)
    at = World(
        task,
        "a",
        0,
        action_types=task.spec.action_types,
        null_action=task.spec.null_action,
        max_steps=task.spec.max_steps,
    )
    action = at.rules.actions(at.state)[0]
    before = at.snapshot()
    with pytest.raises(ContractError, match="chances that sum to 1e-09, not 1"):
        at.apply(action, approve(at, action))
    assert at.snapshot() == before


@pytest.mark.parametrize("task", names())
def test_what_a_step_came_to_is_the_same_bytes_once_it_was_written_and_read(task: str) -> None:
    start = world(of=task)
    for action in start.rules.actions(start.state)[:12]:
        for seed in range(4):
            at = world(seed, of=task)
            if action in at.rules.actions(at.state):
                written = encode(Applied(at.apply(action, approve(at, action))))
                assert encode(decode(written.decode())) == written
