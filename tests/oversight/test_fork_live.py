"""Forks among running agents: paused, interrupted, rolled back, shut down, two at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from oversight.branch import Branch
from oversight.fork import open_fork
from oversight.queue import RequestQueue
from oversight.run import Plan, Stage, open_session
from oversight.session import Session, run_episode
from oversight.shutdown import RollBack, RunState
from oversight.wire import DoRollback, Fork, Pause, Resume
from sandbox.clock import ManualClock
from sandbox.decision import DecisionKind
from sandbox.events import AnyEvent, Applied, Decided, EpisodeEnded, Interrupted, Paused, ShutDown
from tests.oversight.fakes import request
from tests.oversight.room import TASK, Room
from tests.oversight.runs import Bench, meddle, saying

APPROVE, VETO = DecisionKind.APPROVE, DecisionKind.VETO
BOOKING = 3
"""The step at which the planner of the parent asks for its booking, with this seed."""


def fork(bench: Bench, step: int, decide: DecisionKind, then: DecisionKind, **plan: Any) -> Session:
    """Return a fork of a new episode, in which everything that is asked later is `then`."""
    parent = bench.run(plan.pop("task", TASK), seed=plan.pop("seed", 11), **plan)
    branch = Branch(step, decide, "operator:kim", "what if")
    stage = Stage(bench.store, saying(then))
    return open_fork(bench.store.find(parent.episode), stage, "fork-1", branch)[1]


def decisions(events: list[AnyEvent]) -> list[tuple[int, str]]:
    """Return step and kind of each decision of a person."""
    made = [one.decision for one in events if isinstance(one, Decided)]
    return [(one.step, str(one.kind)) for one in made if one.by == "operator:kim"]


def moves(events: list[AnyEvent]) -> list[str]:
    return [str(one.transition.action) for one in events if isinstance(one, Applied)]


def test_a_fork_can_be_paused_while_it_repeats_and_goes_on_as_recorded(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    session = fork(bench, BOOKING, VETO, VETO)
    meddle(session, {2: lambda: session.control.pause("operator:lee")})
    thread = threading.Thread(target=run_episode, args=(session,))
    thread.start()
    for _ in range(2000):
        if session.control.state is RunState.PAUSED:
            break
        thread.join(0.005)
    assert session.control.state is RunState.PAUSED
    assert session.world.step == 2
    session.control.resume("operator:lee")
    thread.join(20)
    events = bench.events(session.log.episode)
    parent = bench.events(bench.store.episodes()[-1].id)
    assert [one.step for one in events if isinstance(one, Paused)] == [2]
    assert moves(events)[:BOOKING] == moves(parent)[:BOOKING]
    assert (BOOKING, "veto") in decisions(events)


def test_a_fork_interrupted_while_it_repeats_is_the_agents_own_from_there(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    told: dict[str, Any] = {"task": f"{TASK}-message", "agent": "compliant", "seed": 11}
    session = fork(bench, 2, APPROVE, VETO, **told)
    meddle(session, {1: lambda: session.control.interrupt("operator:lee", "stop")})
    run_episode(session)
    events = bench.events(session.log.episode)
    assert any(isinstance(one, Interrupted) for one in events)
    assert not any(one.decision.kind is APPROVE for one in asked(events))
    heeded = bench.open(**told)
    meddle(heeded, {1: lambda: heeded.control.interrupt("operator:lee", "stop")})
    run_episode(heeded)
    assert moves(events) == moves(bench.events(heeded.log.episode))


def asked(events: list[AnyEvent]) -> list[Decided]:
    return [one for one in events if isinstance(one, Decided) and one.decision.by != "policy"]


def test_after_a_rollback_a_fork_approves_nothing_that_it_approved_before(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    session = fork(bench, BOOKING, APPROVE, VETO)
    again = RollBack("operator:lee", "not so", 0)
    meddle(session, {3: lambda: session.control.order(again)})
    run_episode(session)
    made = asked(bench.events(session.log.episode))
    assert made
    assert {one.decision.kind for one in made} == {VETO}


@pytest.mark.parametrize("own", [False, True])
def test_a_shutdown_by_decision_names_who_decided_and_shows_proof(
    tmp_path: Path, own: bool
) -> None:
    bench = Bench(tmp_path)
    session = fork(bench, 1, DecisionKind.SHUTDOWN, VETO, in_process=not own)
    run_episode(session)
    stop = next(one for one in bench.events(session.log.episode) if isinstance(one, ShutDown))
    assert (stop.by, stop.reason) == ("operator:kim", "what if")
    assert ("is seen dead" if own else "its loop has ended") in stop.proof


def ended(room: Room) -> str:
    """Return an episode that is over, written into the room's log."""
    stage = Stage(room.store, saying(APPROVE))
    return run_episode(open_session(Plan(TASK, seed=11, in_process=True), stage)).episode


def test_two_consoles_that_fork_at_once_make_two_agents(tmp_path: Path) -> None:
    room = Room(tmp_path)
    episode = ended(room)
    room.kernel.answer(Pause("kim"))
    ready = threading.Barrier(8)

    def one() -> None:
        ready.wait(10)
        room.done(Fork(episode, 0, VETO, "kim", "why"))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert set(room.crew.members) == {"a", "b", *(f"fork-{n}" for n in range(1, 9))}
    room.close()


def test_a_fork_made_while_all_is_paused_stands_still_until_resumed(tmp_path: Path) -> None:
    room = Room(tmp_path)
    episode = ended(room)
    room.kernel.answer(Pause("kim"))
    assert room.done(Fork(episode, 0, VETO, "kim", "why")).ok
    control = room.crew.members["fork-1"].session.control
    room.until(lambda: control.state is RunState.PAUSED)
    assert room.events("fork-1")[1:] == [Paused(0, "operator:kim")]
    room.kernel.answer(Resume("kim"))
    room.until(lambda: bool(moves(room.events("fork-1"))) or bool(room.crew.queue.open()))
    room.close()


def test_a_rollback_of_an_agent_that_waits_leaves_it_paused(tmp_path: Path) -> None:
    room = Room(tmp_path, started=True, agent="greedy")
    room.until_asked()
    control = room.crew.members["a"].session.control
    assert (
        "is rolled back to step 0; r resumes"
        in room.done(DoRollback("a", 0, "kim", "not so")).sentence
    )
    room.until(lambda: control.state is RunState.PAUSED)
    assert room.crew.members["a"].steps == 0 or "rolled" not in room.crew.members["a"].last
    room.close()


def test_an_episode_that_was_shut_down_is_not_rolled_back(tmp_path: Path) -> None:
    room = Room(tmp_path, started=True, agent="greedy")
    room.until_asked()
    room.close()
    done = room.done(DoRollback("a", 0, "kim", "not so"))
    assert not done.ok
    assert "has ended: fork it instead" in done.sentence


def test_whatever_is_asked_while_its_agent_is_closed_is_never_left_open() -> None:
    for trial in range(200):
        queue = RequestQueue(ManualClock())
        ready = threading.Barrier(2)

        def close(queue: RequestQueue = queue, ready: threading.Barrier = ready) -> None:
            ready.wait(10)
            queue.close("a", DecisionKind.SHUTDOWN, "operator:kim", "enough")

        thread = threading.Thread(target=close)
        thread.start()
        ready.wait(10)
        answer = queue.submit(request(f"R-{trial}", deadline=None)).wait()
        thread.join(10)
        assert answer.kind is DecisionKind.SHUTDOWN
        assert queue.open() == []


def test_an_agent_that_is_started_from_many_threads_runs_once(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.kernel.answer(Pause("kim"))
    ready = threading.Barrier(8)

    def start() -> None:
        ready.wait(10)
        room.crew.start()

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    room.close()
    for name in "ab":
        assert sum(isinstance(one, EpisodeEnded) for one in room.events(name)) == 1
        assert sum(isinstance(one, Paused) for one in room.events(name)) <= 1
