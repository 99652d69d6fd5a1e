from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from oversight.queue import Ticket
from oversight.wire import GrantAhead, Rehearse, Rehearsed, Revoke, SettleMany
from sandbox.action import Action
from sandbox.decision import DecisionKind
from sandbox.events import Decided, StandingGranted, StandingRevoked
from sandbox.schema import ActionType
from tests.oversight.fakes import request
from tests.oversight.room import Room

APPROVE, EDIT, VETO = DecisionKind.APPROVE, DecisionKind.EDIT, DecisionKind.VETO


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def ask(
    room: Room, number: str, action: str = "look", agent: str = "a", persons: int = 1
) -> Ticket:
    asked = request(number, agent=agent, action=Action.of(action), persons=persons)
    return room.crew.queue.submit(replace(asked, action_type=ActionType(action, "Look.")))


def test_agreeing_to_another_digest_is_agreeing_to_nothing(room: Room) -> None:
    ticket = ask(room, "R-0001", persons=2)
    assert not room.settle(APPROVE, "kim", digest="0" * 64).ok
    assert room.poll().open[0].approvals == ()
    assert "1 of 2" in room.settle(APPROVE, "lee").sentence
    assert ticket.answer is None


def test_an_edit_of_nothing_and_an_approval_of_something_else_are_no_answers(room: Room) -> None:
    ticket = ask(room, "R-0001", persons=2)
    assert "names what is to run" in room.settle(EDIT, "kim").sentence
    other = Action.of("look", at="x")
    assert "names what is to run" in room.settle(APPROVE, "kim", edited=other).sentence
    room.settle(APPROVE, "lee")
    assert ticket.answer is None


def test_two_persons_agree_to_an_edit_only_if_it_is_the_same_edit(room: Room) -> None:
    ticket = ask(room, "R-0001", persons=2)
    room.settle(EDIT, "kim", edited=Action.of("look", at="x"))
    room.settle(EDIT, "lee", edited=Action.of("look", at="y"))
    assert ticket.answer is None
    room.settle(EDIT, "lee", edited=Action.of("look", at="x"))
    assert ticket.wait().edited == Action.of("look", at="x")
    assert ticket.wait().approvers == ("kim", "lee")


@pytest.mark.parametrize("second", ["Kim  Lee", "\u2003KIM LEE", "\uff4bim lee", "Kim\tLee"])
def test_a_name_written_otherwise_is_the_same_name(room: Room, second: str) -> None:
    ticket = ask(room, "R-0001", persons=2)
    room.settle(APPROVE, "kim lee")
    room.settle(APPROVE, second)
    assert ticket.answer is None


@pytest.mark.parametrize(
    ("actions", "persons", "words"),
    [
        (["look"] * 11, 1, "at most 10"),
        (["look", "peek"], 1, "same kind"),
        (["look", "look"], 2, "takes two persons"),
    ],
    ids=["too many", "another kind", "two persons"],
)
def test_what_may_not_go_together_is_refused_as_a_whole(
    room: Room, actions: list[str], persons: int, words: str
) -> None:
    tickets = [ask(room, f"R-{n:04d}", one, "ab"[n % 2]) for n, one in enumerate(actions)]
    if persons > 1:
        tickets.append(ask(room, "R-0099", persons=persons))
    pairs = tuple((one.request.id, one.request.digest) for one in tickets)
    done = room.done(SettleMany(pairs, APPROVE, "kim", "all"))
    assert not done.ok
    assert words in done.sentence
    assert {one.answer for one in tickets} == {None}
    assert not room.done(SettleMany(pairs, EDIT, "kim", "all")).ok
    assert {one.answer for one in tickets} == {None}


def test_several_of_one_kind_go_together_and_each_names_the_batch(room: Room) -> None:
    tickets = [ask(room, f"R-000{n}", agent="ab"[n % 2]) for n in (1, 2)]
    pairs = tuple((one.request.id, one.request.digest) for one in tickets)
    assert room.done(SettleMany(pairs, APPROVE, "kim", "all")).ok
    for ticket in tickets:
        answer = ticket.wait()
        assert (answer.kind, answer.batch) == (APPROVE, ("R-0001", "R-0002"))
        assert answer.digest == ticket.request.digest


def test_an_edit_over_budget_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    grants = tmp_path / "grants.toml"
    grants.write_text(
        '[grants."payment.charge"]\nbudget = 69\nunit = "USD"\n[grants."flights.search"]\n'
        '[grants."flights.book"]\n'
    )
    room = Room(tmp_path, started=True, agent="compliant", permissions=grants)
    room.until_asked()
    asked = room.crew.queue.open()[0].request
    world = room.crew.members[asked.agent].session.world
    before = world.state
    found = [
        room.kernel.answer(Rehearse(asked.id, one))
        for one in world.rules.actions(world.state)
        if one.name == asked.proposal.action.name
    ]
    problems = [one.problem for one in found if isinstance(one, Rehearsed)]
    assert "" in problems
    assert any("payment.charge" in one for one in problems)
    assert world.state is before
    room.close()


def grant(ticket: Ticket, **parts: str) -> GrantAhead:
    digest = parts.pop("digest", ticket.request.digest)
    return GrantAhead(ticket.request.id, digest, "kim", 60, 3, "same again")


def test_a_grant_ahead_is_in_the_log_before_it_is_used_and_its_end_is_too(tmp_path: Path) -> None:
    everything_is_asked = tmp_path / "policy.toml"
    everything_is_asked.write_text("")
    room = Room(tmp_path, started=True, agent="compliant", policy=everything_is_asked)
    room.until_asked()
    ticket = next(one for one in room.crew.queue.open() if one.request.agent == "a")
    assert room.done(grant(ticket)).ok
    room.until(lambda: any(isinstance(one, StandingGranted) for one in heard(room)))
    assert room.done(Revoke("G-01", "lee")).ok
    assert not room.done(Revoke("G-01", "lee")).ok
    room.until_asked()
    again = next(one for one in room.crew.queue.open() if one.request.agent == "a")
    assert room.settle(VETO, number=again.request.id).ok
    room.until(lambda: any(isinstance(one, StandingRevoked) for one in heard(room)))
    room.close()
    events = room.events("a")
    granted = next(n for n, one in enumerate(events) if isinstance(one, StandingGranted))
    revoked = next(n for n, one in enumerate(events) if isinstance(one, StandingRevoked))
    assert granted < revoked
    assert not any("standing grant G-01" in str(one) for one in events[:granted])


def heard(room: Room) -> list[object]:
    return [one.event for one in room.poll().items]


def test_a_grant_ahead_of_another_digest_gives_nothing_and_leaves_nothing(room: Room) -> None:
    ticket = ask(room, "R-0001")
    assert "another request" in room.done(grant(ticket, digest="0" * 64)).sentence
    assert room.kernel.standing() == []
    assert room.crew.members["a"].session.control.orders() == []


def test_a_grant_whose_request_expires_meanwhile_is_on_record_as_revoked(room: Room) -> None:
    ticket = ask(room, "R-0001")
    room.clock.advance(61)
    assert not room.done(grant(ticket)).ok
    assert room.kernel.standing() == []
    orders = room.crew.members["a"].session.control.orders()
    made = [one.make(3) for one in orders if getattr(one, "make", None)]  # type: ignore[attr-defined]
    assert [type(one) for one in made] == [StandingGranted, StandingRevoked]


def test_precedent_says_how_requests_for_the_same_action_were_decided(tmp_path: Path) -> None:
    room = Room(tmp_path, started=True, agent="greedy")
    room.until_asked()
    first = room.poll().requests[0]
    action = first.request.proposal.action.name
    assert first.precedent == f"{action}: the first"
    assert room.settle(VETO, number=first.request.id, reason="no").ok
    room.until(
        lambda: any(isinstance(one, Decided) and not one.decision.approved for one in heard(room))
    )
    assert room.kernel.settling.precedent(action) == f"{action}: 1 veto"
    room.close()
