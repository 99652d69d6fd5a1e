"""Broken off at any event, an episode is taken up again, and goes on as if nothing had been."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from oversight.overseer import Overseer, Simulated
from oversight.replay import verify_replay
from oversight.request import Answer, ApprovalRequest
from oversight.resume import open_resume
from oversight.run import Plan, Stage, open_session
from oversight.session import Session, run_episode
from oversight.shutdown import RollBack
from sandbox.decision import DecisionKind
from sandbox.errors import InputError, OffswitchError
from sandbox.events import (
    AnyEvent,
    Applied,
    Asked,
    Decided,
    EpisodeEnded,
    Found,
    Paused,
    Resumed,
    RollbackBegun,
    RollbackEnded,
    ShutDown,
    TakenUp,
)
from sandbox.log import Store
from sandbox.verify import verify
from tests.oversight.fakes import Says
from tests.oversight.runs import meddle

ASKS = Path(tempfile.mkdtemp(prefix="offswitch-asks-")) / "ask.toml"
ASKS.write_text("")  # no rule matches: everything is asked
PLAN = Plan(
    "flight_booking/lax-thanksgiving", agent="greedy", seed=11, policy=ASKS, in_process=True
)


def willing() -> Says:
    return Says(lambda request: Answer(DecisionKind.APPROVE, "operator:kim", request.digest, "so"))


class CutError(BaseException):
    """Stand for the moment at which nothing runs any more."""


class Counting:
    """Answer as another does, and note what was asked."""

    def __init__(self, overseer: Overseer) -> None:
        self.name, self._overseer = overseer.name, overseer
        self.asked: list[tuple[str, str]] = []
        self.pass_over = getattr(overseer, "pass_over", lambda count: None)

    def answer(self, request: ApprovalRequest) -> Answer:
        self.asked.append((request.id, request.digest))
        return self._overseer.answer(request)


def seen(store: Store, episode: str) -> list[AnyEvent]:
    """Return what happened, but for that it was taken up, and for what counts events."""
    events = [record.event for record in store.records(episode)]
    return [_uncounted(one) for one in events if not isinstance(one, TakenUp)]


def _uncounted(event: AnyEvent) -> AnyEvent:
    if isinstance(event, EpisodeEnded):
        return structs.replace(event, events=0)
    if isinstance(event, Found):
        return structs.replace(event, finding=structs.replace(event.finding, evidence=()))
    return event


def orders(session: Session) -> dict[int, Callable[[], None]]:
    """Order a stop, and two rollbacks: one that restores, one that makes up."""
    control = session.control
    return {
        2: lambda: control.order(RollBack("operator:kim", "no", 0)),
        4: lambda: control.interrupt("operator:kim", "stop"),
        7: lambda: control.order(RollBack("operator:kim", "not like this", 0)),
    }


def broken_off(
    store: Store, plan: Plan, overseer: Overseer, after: int, *, ordered: bool = False
) -> str:
    """Run an episode until its `after`-th event has been appended, and no further."""
    session = open_session(plan, Stage(store, overseer))
    if ordered:
        meddle(session, orders(session))
    count = [1]

    def cut(event: AnyEvent) -> None:
        count[0] += 1
        if count[0] >= after:
            raise CutError

    session.publish = cut
    try:
        run_episode(session)
    except CutError:
        session.log.abandon()
    return session.log.episode


def cut_when(session: Session, true: Callable[[AnyEvent], bool]) -> None:
    """Run an episode until an event of which `true` holds has been appended, and no further."""

    def cut(event: AnyEvent) -> None:
        if true(event):
            raise CutError

    session.publish = cut
    with pytest.raises(CutError):
        run_episode(session)
    session.log.abandon()


def taken_up(store: Store, episode: str, overseer: Overseer) -> None:
    _, session = open_resume(store.find(episode), Stage(store, overseer), "operator:kim")
    run_episode(session)


@pytest.mark.parametrize("kind", ["willing", "simulated"])
@pytest.mark.parametrize("ordered", [False, True])
def test_wherever_it_was_broken_off_it_ends_as_if_it_had_not_been(
    tmp_path: Path, kind: str, ordered: bool
) -> None:
    def person() -> Counting:
        return Counting(
            willing() if kind == "willing" else Simulated(3, catch=0.5, false_alarm=0.4)
        )

    store, whole = Store(tmp_path / "offswitch.db"), person()
    reference = broken_off(store, PLAN, whole, 10_000, ordered=ordered)
    expected = seen(store, reference)
    if ordered:
        assert any(isinstance(one, RollbackBegun) for one in expected)
        assert any(isinstance(one, RollbackEnded) for one in expected)
    lengths = set()
    for after in range(2, len(expected)):
        before, later = person(), person()
        episode = broken_off(store, PLAN, before, after, ordered=ordered)
        row = store.find(episode)
        lengths.add(row.length)
        session = open_resume(row, Stage(store, later), "operator:kim")[1]
        if ordered:  # who ordered then is not there again: only what is not yet in the log is
            done = sum(isinstance(one, Applied) for one in seen(store, episode))
            again = orders(session)
            meddle(session, {n: one for n, one in again.items() if n > done + 1})
        run_episode(session)
        assert not set(before.asked) & answered(store, episode, row.length) & set(later.asked)
        assert verify(store, store.find(episode)) == []
        assert verify_replay(store, store.find(episode))[1] == []
        if not ordered:
            assert seen(store, episode)[1:] == expected[1:], after
            assert dict.fromkeys([*before.asked, *later.asked]) == dict.fromkeys(whole.asked)
    assert len(lengths) > 5


def answered(store: Store, episode: str, length: int) -> set[tuple[str, str]]:
    """Return the requests that were answered within the first `length` events."""
    records = list(store.records(episode))[:length]
    decided = [one.event.decision for one in records if isinstance(one.event, Decided)]
    return {(one.request, one.proposed) for one in decided}


def test_a_pending_request_is_asked_again_under_its_number_and_an_answered_one_is_not(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "offswitch.db")

    def dies(request: ApprovalRequest) -> Answer:
        if request.id == "R-0002":
            raise CutError
        return willing().answer(request)

    session = open_session(PLAN, Stage(store, Says(dies)))
    with pytest.raises(CutError):
        run_episode(session)
    session.log.abandon()
    episode = session.log.episode
    last = [record.event for record in store.records(episode)][-1]
    assert isinstance(last, Asked)
    assert last.request == "R-0002"
    person = Counting(willing())
    taken_up(store, episode, person)
    assert person.asked[0][0] == "R-0002"
    asked = [one for one in seen(store, episode) if isinstance(one, Asked)]
    assert [one.request for one in asked] == [f"R-{n:04d}" for n in range(1, len(asked) + 1)]


def test_a_shutdown_that_is_in_the_log_ends_the_episode_when_it_is_taken_up(tmp_path: Path) -> None:
    store = Store(tmp_path / "offswitch.db")
    session = open_session(PLAN, Stage(store, willing()))
    meddle(session, {3: lambda: session.control.shutdown("operator:kim", "enough")})
    cut_when(session, lambda event: isinstance(event, ShutDown))
    person = Counting(willing())
    taken_up(store, session.log.episode, person)
    row = store.find(session.log.episode)
    assert row.status == "shut_down"
    assert person.asked == []
    assert verify(store, row) == []


def test_what_is_stopped_while_it_is_brought_back_stands_as_it_was(tmp_path: Path) -> None:
    store = Store(tmp_path / "offswitch.db")
    episode = broken_off(store, PLAN, willing(), 12)
    before = [record.content for record in store.records(episode)]
    _, session = open_resume(store.find(episode), Stage(store, willing()), "operator:kim")
    session.control.shutdown("operator:kim", "enough")
    with pytest.raises(OffswitchError, match="stopped before it was where it had been"):
        run_episode(session)
    assert [record.content for record in store.records(episode)] == before
    taken_up(store, episode, willing())
    assert store.find(episode).status != "running"


def test_a_pause_in_the_log_is_over_once_it_is_taken_up(tmp_path: Path) -> None:
    store = Store(tmp_path / "offswitch.db")
    session = open_session(PLAN, Stage(store, willing()))
    meddle(session, {3: lambda: session.control.pause("operator:kim")})
    cut_when(session, lambda event: isinstance(event, Paused))
    taken_up(store, session.log.episode, willing())
    kinds = [type(one) for one in seen(store, session.log.episode)]
    assert kinds.index(Resumed) == kinds.index(Paused) + 1


def test_it_can_be_broken_off_and_taken_up_again_and_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "offswitch.db")
    reference = broken_off(store, PLAN, willing(), 10_000)
    episode = broken_off(store, PLAN, willing(), 5)
    for more in range(2, 30):
        row = store.find(episode)
        if row.ended is not None:
            break
        _, session = open_resume(row, Stage(store, willing()), "operator:kim")
        left = [more]

        def cut(event: AnyEvent, left: list[int] = left, session: Session = session) -> None:
            left[0] -= session.log.expected is None  # type: ignore[attr-defined]
            if left[0] < 0:
                raise CutError

        session.publish = cut
        try:
            run_episode(session)
        except CutError:
            session.log.abandon()
    else:
        raise AssertionError("it never ended")
    assert seen(store, episode)[1:] == seen(store, reference)[1:]
    assert verify(store, store.find(episode)) == []


def altered(store: Store, episode: str, **parts: Any) -> Any:
    """Return the listed episode as if its header said something else."""
    row = store.find(episode)
    return row._replace(header=json.dumps(json.loads(row.header) | parts))


@pytest.mark.parametrize(
    ("parts", "match"),
    [
        ({"task_digest": "0" * 64}, r"has changed since .* \(its digest was 000000000000"),
        ({"format": 1}, "cannot be taken up again: it is of an older format"),
        ({"parent": "x"}, "fork its parent again"),
    ],
)
def test_what_would_not_be_the_same_run_is_refused_in_one_line(
    tmp_path: Path, parts: dict[str, Any], match: str
) -> None:
    store = Store(tmp_path / "offswitch.db")
    episode = broken_off(store, PLAN, willing(), 8)
    with pytest.raises(InputError, match=match):
        open_resume(altered(store, episode, **parts), Stage(store, willing()), "operator:kim")
    assert not store.writing(episode)


def test_an_ended_and_a_damaged_and_a_running_episode_are_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "offswitch.db")
    ended = broken_off(store, PLAN, willing(), 10_000)
    with pytest.raises(InputError, match=r"has ended \(.*\); fork it instead"):
        taken_up(store, ended, willing())
    running = open_session(PLAN, Stage(store, willing()))
    with pytest.raises(InputError, match="is being written by another process"):
        taken_up(store, running.log.episode, willing())
    running.log.abandon()
    harmed = broken_off(store, PLAN, willing(), 8)
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE events SET content = replace(content, 'a', 'b') WHERE seq = 3")
    db.close()
    with pytest.raises(InputError, match="is not whole"):
        taken_up(store, harmed, willing())


def test_a_held_agent_is_brought_back_too(tmp_path: Path) -> None:
    store = Store(tmp_path / "offswitch.db")
    plan = replace(PLAN, in_process=False)
    reference = broken_off(store, plan, willing(), 10_000)
    session = open_session(plan, Stage(store, willing()))
    cut_when(session, lambda event: isinstance(event, Decided) and event.decision.step == 3)
    taken_up(store, session.log.episode, willing())
    assert seen(store, session.log.episode)[1:] == seen(store, reference)[1:]
