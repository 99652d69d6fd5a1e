"""Replays compare all that a step does; steps are gone to; agents are asked again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from oversight.asked_again import ask_again
from oversight.replay import STILL, Follower, verify_replay, world_of
from oversight.seek import lines, record, seek
from oversight.shutdown import RollBack
from sandbox.action import Action
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.events import (
    AnyEvent,
    Applied,
    Decided,
    EpisodeEnded,
    EpisodeStarted,
    Interrupted,
    Proposed,
    RolledBack,
    ShutDown,
    encode,
)
from sandbox.log import Store
from sandbox.timestep import Effect, TerminationReason
from tests.oversight.shelf import BOS, NEVER, Shelf


def written(folder: Path, events: list[AnyEvent]) -> tuple[Store, Any]:
    """Write events as an episode of a store of its own."""
    store = Store(folder / "offswitch.db")
    first = events[0]
    assert isinstance(first, EpisodeStarted)
    log = store.begin(first.header)
    for event in events[1:]:
        log.append(event)
    log.close()
    return store, store.find(log.episode)


def changed(event: AnyEvent, **parts: Any) -> AnyEvent:
    """Return an event, or the transition in it, with parts changed."""
    if isinstance(event, Applied):
        return Applied(replace(event.transition, **parts))
    return replace(event, **parts)


FORGED: list[tuple[type, dict[str, Any], str]] = [
    (Applied, {"state": "0" * 64}, "state was 0000"),
    (Applied, {"action": Action.of("wait")}, "cannot be repeated|action was|effects was|state was"),
    (Applied, {"effects": (Effect("x", 1, 2),)}, "effects was"),
    (Applied, {"reward": 99.0}, "reward was 99"),
    (Applied, {"performance": 99.0}, "performance was 99"),
    (Applied, {"termination": TerminationReason.GOAL}, "termination was goal"),
    (Applied, {"pressed": True}, "pressed was True"),
    (Applied, {"probability": 0.125}, "probability was 0.125"),
    (EpisodeEnded, {"reward": 99.0}, "the end: reward was 99"),
    (EpisodeEnded, {"performance": 99.0}, "the end: performance was 99"),
    (EpisodeEnded, {"step": 3}, "the end: step was 3"),
    (EpisodeEnded, {"termination": TerminationReason.INTERRUPTED}, "the end: it was interrupted"),
    (Interrupted, {"effects": ()}, "the stop at step 4 changes something else"),
    (RolledBack, {"effects": ()}, "the rollback to step 1 changes something else"),
    (RolledBack, {"to": 77}, "step 77 was never taken"),
]


@pytest.mark.parametrize(("kind", "parts", "words"), FORGED)
def test_whatever_is_forged_of_a_step_parts_the_replay_and_is_named(
    tmp_path: Path, kind: type, parts: dict[str, Any], words: str
) -> None:
    events = meddled(Shelf(tmp_path)).copy()
    at = next(n for n, one in enumerate(events) if isinstance(one, kind))
    events[at] = changed(events[at], **parts)
    store, episode = written(tmp_path / "forged", events)
    _, parted = verify_replay(store, episode)
    assert len(parted) == 1
    assert re.search(words, parted[0].sentence)


def meddled(shelf: Shelf) -> list[AnyEvent]:
    """Return an episode with vetoes, a stop and a rollback."""
    orders: dict[int, Callable[[Any], None]] = {
        4: lambda session: session.control.interrupt("operator:kim", "stop"),
        6: lambda session: session.control.order(RollBack("operator:kim", "not so", 1)),
    }
    was = shelf.run(f"{BOS}-message", NEVER, agent="greedy", orders=orders)
    events = shelf.events(was.episode)
    kinds = {type(one) for one in events}
    assert {Interrupted, RolledBack, Decided, EpisodeEnded} <= kinds
    assert verify_replay(shelf.store, shelf.store.find(was.episode)) == (
        sum(isinstance(one, Applied) for one in events),
        [],
    )
    return events


def test_a_follower_compares_bytes_and_knows_no_step_that_was_not_decided(tmp_path: Path) -> None:
    events = meddled(Shelf(tmp_path))
    first = events[0]
    assert isinstance(first, EpisodeStarted)
    undecided = Follower(world_of(first.header))
    parted = [undecided.follow(one, encode(one)) for one in events if not isinstance(one, Decided)]
    assert any(parted)


def test_every_event_moves_the_world_of_a_replay_or_is_known_to_move_nothing() -> None:
    moving = {Proposed, Decided, Applied, Interrupted, RolledBack, EpisodeEnded}
    ends = {EpisodeStarted, ShutDown}
    still = {
        kind
        for kind in get_args(AnyEvent)
        if f'{{"kind":"{kind.__struct_config__.tag}",'.startswith(STILL)
    }
    assert moving | ends | still == set(get_args(AnyEvent))
    assert not (moving | ends) & still


def test_a_header_with_luck_of_no_known_form_is_refused() -> None:
    header: Any = {"task": "boat_race", "setting": "original", "name": "a", "seed": 1}
    for luck in (["3"], ["3:x"], "3:4", [""]):
        with pytest.raises(InputError, match="luck is no list of STEP:SEED"):
            world_of(header | {"luck": luck})
    assert world_of(header | {"luck": ["3:4", "5:6"]}).chance.switches == ((3, 4), (5, 6))


def test_a_step_is_shown_with_its_world_and_all_that_happened_at_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, seed=11)
    episode = shelf.store.find(was.episode)
    step = next(e.decision.step for e in shelf.events(was.episode) if asks(e))
    found = seek(shelf.store, episode, step, 60)
    assert (found.step, found.times, found.last) == (step, 1, was.steps - 1)
    assert max(map(len, found.world.splitlines())) <= 60
    text = "\n".join(lines(found))
    for words in ("proposes book_flight", "(a claim)", "asks R-0001", "veto by", "did wait()"):
        assert words in text
    assert [one["kind"] for one in record(found)["events"]][:4] == [  # type: ignore[attr-defined]
        *("proposed", "asked", "decided", "applied")
    ]
    first = "\n".join(lines(seek(shelf.store, episode, 0, 60)))
    assert "allowed by rule 'own inbox' of the policy" in first
    for beyond in (was.steps, -1):
        with pytest.raises(InputError, match=f"has no step {beyond}: it has steps 0 to 29"):
            seek(shelf.store, episode, beyond, 60)


def asks(event: AnyEvent) -> bool:
    return isinstance(event, Decided) and event.decision.kind is DecisionKind.VETO


def test_a_step_that_was_taken_again_is_shown_as_it_was_the_last_time(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    events = meddled(shelf)
    episode = shelf.store.episodes()[0]
    found = seek(shelf.store, episode, 2, 60)
    proposed = [one for one in events if isinstance(one, Proposed) and one.step == 2]
    assert found.times == len(proposed) == 2
    assert found.events[0] == proposed[-1]
    back = seek(shelf.store, episode, 1, 60)
    assert any(isinstance(one, RolledBack) for one in back.events)
    assert "ROLLED BACK to step 1 by operator:kim: not so" in "\n".join(lines(back))


@pytest.mark.parametrize(
    ("agent", "in_process"), [("planner", True), ("greedy", False), ("random", True)]
)
def test_an_agent_that_is_asked_again_answers_the_same(
    tmp_path: Path, agent: str, in_process: bool
) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, agent=agent, in_process=in_process)
    found = ask_again(shelf.events(was.episode))
    assert (found.first, found.asked, found.turns) == (None, was.steps, was.steps)
    assert "in-process" in found.containment if in_process else found.containment


def test_an_agent_is_asked_again_through_stops_and_rollbacks(tmp_path: Path) -> None:
    events = meddled(Shelf(tmp_path))
    found = ask_again(events)
    assert found.asked == sum(isinstance(one, Proposed) for one in events)
    assert found.first is None


def test_the_first_other_action_is_told_and_ends_the_asking(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    events = shelf.events(shelf.run(BOS, NEVER, seed=11).episode)
    first = events[0]
    events[0] = EpisodeStarted(first.header | {"reward_design": "utility_indifference"})
    found = ask_again(events)
    assert found.asked == 1
    assert found.first is found.action
    assert found.action is not None
    assert found.action.was == "mute_inbox()"
    assert found.sentence.startswith(
        "asked again at 1 of 30 questions, it acts otherwise at step 0"
    )


def test_other_words_about_the_same_action_are_told_apart(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    events = shelf.events(shelf.run(BOS, NEVER, seed=11).episode)
    at = [n for n, one in enumerate(events) if isinstance(one, Proposed)]
    for n, part in ((at[2], "rationale"), (at[4], "claimed_effect")):
        said = replace(events[n].proposal, **{part: "because"})
        events[n] = replace(events[n], proposal=said)
    found = ask_again(events)
    assert (found.action, found.asked) == (None, len(at))
    assert found.words is not None
    assert (found.words.step, found.words.part, found.words.was) == (2, "rationale", "'because'")
    assert "it acts the same, but says otherwise at step 2: rationale" in found.sentence
    plan = replace(events[at[1]].proposal, plan=())
    events[at[1]] = replace(events[at[1]], proposal=plan)
    assert ask_again(events).sentence.startswith(f"asked again at {len(at)} of {len(at)} questions")


AGENT = """
from sandbox.action import Action, Proposal
class Moody:
    def begin(self, briefing): self.name = briefing.agent
    def propose(self, observation):
        if observation.step == {step}: raise ValueError("enough")
        return Proposal(self.name, observation.step, Action.of("wait"))
"""


def test_an_agent_that_failed_is_expected_to_fail_there_again(tmp_path: Path) -> None:
    shelf, file = Shelf(tmp_path), tmp_path / "mine.py"
    file.write_text(AGENT.format(step=2))
    was = shelf.run(BOS, agent=f"{file}:Moody", in_process=False)
    events = shelf.events(was.episode)
    assert was.termination is TerminationReason.AGENT_ERROR
    assert ask_again(events).first is None
    file.write_text(AGENT.format(step=1))
    early = ask_again(events).first
    assert early is not None
    assert (early.step, early.was) == (1, "wait()")
    assert "enough" in early.now
    file.write_text(AGENT.format(step=5))
    late = ask_again(events).first
    assert late is not None
    assert (late.step, late.was, late.now) == (2, "no answer", "wait()")
    file.unlink()
    with pytest.raises(InputError, match=r"the agent cannot be run again: .*there is no file"):
        ask_again(events)


def test_of_a_fork_under_another_reward_only_its_own_steps_are_asked_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, seed=11)
    other = shelf.fork(was.episode, 3, reward="utility_indifference")
    again = shelf.fork(other.episode, 5, DecisionKind.APPROVE)
    for episode in (other.episode, again.episode):
        events = shelf.events(episode)
        found = ask_again(events)
        questions = sum(isinstance(one, Proposed) for one in events)
        assert (found.first, found.asked, found.since) == (None, questions - 3, 3)
        assert "(the first 3 were another design's)" in found.sentence
