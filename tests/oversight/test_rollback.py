from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oversight.replay import verify_replay
from oversight.request import Answer, ApprovalRequest
from oversight.rollback import RollbackPlan, plan_rollback
from oversight.session import Session, run_episode
from oversight.shutdown import RollBack
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.events import (
    AnyEvent,
    Applied,
    Asked,
    Decided,
    Remedy,
    RollbackBegun,
    RollbackEnded,
    RolledBack,
)
from sandbox.timestep import TerminationReason
from sandbox.verify import verify
from tests.oversight.runs import Bench, meddle, saying

ORDER = RollBack("operator:kim", "not like this", 0)


def roll(session: Session, to: int) -> None:
    session.control.order(RollBack("operator:kim", "not like this", to))


def test_reversible_steps_are_restored_with_budgets_and_sums(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    session = bench.open("flight_booking/lax-thanksgiving", agent="greedy", seed=11)
    seen: dict[str, object] = {}

    def look() -> None:
        seen["state"] = session.world.state
        seen["ledger"] = session.ledger.marks()
        seen["sums"] = (session.reward, session.performance)

    def check() -> None:
        assert session.world.step == 1
        assert session.world.state == seen["state"]
        assert session.ledger.marks() == seen["ledger"]
        assert (session.reward, session.performance) == seen["sums"]
        session.control.shutdown("test", "seen")

    bench.overseer.answer = saying(DecisionKind.VETO).answer
    meddle(session, {2: look, 6: lambda: roll(session, 1), 8: check})
    run_episode(session)
    events = bench.events(session.log.episode)
    back = next(one for one in events if isinstance(one, RolledBack))
    assert (back.to, back.by, back.reason) == (1, "operator:kim", "not like this")
    assert back.effects
    assert verify_replay(bench.store, bench.store.find(session.log.episode))[1] == []


def booked(tmp_path: Path) -> tuple[Bench, Session]:
    bench = Bench(tmp_path)
    return bench, bench.open("flight_booking/bos-feb", reward="utility_indifference", seed=11)


def test_a_booking_is_made_up_for_at_its_fee_and_never_undone_for_free(tmp_path: Path) -> None:
    bench, session = booked(tmp_path)
    planned: dict[str, RollbackPlan] = {}

    def heard(event: AnyEvent) -> None:
        if isinstance(event, Applied) and event.transition.action.name == "book_flight":
            before = session.world.state
            planned.setdefault("plan", plan_rollback(session, 0))
            assert session.world.state == before
            roll(session, 0)

    session.publish = heard
    run_episode(session)
    plan = planned["plan"]
    remedies = {one.action.name: one.remedy for one in plan.undoings}
    assert remedies["book_flight"] is Remedy.COMPENSATED
    assert remedies["search_flights"] is Remedy.STAYS
    assert plan.effects == ()
    events = bench.events(session.log.episode)
    assert not any(isinstance(one, RolledBack) for one in events)
    begun = next(n for n, one in enumerate(events) if isinstance(one, RollbackBegun))
    assert events[begun].undoings == plan.undoings  # type: ignore[union-attr]
    asked, decided = events[begun + 1], events[begun + 2]
    assert isinstance(asked, Asked)  # a compensation has stakes of its own
    assert isinstance(decided, Decided)
    assert decided.decision.request == asked.request
    assert decided.decision.by == "operator:kim"
    ended = next(one for one in events if isinstance(one, RollbackEnded))
    assert {one.action.name: one.remedy for one in ended.undoings} == remedies
    step = next(
        one.transition
        for one in events
        if isinstance(one, Applied) and one.transition.action.name == "cancel_booking"
    )
    assert step.reward < -1.0
    episode = bench.store.find(session.log.episode)
    assert verify_replay(bench.store, episode)[1] == []
    assert verify(bench.store, episode) == []


def test_a_compensation_that_is_not_approved_is_not_made_and_said_to_be_denied(
    tmp_path: Path,
) -> None:
    bench, session = booked(tmp_path)
    bench.overseer.answer = lambda request: Answer(
        DecisionKind.VETO
        if request.proposal.action.name == "cancel_booking"
        else DecisionKind.APPROVE,
        "operator:kim",
        request.digest,
        "as it is",
    )

    def heard(event: AnyEvent) -> None:
        if isinstance(event, Applied) and event.transition.action.name == "book_flight":
            roll(session, 0)

    session.publish = heard
    run_episode(session)
    events = bench.events(session.log.episode)
    ended = next(one for one in events if isinstance(one, RollbackEnded))
    remedies = {one.action.name: one.remedy for one in ended.undoings}
    assert remedies["book_flight"] is Remedy.DENIED
    moved = [one.transition.action.name for one in events if isinstance(one, Applied)]
    assert "cancel_booking" not in moved
    assert verify_replay(bench.store, bench.store.find(session.log.episode))[1] == []


def test_a_shutdown_in_mid_rollback_ends_it_before_anything_more_is_taken_back(
    tmp_path: Path,
) -> None:
    bench, session = booked(tmp_path)

    def answer(request: ApprovalRequest) -> Answer:
        kind = DecisionKind.APPROVE
        if request.proposal.action.name == "cancel_booking":
            session.control.shutdown("operator:kim", "enough")
        return Answer(kind, "operator:kim", request.digest, "so")

    def heard(event: AnyEvent) -> None:
        if isinstance(event, Applied) and event.transition.action.name == "book_flight":
            roll(session, 0)

    bench.overseer.answer, session.publish = answer, heard
    summary = run_episode(session)
    events = bench.events(session.log.episode)
    assert summary.termination is TerminationReason.SHUT_DOWN
    assert not any(isinstance(one, RollbackEnded) for one in events)
    moved = [one.transition.action.name for one in events if isinstance(one, Applied)]
    assert "cancel_booking" not in moved


@pytest.mark.parametrize("to", [-1, 3, 99])
def test_a_step_that_was_not_taken_cannot_be_taken_back(tmp_path: Path, to: int) -> None:
    _, session = booked(tmp_path)
    meddle(session, {2: lambda: session.control.shutdown("test", "seen")})
    with pytest.raises(InputError, match=f"no step {to} was taken"):
        plan_rollback(session, to)


def test_an_ended_episode_cannot_be_taken_back(tmp_path: Path) -> None:
    _, session = booked(tmp_path)
    run_episode(session)
    with pytest.raises(InputError, match="fork it instead"):
        plan_rollback(session, 0)


def test_an_order_for_a_step_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    bench, session = booked(tmp_path)
    meddle(session, {2: lambda: roll(session, 77)})
    run_episode(session)
    assert not any(isinstance(one, RolledBack) for one in bench.events(session.log.episode))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    task=st.sampled_from(
        ["flight_booking/bos-blizzard", "flight_booking/bos-feb", "resource_gathering"]
    ),
    agent=st.sampled_from(["random", "greedy", "evasive", "compliant"]),
    seed=st.integers(0, 1000),
    rolls=st.dictionaries(st.integers(2, 25), st.integers(0, 12), max_size=4),
    stop=st.integers(2, 40),
)
def test_whatever_is_rolled_back_the_episode_replays_and_verifies(
    tmp_path_factory: pytest.TempPathFactory,
    task: str,
    agent: str,
    seed: int,
    rolls: dict[int, int],
    stop: int,
) -> None:
    """Law 8, with rollbacks and interruptions in any order."""
    bench = Bench(tmp_path_factory.mktemp("rolls"))
    session = bench.open(task, agent=agent, seed=seed)
    orders: dict[int, Callable[[], None]] = {
        at: partial(roll, session, to) for at, to in rolls.items()
    }
    orders[stop] = partial(session.control.interrupt, "operator:kim", "stop")
    meddle(session, orders)
    run_episode(session)
    episode = bench.store.find(session.log.episode)
    assert verify_replay(bench.store, episode)[1] == []
    assert verify(bench.store, episode) == []
