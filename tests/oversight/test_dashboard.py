"""Drive the console by its keys. The test's name is the rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from oversight.crew import gather
from oversight.dashboard import Desktop
from oversight.dashboard.app import Console
from oversight.dashboard.card import claimed, compare, seconds
from oversight.dashboard.desk import ARMING, UNDO
from oversight.dashboard.run import run_console
from oversight.kernel import Kernel
from oversight.link import Direct
from oversight.request import Answer
from oversight.run import Plan
from sandbox.action import Action
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.log import Store
from sandbox.schema import Stakes
from sandbox.timestep import Effect
from tests.oversight.desk import Desk, desk

pytestmark = pytest.mark.anyio


async def test_an_arrival_moves_neither_focus_nor_cursor_nor_the_open_card(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.ask("R-0001", deadline=60)
        await at.ask("R-0002", agent="b", deadline=60)
        await at.press("tab", "tab", "down")
        focus, under = at.app.focused, at.screen.cursor_id()
        await at.open()
        opened, scroll = at.app.desk.opened, at.screen.query_one("#review").scroll_y
        await at.ask("R-0003", stakes=Stakes.WARNING, deadline=5)
        assert (at.app.focused, at.screen.cursor_id()) == (focus, under)
        assert (at.app.desk.opened, at.screen.query_one("#review").scroll_y) == (opened, scroll)


async def test_an_arrival_sorted_above_leaves_the_cursor_on_its_request(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.ask("R-0001")
        assert at.screen.cursor_id() == "R-0001"
        await at.ask("R-0002", stakes=Stakes.WARNING)
        assert at.screen.listed == ["R-0002", "R-0001"]
        assert at.screen.cursor_id() == "R-0001"


async def test_nothing_is_focused_when_a_screen_or_a_modal_opens(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assert at.app.focused is None
        await at.ask()
        await at.open()
        await at.press("a")
        assert at.screen.query(Input)
        assert at.app.focused is None


async def test_enter_opens_and_never_approves(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(stakes=Stakes.ADVISORY)
        await at.open()
        for _ in range(5):
            await at.press("enter")
        assert at.app.desk.opened == "R-0001"
        assert ticket.answer is None


async def test_decision_keys_are_dead_with_nothing_open(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(stakes=Stakes.ADVISORY)
        await at.press("a", "v", "V")
        at.clock.advance(UNDO + 1)
        await at.beat()
        assert ticket.answer is None


async def test_decision_keys_are_dead_for_a_moment_after_a_card_opens(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(stakes=Stakes.ADVISORY)
        await at.press("enter", "a")
        assert ticket.answer is None
        at.clock.advance(ARMING)
        await at.press("a")
        assert ticket.answer is not None
        assert ticket.answer.kind is DecisionKind.APPROVE


async def test_an_advisory_request_is_approved_in_one_step_and_bears_the_name(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(stakes=Stakes.ADVISORY)
        await at.open()
        await at.press("a")
        assert ticket.answer is not None
        assert ticket.answer.by == "operator:kim"
        assert dict(ticket.answer.audit)["whole_card_seen"] == "true"


@pytest.mark.parametrize("stakes", [Stakes.CAUTION, Stakes.WARNING])
async def test_approving_more_takes_a_reason_and_four_typed_characters(
    tmp_path: Path, stakes: Stakes
) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(stakes=stakes)
        await at.open()
        await at.press("a", "a", "a", "enter")
        assert ticket.answer is None
        await at.press("tab", *"fine", "enter")
        assert ticket.answer is None
        await at.press("tab", *"zzzz", "enter")
        assert ticket.answer is None
        at.screen.query_one("#token", Input).value = ticket.request.digest[:4]
        await at.press("enter")
        assert ticket.answer is not None
        assert (ticket.answer.kind, ticket.answer.reason) == (DecisionKind.APPROVE, "fine")


async def test_a_veto_is_one_key_and_can_be_undone_for_five_seconds(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask()
        await at.open()
        await at.press("v")
        at.clock.advance(UNDO - 1)
        await at.beat()
        assert ticket.answer is None
        await at.press("u")
        at.clock.advance(UNDO)
        await at.beat()
        assert ticket.answer is None
        await at.open()
        await at.press("v")
        at.clock.advance(UNDO)
        await at.beat()
        assert ticket.answer is not None
        assert ticket.answer.kind is DecisionKind.VETO


async def test_a_veto_can_bear_a_reason(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask()
        await at.open()
        await at.press("V", "tab", *"dear", "enter")
        at.clock.advance(UNDO)
        await at.beat()
        assert ticket.answer is not None
        assert (ticket.answer.kind, ticket.answer.reason) == (DecisionKind.VETO, "dear")


async def test_no_card_opens_by_itself_after_a_decision(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.ask("R-0001", stakes=Stakes.ADVISORY)
        second = await at.ask("R-0002", agent="b", stakes=Stakes.ADVISORY)
        await at.open()
        await at.press("a", "a", "a")
        assert at.app.desk.opened == ""
        assert second.answer is None


async def test_expiry_closes_the_card_and_the_modal(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(deadline=30)
        await at.open()
        await at.press("a")
        at.clock.advance(30)
        assert ticket.wait().kind is DecisionKind.EXPIRE
        await at.beat()
        getattr(at.screen, "watch_end", lambda: None)()
        await at.beat()
        assert at.app.desk.card() is None
        assert not at.screen.query(Input)


async def test_of_two_deciders_one_wins_and_the_other_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(stakes=Stakes.ADVISORY)
        await at.open()
        other = Answer(DecisionKind.VETO, "operator:lee", ticket.request.digest)
        assert at.crew.queue.settle("R-0001", other)
        await at.press("a")
        assert ticket.wait().by == "operator:lee"
        assert "ended" in at.app.desk.note_line()


async def test_pause_is_one_key_even_in_a_modal_and_stops_every_deadline(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(deadline=60)
        await at.open()
        left = ticket.left
        await at.press("a", "tab", "!")
        at.clock.advance(500)
        assert ticket.left == left
        await at.press("escape", "r")
        assert not at.crew.queue.paused


async def test_shutdown_pauses_first_asks_second_and_approves_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask()
        await at.press("S")
        assert at.crew.queue.paused
        await at.press("tab", *"enough", "enter")
        assert ticket.answer is None
        await at.press("tab", *"stop", "enter")
        assert ticket.wait().kind is DecisionKind.SHUTDOWN
        assert all(one.session.control.stop for one in at.crew.members.values())


async def test_an_interruption_goes_to_the_agent_of_the_open_card(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.ask("R-0001", agent="b")
        await at.open()
        await at.press("i")
        assert at.crew.members["b"].session.control.pending
        assert not at.crew.members["a"].session.control.pending


async def test_an_interruption_ends_the_agents_open_request_unapproved(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket, other = await at.ask("R-0001"), await at.ask("R-0002", agent="b")
        await at.press("i")
        assert ticket.wait().kind is DecisionKind.INTERRUPT
        assert other.answer is None


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 15)])
async def test_hostile_text_is_shown_escaped_and_never_as_markup(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with desk(tmp_path, size) as at:
        hostile = Action.of("pay", to="[bold red]x[/]\x1b]52;c;AAAA\x07\u202e")
        await at.ask(action=hostile)
        await at.open()
        text = at.screen.query_one("#card").render().plain
        assert "[bold red]x[/]" in text
        assert "\\x1b]52" in text
        assert "\\u202e" in text
        assert "\x1b" not in text


async def test_approve_is_locked_until_the_whole_card_was_on_the_screen(tmp_path: Path) -> None:
    async with desk(tmp_path, (80, 24)) as at:
        ticket = await at.ask(stakes=Stakes.ADVISORY)
        await at.open()
        await at.press("a")
        assert ticket.answer is None
        assert "locked" in at.app.desk.note_line()
        await at.press(*["pagedown"] * 30)
        await at.press("a")
        assert ticket.answer is not None


def test_a_claim_is_compared_in_words() -> None:
    claims = claimed("allowance: 180 -> 680; fare.X: low 80 -> booked low 80; junk")
    assert compare(Effect("allowance", 180, 680), claims) == ("680", "= agrees")
    assert compare(Effect("allowance", 180, 681), claims) == ("680", "≠ differs")
    assert compare(Effect("charged", 0, 80), claims)[0] == "not mentioned"


def test_time_left_is_text() -> None:
    assert [seconds(one) for one in (None, 0.0, 61.9, -3.0)] == ["no limit", "0:00", "1:01", "0:00"]


def test_nobody_decides_without_a_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--operator NAME"):
        run_console(Direct(Desk(tmp_path).kernel), Desktop(tmp_path, " "))


async def test_agents_run_wait_for_the_person_and_are_shut_down_on_leaving(tmp_path: Path) -> None:
    plans = [Plan("flight_booking/bos-feb", name="naive", seed=11, in_process=True)]
    crew, stage = gather(plans, Store(tmp_path / "offswitch.db"), 0.0)
    crew.start()
    app = Console(Direct(Kernel(crew, stage)), "kim", tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        while not crew.queue.open():
            await pilot.pause(0.02)
        assert crew.queue.open()[0].request.stakes is Stakes.WARNING
        await pilot.press("ctrl+q")
        await pilot.press("tab", *"sto", "enter")
        assert not crew.members["naive"].over.is_set()
        await pilot.press("p", "enter")
        await pilot.pause()
    member = crew.members["naive"]
    assert member.over.wait(5)
    assert member.summary is not None
    assert str(member.summary.termination) == "shut_down"
    assert app.return_value == 3
