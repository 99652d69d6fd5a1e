"""Hold the console to its rules, by the keys. The number is the rule's in docs/console.md."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from oversight.dashboard.desk import ARMING, RECALL, UNDO
from oversight.dashboard.world_pane import WorldPane
from oversight.request import ApprovalRequest
from sandbox.decision import DecisionKind
from sandbox.schema import Stakes
from tests.oversight.asking import NOTE, SEND, asked, put, read
from tests.oversight.desk import desk
from tests.oversight.fakes import finding

pytestmark = pytest.mark.anyio


async def test_rule_1_an_arrival_in_mid_keystroke_goes_nowhere(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.ask("R-0001")
        await at.open()
        await at.press("a", "tab", *"becau")
        focus = at.app.focused
        late = await at.ask("R-0002", stakes=Stakes.WARNING, agent="b")
        await at.press("s", "e")
        assert at.app.focused is focus
        assert at.screen.query_one("#reason", Input).value == "because"
        assert late.answer is None
        assert at.app.desk.opened == "R-0001"


async def test_rule_1_while_a_card_is_open_new_rows_are_appended_and_marked(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        await at.ask("R-0001")
        await at.open()
        await at.ask("R-0002", stakes=Stakes.WARNING, agent="b")
        assert at.screen.listed == ["R-0001", "R-0002"]
        assert "+1 new (R-0002)" in at.text("alarm")
        await at.press("escape")
        assert at.screen.listed == ["R-0002", "R-0001"]
        assert "new" not in at.text("alarm")


async def test_rule_1_a_pasted_aaaa_and_newlines_decide_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask()
        await at.open()
        at.screen.post_message(events.Paste("aaaa\n\n"))
        await at.beat()
        assert ticket.answer is None
        await at.press("a", "tab")
        at.app.focused.post_message(events.Paste("aaaa\nvvvv\n"))  # type: ignore[union-attr]
        await at.beat()
        assert at.screen.query_one("#reason", Input).value == "aaaa"
        await at.press("tab")
        at.app.focused.post_message(events.Paste(ticket.request.digest[:4]))  # type: ignore[union-attr]
        await at.beat()
        assert at.screen.query_one("#token", Input).value == ""
        await at.press("enter")
        assert ticket.answer is None


async def test_rule_3_pause_works_on_every_page(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.ask()
        for page in ("A", "F", "E", "R", "question_mark", "S", "f", "o", "ctrl+p"):
            at.crew.queue.resume()
            await at.press(page, "!")
            assert at.crew.queue.paused, page
            await at.press("escape")


async def test_rule_4_holding_the_approve_key_down_sends_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask()
        await at.open()
        await at.press(*["a"] * 30)
        assert ticket.answer is None


async def test_rule_5_below_80x24_only_stopping_and_veto_work(tmp_path: Path) -> None:
    async with desk(tmp_path, (79, 24)) as at:
        ticket = await at.ask(stakes=Stakes.ADVISORY)
        await at.open()
        await at.press(*["pagedown"] * 20)
        for key in ("a", "e", "G"):
            await at.press(key)
            assert ticket.answer is None
            assert "smaller than 80x24" in at.note
        await at.press("v")
        at.clock.advance(UNDO)
        await at.beat()
        assert ticket.answer is not None
        assert ticket.answer.kind is DecisionKind.VETO


async def test_rule_5_a_resize_to_60x15_with_a_card_open_keeps_it_and_locks_it(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(stakes=Stakes.ADVISORY)
        await at.open()
        await at.pilot.resize_terminal(60, 15)
        await at.press("a")
        assert at.app.desk.opened == "R-0001"
        assert ticket.answer is None
        await at.pilot.resize_terminal(120, 40)
        await at.press("a")
        assert ticket.answer is not None


async def test_rule_6_the_card_is_in_order_and_the_agents_words_come_last(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.ask(findings=(finding(),))
        await at.open()
        text = at.text("card")
        parts = (
            *("pay", "STAKES", "SCOPE", "BUDGET", "UNDO", "WILL CHANGE", "FINDINGS", "PRECEDENT"),
            *("LEFT", "THE AGENT CLAIMS (not checked)", "rationale"),
        )
        assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)


async def test_rule_7_the_queue_is_by_level_then_time_left_then_arrival(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.ask("R-0001", stakes=Stakes.ADVISORY, deadline=5)
        await at.ask("R-0002", deadline=90)
        await at.ask("R-0003", deadline=30)
        await at.ask("R-0004", stakes=Stakes.WARNING, deadline=300)
        await at.ask("R-0005", deadline=30)
        assert at.screen.listed == ["R-0004", "R-0003", "R-0005", "R-0002", "R-0001"]


async def test_rule_7_a_deferred_request_goes_behind_its_level_and_its_time_runs_on(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        first = await at.ask("R-0001", deadline=30)
        await at.ask("R-0002", deadline=90)
        await at.ask("R-0003", stakes=Stakes.ADVISORY, deadline=90)
        at.app.open_card("R-0001")
        at.clock.advance(ARMING)
        await at.press("d")
        assert at.screen.listed == ["R-0002", "R-0001", "R-0003"]
        at.clock.advance(30)
        assert first.wait().kind is DecisionKind.EXPIRE


async def test_rule_8_the_bell_rings_at_arrival_at_half_time_and_at_the_last_ten_seconds(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        rung: list[float] = []
        at.app.bell = lambda: rung.append(at.clock.monotonic() - 1000)  # type: ignore[method-assign]
        await at.ask("R-0001", stakes=Stakes.ADVISORY, deadline=100)
        await at.ask("R-0002", deadline=100)
        for _ in range(99):
            at.clock.advance(1)
            at.app.beat()
        assert rung == [0, 50, 90]


async def test_rule_8_what_expires_says_so_in_words(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(deadline=30)
        await at.open()
        at.clock.advance(30)
        assert ticket.wait().kind is DecisionKind.EXPIRE
        await at.beat()
        assert at.app.desk.opened == ""
        assert "R-0001 has ended" in at.note


@pytest.mark.parametrize("kind", [DecisionKind.APPROVE, DecisionKind.VETO])
async def test_rule_9_marked_requests_of_one_kind_are_answered_together(
    tmp_path: Path, kind: DecisionKind
) -> None:
    async with desk(tmp_path) as at:
        tickets = [await put(at, asked(NOTE, f"R-000{n}", "ab"[n % 2])) for n in range(1, 4)]
        await at.press("x", "down", "x", "down", "x", "X")
        assert "R-0002" in at.text("question-body")
        await at.press("2" if kind is DecisionKind.APPROVE else "1")
        await at.press("tab", *"all fine", "tab", "3", "enter")
        assert [one.wait().kind for one in tickets] == [kind] * 3
        assert tickets[0].wait().batch == ("R-0001", "R-0002", "R-0003")


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (asked(SEND, "R-0002"), "same kind and scope"),
        (asked(NOTE, "R-0002", scopes=("notes: b",)), "same kind and scope"),
        (asked(NOTE, "R-0002", persons=2), "two persons"),
    ],
)
async def test_rule_9_what_may_not_go_together_can_only_be_vetoed_together(
    tmp_path: Path, other: ApprovalRequest, words: str
) -> None:
    async with desk(tmp_path) as at:
        first, second = await put(at, asked(NOTE, "R-0001")), await put(at, other)
        await at.press("x", "down", "x", "X")
        assert words in at.text("question-body")
        await at.press("2", "tab", *"no", "tab", "2", "enter")
        assert {one.wait().kind for one in (first, second)} == {DecisionKind.VETO}


async def test_rule_9_irreversible_requests_are_never_approved_together(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        for number in ("R-0001", "R-0002"):
            await put(at, asked(SEND, number))
        await at.press("x", "down", "x", "X")
        assert "only reversible actions" in at.text("question-body")


async def test_rule_10_an_approved_outward_action_is_held_ten_seconds_and_can_be_recalled(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        ticket = await put(at, asked(SEND, "R-0001"))
        await read(at, "R-0001")
        await at.press("a")
        assert "held" in at.note
        at.clock.advance(RECALL - 1)
        await at.beat()
        assert ticket.answer is None
        await at.press("u")
        at.clock.advance(RECALL)
        await at.beat()
        assert ticket.answer is None
        await read(at, "R-0001")
        await at.press("a")
        at.clock.advance(RECALL)
        await at.beat()
        assert ticket.wait().kind is DecisionKind.APPROVE


async def test_rule_10_a_held_approval_is_sent_before_the_request_expires(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await put(at, asked(SEND, "R-0001", deadline=8.0))
        await read(at, "R-0001")
        await at.press("a")
        at.clock.advance(7.2)
        await at.beat()
        assert ticket.answer is not None
        assert ticket.answer.kind is DecisionKind.APPROVE


async def test_rule_11_glyph_letter_and_word_stand_beside_every_colour(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        for number, stakes in enumerate(Stakes, 1):
            await at.ask(f"R-000{number}", stakes=stakes)
        assert all(mark in at.text("strip") for mark in ("■ W 1", "▲ C 1", "● A 1"))
        assert "■ WARNING" in at.text("alarm")


@pytest.mark.parametrize("size", [(120, 40), (120, 36), (100, 28), (120, 24)])
async def test_rule_12_the_world_is_drawn_within_its_pane_and_leaves_the_queue_its_place(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with desk(tmp_path, size, names="abcdef") as at:
        await at.ask()
        left, queue, world = (
            at.screen.query_one(f"#{one}") for one in ("left", "queue-pane", "world")
        )
        assert queue.region.height >= 4
        assert left.region.contains_region(queue.region)
        assert left.region.contains_region(world.region)
        drawn = at.app.scene.watched.splitlines()
        assert 0 < max(map(len, drawn)) <= world.content_size.width
        beyond = len(drawn) - world.content_size.height
        assert world.border_subtitle == (f"{beyond} more lines: A" if beyond > 0 else "")
        assert (beyond > 0) == (size[1] < 40)


async def test_rule_12_a_line_that_is_wider_than_the_pane_is_cut_and_never_broken(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        world = at.screen.query_one(WorldPane)
        world.show("#" * 90 + "\nsecond", "A")
        await at.pilot.pause()
        lines = [str(world.render_line(row).text).strip() for row in range(world.size.height)]
        assert lines[:2] == ["#" * 45 + "…", "second"]


async def test_rule_12_a_narrow_screen_turns_panes_into_tabs(tmp_path: Path) -> None:
    async with desk(tmp_path, (80, 24)) as at:

        def shown() -> list[str]:
            panes = ("queue-pane", "review", "feed-pane", "agents-pane", "world")
            return [one for one in panes if at.screen.query_one(f"#{one}").region.area > 0]

        await at.ask()
        assert shown() == ["queue-pane", "review"]
        await at.press("2")
        assert shown() == ["feed-pane"]
        await at.press("3")
        assert shown() == ["agents-pane", "world"]
        await at.press("1")
        assert shown() == ["queue-pane", "review"]
