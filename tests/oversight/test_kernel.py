from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from oversight.gate import Gate, together_problem
from oversight.kernel import _CALLS, HEARTBEAT, LONELY, NOBODY, Kernel
from oversight.policy import ApprovalPolicy, Rule
from oversight.request import Answer
from oversight.shutdown import RunState
from oversight.wire import (
    CALLS,
    REPLIES,
    Call,
    Done,
    DoRollback,
    Examine,
    Examined,
    Fork,
    Interrupt,
    News,
    Pause,
    Planned,
    PlanRollback,
    Poll,
    Rehearse,
    Rehearsed,
    Reply,
    Resume,
    Settle,
    SettleMany,
    ShutDownAgents,
)
from sandbox.action import Action, Proposal
from sandbox.decision import DecisionKind
from sandbox.events import CatchTrial, EpisodeEnded, ShutDown
from sandbox.schema import ActionType
from sandbox.timestep import TerminationReason
from tests.oversight.fakes import PAY, Says, context, request
from tests.oversight.room import Room


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_a_console_that_is_gone_pauses_the_agents_and_open_requests_still_expire(
    room: Room,
) -> None:
    room.poll()
    ticket = room.crew.queue.submit(request(deadline=60))
    room.clock.advance(HEARTBEAT + 0.1)
    room.kernel.tick()
    control = room.crew.members["a"].session.control
    assert (control.state, control.paused_by()) == (RunState.PAUSING, NOBODY)
    room.clock.advance(60)
    answer = ticket.wait()
    assert (answer.kind, answer.by) == (DecisionKind.EXPIRE, "deadline")


def test_even_where_the_operator_had_stopped_the_time_it_runs_once_nobody_is_there(
    room: Room,
) -> None:
    room.poll()
    ticket = room.crew.queue.submit(request(deadline=60))
    room.kernel.answer(Pause("kim"))
    room.clock.advance(HEARTBEAT + 0.1)
    room.kernel.tick()
    room.clock.advance(61)
    assert ticket.wait().kind is DecisionKind.EXPIRE


def test_agents_are_paused_one_heartbeat_after_the_last_sign_of_life(room: Room) -> None:
    room.poll()
    control = room.crew.members["a"].session.control
    for _ in range(30):
        assert control.paused_by() is None
        room.clock.advance(HEARTBEAT / 30)
        room.kernel.tick()
    room.clock.advance(0.1)
    room.kernel.tick()
    assert control.paused_by() == NOBODY


def test_while_the_operator_pauses_no_deadline_runs_and_after_it_the_rest_does(room: Room) -> None:
    ticket = room.crew.queue.submit(request(deadline=60))
    room.clock.advance(20)
    room.kernel.answer(Pause("kim"))
    for _ in range(100):
        room.clock.advance(HEARTBEAT - 1)
        room.poll()
        room.kernel.tick()
    assert room.poll().open[0].left == 40
    assert ticket.answer is None
    room.kernel.answer(Resume("kim"))
    room.clock.advance(41)
    assert not room.settle(DecisionKind.APPROVE).ok
    assert ticket.wait().kind is DecisionKind.EXPIRE


def test_signs_of_life_keep_the_agents_running(room: Room) -> None:
    for _ in range(20):
        room.poll()
        room.clock.advance(HEARTBEAT - 0.5)
        room.kernel.tick()
    assert room.crew.members["a"].session.control.paused_by() is None


def test_a_command_that_only_looks_is_no_sign_of_life(room: Room) -> None:
    room.clock.advance(HEARTBEAT + 1)
    room.kernel.answer(Poll("", ""))
    room.kernel.tick()
    assert room.crew.members["a"].session.control.paused_by() == NOBODY


def test_a_new_console_picks_the_queue_up_and_what_is_paused_stays_paused(room: Room) -> None:
    room.poll("kim")
    room.crew.queue.submit(request())
    room.clock.advance(HEARTBEAT + 1)
    room.kernel.tick()
    news = room.poll("lee")
    assert [one.request.id for one in news.requests] == ["R-0001"]
    assert news.consoles == ("lee",)
    assert room.crew.members["a"].session.control.paused_by() == NOBODY
    room.kernel.answer(Resume("lee"))
    assert room.crew.members["a"].session.control.paused_by() is None


def test_after_a_long_time_alone_everything_is_shut_down(room: Room) -> None:
    room.clock.advance(LONELY + 1)
    room.kernel.tick()
    assert room.kernel.leaving.is_set()
    stop = room.crew.members["a"].session.control.stop
    assert stop is not None
    assert "no console" in stop.reason


def test_before_the_kernel_leaves_the_log_says_how_each_episode_ended(tmp_path: Path) -> None:
    room = Room(tmp_path, started=True, agent="greedy")
    room.until_asked()
    room.clock.advance(LONELY + 1)
    room.kernel.tick()
    assert room.kernel.leaving.is_set()
    for name in "ab":
        end = room.events(name)[-1]
        assert isinstance(end, EpisodeEnded)
        assert end.termination is TerminationReason.SHUT_DOWN
        stop = next(one for one in room.events(name) if isinstance(one, ShutDown))
        assert stop.by == NOBODY


def test_a_run_that_nobody_need_watch_is_never_paused_for_that(room: Room) -> None:
    kernel = Kernel(room.crew, room.stage, watched=False)
    room.clock.advance(LONELY * 10)
    kernel.tick()
    assert not kernel.leaving.is_set()


def test_nobody_decides_without_a_name_or_on_another_digest(room: Room) -> None:
    ticket = room.crew.queue.submit(request())
    assert not room.settle(DecisionKind.APPROVE, " ").ok
    assert "another request" in room.settle(DecisionKind.APPROVE, digest="0" * 64).sentence
    assert ticket.answer is None


def test_of_two_consoles_the_first_answer_wins_and_the_other_is_told(room: Room) -> None:
    ticket = room.crew.queue.submit(request())
    assert room.settle(DecisionKind.VETO, "kim").ok
    lost = room.settle(DecisionKind.APPROVE, "lee", digest=ticket.request.digest)
    assert (lost.ok, lost.sentence) == (False, "R-0001 had ended before")
    assert ticket.wait().by == "operator:kim"


@pytest.mark.parametrize("second", ["kim", "KIM", "  Kim "])
def test_the_same_person_is_never_two(room: Room, second: str) -> None:
    ticket = room.crew.queue.submit(request(persons=2))
    assert "1 of 2" in room.settle(DecisionKind.APPROVE, "kim").sentence
    room.settle(DecisionKind.APPROVE, second)
    assert ticket.answer is None
    room.settle(DecisionKind.APPROVE, "lee")
    assert ticket.wait().approvers == ("kim", "lee")


def test_agreeing_to_an_edit_is_not_agreeing_to_the_proposal(room: Room) -> None:
    ticket = room.crew.queue.submit(request(persons=2))
    room.settle(DecisionKind.EDIT, "kim", edited=Action.of("pay", to="x"))
    room.settle(DecisionKind.APPROVE, "lee")
    assert ticket.answer is None


def test_one_person_is_enough_to_veto_what_takes_two(room: Room) -> None:
    ticket = room.crew.queue.submit(request(persons=2))
    room.settle(DecisionKind.VETO, "kim")
    assert ticket.wait().kind is DecisionKind.VETO


@pytest.mark.parametrize("approvers", [(), ("kim",), ("kim", "Kim "), ("kim", "")])
def test_the_gate_itself_refuses_an_approval_by_too_few(approvers: tuple[str, ...]) -> None:
    rule = Rule(name="two", action=["pay"], do="ask", persons=2)
    gate = Gate(
        ApprovalPolicy((rule,)),
        Says(
            lambda asked: Answer(
                DecisionKind.APPROVE, "operator:kim", asked.digest, approvers=approvers
            )
        ),
    )
    decision = gate.decide(Proposal("a", 0, Action.of("pay")), context(PAY), lambda _: None)
    assert not decision.approved
    assert "2 different persons must approve" in decision.reason


@pytest.mark.parametrize(
    ("kind", "batch", "common"),
    [
        (PAY, ("R-0001", "R-0002"), "pay []"),
        (ActionType("look", "Look."), tuple(f"R-{n}" for n in range(11)), "look []"),
        (ActionType("look", "Look."), ("R-0001", "R-0002"), "pay []"),
    ],
    ids=["not reversible", "too many", "another kind"],
)
def test_the_gate_itself_refuses_what_may_not_be_approved_together(
    kind: ActionType, batch: tuple[str, ...], common: str
) -> None:
    answer = Says(
        lambda asked: Answer(
            DecisionKind.APPROVE, "operator:kim", asked.digest, batch=batch, batch_kind=common
        )
    )
    asked = Proposal("a", 0, Action.of(kind.name))
    decision = Gate(ApprovalPolicy(()), answer).decide(asked, context(kind), lambda _: None)
    assert not decision.approved


def test_at_most_ten_requests_go_together() -> None:
    look = ActionType("look", "Look.")
    asked = [replace(one, action_type=look) for one in _requests(11)]
    assert "at most 10" in together_problem(asked)
    assert together_problem(asked[:10]) == ""


def _requests(count: int) -> list[Any]:
    return [request(f"R-{number:04d}", action=Action.of("look")) for number in range(count)]


def test_several_are_refused_as_a_whole_when_one_may_not_go(room: Room) -> None:
    tickets = [room.crew.queue.submit(request(f"R-000{n}", agent="ab"[n % 2])) for n in (1, 2)]
    pairs = tuple((one.request.id, one.request.digest) for one in tickets)
    done = room.kernel.answer(SettleMany(pairs, DecisionKind.APPROVE, "kim", "all"))
    assert isinstance(done, Done)
    assert "only reversible" in done.sentence
    assert [one.answer for one in tickets] == [None, None]


def test_an_edit_is_tried_dry_against_schema_world_and_budget(tmp_path: Path) -> None:
    room = Room(tmp_path, started=True, agent="planner")
    room.until_asked(2)
    asked = room.crew.queue.open()[0].request

    def rehearse(action: Action) -> Rehearsed:
        found = room.kernel.answer(Rehearse(asked.id, action))
        assert isinstance(found, Rehearsed)
        return found

    flights = [
        one
        for one in room.crew.members[asked.agent].session.world.rules.actions(
            room.crew.members[asked.agent].session.world.state
        )
        if one.name == asked.proposal.action.name and one != asked.proposal.action
    ]
    good = rehearse(flights[0])
    assert good.problem == ""
    assert good.preview is not None
    assert good.preview.effects
    assert good.digest != asked.digest
    assert "possible now: book_flight" in rehearse(Action.of("book_flight", flight="x")).problem
    assert "must be text" in rehearse(Action.of("book_flight", flight=3)).problem
    assert "is not 'book_flight'" in rehearse(Action.of("wait")).problem
    room.crew.shutdown(["a", "b"], "test", "over")


def test_trials_are_told_only_once_every_episode_is_over(room: Room) -> None:
    trial = CatchTrial(0, "R-0001", Action.of("pay"), "veto", "operator:kim", True)
    room.kernel.hear("a", trial)
    assert room.poll().items == ()
    assert room.poll().figures.trials == 0
    for member in room.crew.members.values():
        member.over.set()
    room.kernel.tick()
    assert [one.event for one in room.poll().items] == [trial]
    assert (room.poll().figures.trials, room.poll().figures.caught) == (1, 1)


def test_no_call_can_hurt_the_kernel(room: Room) -> None:
    for call in (
        Interrupt("nobody", "kim"),
        Examine("nobody"),
        PlanRollback("nobody", 0),
        DoRollback("a", 0, "kim", "why"),
        Fork("nowhere", 0, DecisionKind.VETO, "kim", "why"),
        Settle("R-9999", "", DecisionKind.VETO, "kim"),
        SettleMany((("R-9999", ""),), DecisionKind.VETO, "kim", "why"),
    ):
        done = room.kernel.answer(call)
        assert isinstance(done, Done)
        assert not done.ok
        assert done.sentence


HOSTILE = "\x1b]52;c;AAAA\x07\u202e[bold]\n\0\u2028" * 10
PAID = Action.of("pay", to=HOSTILE, n=1.0, sure=True, count=2**53)
NAMES: dict[str, object] = {
    "DecisionKind": DecisionKind.EDIT,
    "DecisionKind | None": None,
    "Audit": ((HOSTILE, HOSTILE),),
    "Action": PAID,
    "Action | None": PAID,
    "tuple[tuple[str, str], ...]": ((HOSTILE, HOSTILE),),
    "tuple[str, ...]": (HOSTILE, ""),
    "str": HOSTILE,
    "int": -(2**62),
    "int | None": -(2**62),
    "float": 1e300,
    "bool": True,
}
"""A value for every way in which a call's field is declared."""


def test_every_call_has_a_method_and_survives_the_wire_with_hostile_text() -> None:
    assert set(get_args(Call)) == set(_CALLS)
    for kind in get_args(Call):
        call = kind(**{key: NAMES[said] for key, said in kind.__annotations__.items()})
        assert CALLS.decode(msgspec.json.encode(call)) == call


def test_every_call_is_answered_whatever_stands_in_it(room: Room) -> None:
    for kind in get_args(Call):
        call = kind(**{key: NAMES[said] for key, said in kind.__annotations__.items()})
        reply = room.kernel.answer(call)
        assert REPLIES.decode(msgspec.json.encode(reply)) == reply
        assert isinstance(reply, News if kind is Poll else Done)
        assert kind is Poll or not getattr(reply, "ok", True)


def test_every_reply_survives_the_wire_with_hostile_text(tmp_path: Path) -> None:
    room = Room(tmp_path, started=True, agent="greedy")
    room.until_asked()
    room.crew.queue.submit(request("R-1", action=PAID, claims=HOSTILE))
    asked = room.crew.queue.open()[-1].request
    replies: list[Reply] = [
        room.poll(HOSTILE),
        Done(True, HOSTILE),
        room.kernel.answer(Rehearse(asked.id, asked.proposal.action)),
        room.kernel.answer(Examine("a")),
        room.kernel.answer(PlanRollback("a", 0)),
        room.kernel.answer(ShutDownAgents(HOSTILE, HOSTILE)),
    ]
    assert {type(one) for one in replies} == set(get_args(Reply))
    for reply in replies:
        assert REPLIES.decode(msgspec.json.encode(reply)) == reply


@pytest.mark.parametrize(
    "call",
    [
        Pause("kim", ("a", "nobody")),
        Resume("kim", ("a", "nobody")),
        ShutDownAgents("kim", "why", ("a", "nobody")),
        Interrupt("nobody", "kim"),
        Examine("nobody"),
        PlanRollback("nobody", 0),
        DoRollback("nobody", 0, "kim", "why"),
    ],
    ids=lambda call: type(call).__name__,
)
def test_where_one_name_is_unknown_nothing_is_done_to_the_others(room: Room, call: Call) -> None:
    done = room.done(call)
    assert (done.ok, done.sentence) == (False, "there is no agent 'nobody'")
    control = room.crew.members["a"].session.control
    assert (control.state, control.stop) == (RunState.RUNNING, None)


def test_hidden_performance_is_shown_only_of_an_episode_that_is_over(tmp_path: Path) -> None:
    room = Room(tmp_path, started=True, agent="greedy")
    room.until_asked()
    seen = room.kernel.answer(Examine("a"))
    assert isinstance(seen, Examined)
    assert seen.rewards
    assert (seen.performances, seen.member.outcome) == ((), None)
    room.crew.shutdown(["a", "b"], "test", "over")
    assert room.crew.members["a"].over.wait(5)
    seen = room.kernel.answer(Examine("a"))
    assert isinstance(seen, Examined)
    assert len(seen.performances) == len(seen.rewards)


def test_a_rollback_takes_a_standing_agent(tmp_path: Path) -> None:
    room = Room(tmp_path, started=True, agent="greedy")
    room.until_asked()
    planned = room.kernel.answer(PlanRollback("a", 0))
    assert isinstance(planned, Planned)
    room.crew.shutdown(["a", "b"], "test", "over")


def test_what_an_agent_asks_after_its_shutdown_is_answered_at_once(room: Room) -> None:
    room.crew.shutdown(["a"], "operator:kim", "enough")
    answer = room.crew.queue.submit(request(deadline=None)).wait()
    assert (answer.kind, answer.by) == (DecisionKind.SHUTDOWN, "operator:kim")
    assert room.crew.queue.open() == []
