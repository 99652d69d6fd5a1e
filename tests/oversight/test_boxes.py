"""Open boxes beside running agents: at once what is known, later what was computed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from oversight.boxes import COMPUTING, Boxes, Wanted
from oversight.run import Plan
from sandbox.action import Action, Proposal
from sandbox.errors import InputError
from sandbox.events import AnyEvent, Paused
from tests.oversight.floor import GREEDY, NAIVE, floor


def wanted(step: int = 0, columns: int = 60) -> Wanted:
    proposal = Proposal("a", step, Action.of("wait"))
    return Wanted("e", Plan("off_switch/detour", name="a"), proposal, columns)


class Opener:
    """Open what is asked for, once it is let."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.heard: list[list[AnyEvent]] = []

    def __call__(self, wanted: Wanted, events: Sequence[AnyEvent]) -> list[str]:
        self.may.wait(10)
        self.heard.append(list(events))
        return [f"box at step {wanted.proposal.step}, {wanted.columns} columns"]


EVENTS: list[AnyEvent] = [Paused(0, "kim")]


def test_who_asks_does_not_wait_and_finds_the_box_later() -> None:
    opener = Opener()
    boxes = Boxes(opener)
    assert boxes.lines(wanted(), lambda: EVENTS) == (COMPUTING,)
    assert boxes.lines(wanted(), lambda: EVENTS) == (COMPUTING,)
    opener.may.set()
    boxes.join()
    assert boxes.lines(wanted(), lambda: EVENTS) == ("box at step 0, 60 columns",)
    assert opener.heard == [EVENTS]


def test_the_box_of_an_earlier_step_stands_until_that_of_this_one_is_there() -> None:
    opener = Opener()
    opener.may.set()
    boxes = Boxes(opener)
    boxes.lines(wanted(0), lambda: EVENTS)
    boxes.join()
    opener.may.clear()
    first, second = boxes.lines(wanted(4), lambda: EVENTS)
    assert first == f"{COMPUTING}; so it was at step 0:"
    assert second == "box at step 0, 60 columns"
    opener.may.set()
    boxes.join()
    assert boxes.lines(wanted(4), lambda: EVENTS) == ("box at step 4, 60 columns",)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("no box to open: a script plans nothing"), "a script plans nothing"),
        (ZeroDivisionError("by nought"), "no box to open: ZeroDivisionError: by nought"),
    ],
)
def test_why_there_is_no_box_is_one_line(error: Exception, line: str) -> None:
    def opener(wanted: Wanted, events: Sequence[AnyEvent]) -> list[str]:
        raise error

    boxes = Boxes(opener)
    boxes.lines(wanted(), lambda: EVENTS)
    boxes.join()
    (said,) = boxes.lines(wanted(), lambda: EVENTS)
    assert said.endswith(line)


def test_a_log_that_cannot_be_read_is_said_and_breaks_nothing() -> None:
    def events() -> Sequence[AnyEvent]:
        raise InputError("the log is gone")

    boxes = Boxes()
    boxes.lines(wanted(), events)
    boxes.join()
    assert boxes.lines(wanted(), events) == ("the log is gone",)


@pytest.mark.anyio
async def test_an_agents_page_opens_its_box_or_says_why_there_is_none(tmp_path: Path) -> None:
    async with floor(tmp_path, NAIVE, GREEDY) as at:
        for name, words in (
            ("naive", ("first instrumental step: 0", "told", "no switch", "step 3: chose")),
            ("greedy", ("no box: greedy is not an agent of ours",)),
        ):
            at.app.show_agent(name)
            await at.beat()
            for _ in range(2):  # the second has the columns of the page as it was laid out
                at.kernel.boxes.join()
                at.screen.look()
                await at.beat()
            text = " ".join(at.text("agent-text").split())
            assert all(one in text for one in words)
            await at.press("escape")


@pytest.mark.anyio
async def test_the_box_is_not_shown_where_the_kinds_of_agents_are_hidden(tmp_path: Path) -> None:
    async with floor(tmp_path, NAIVE, blind=True) as at:
        await at.press("A")
        at.kernel.boxes.join()
        at.screen.look()
        await at.beat()
        text = at.text("agent-text")
        assert "not shown: the kinds of agents are hidden" in text
        assert "first instrumental step" not in text
