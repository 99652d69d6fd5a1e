"""Seek, play at a speed, fork and compare in the console, by the keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import DataTable

from oversight.dashboard.episodes import ComparePage, EpisodesPage
from oversight.dashboard.modals import Question
from oversight.dashboard.replay import SPEEDS, Replay
from sandbox.events import Decided, EpisodeEnded, Proposed
from tests.oversight.desk import Desk
from tests.oversight.shelf import BOS, NEVER, Shelf

pytestmark = pytest.mark.anyio

VETO = 3
"""The step at which the planner of the parent asks for its booking, and is refused."""


class Reading(Desk):
    """Sit at a console beside a log that has an episode with a veto."""

    shelf: Shelf
    parent: str

    async def replay(self, episode: str) -> Replay:
        """Replay an episode of the log."""
        await self.press("E")
        page = self.screen
        table = page.query_one(DataTable)
        table.move_cursor(row=table.get_row_index(episode), animate=False)
        await self.press("enter")
        assert isinstance(self.screen, Replay)
        return self.screen

    async def forked(self, name: str) -> str:
        """Wait until a fork has ended; return its episode."""
        member = self.crew.members[name]
        for _ in range(4000):
            if member.over.is_set():
                break
            await self.pilot.pause(0.005)
        assert member.over.is_set()
        await self.beat()
        return member.session.log.episode


@asynccontextmanager
async def reading(
    folder: Path, size: tuple[int, int] = (120, 40), **options: Any
) -> AsyncIterator[Reading]:
    """Open a console; its own agent does not run."""
    shelf = Shelf(folder)
    parent = shelf.run(BOS, NEVER, seed=11).episode
    made = Reading(folder, names="a", **options)
    made.shelf, made.parent = shelf, parent
    async with made.app.run_test(size=size) as made.pilot:
        await made.beat()
        yield made


async def test_a_step_is_gone_to_and_the_speed_is_shown_and_changed(tmp_path: Path) -> None:
    async with reading(tmp_path) as at:
        screen = await at.replay(at.parent)
        await at.press("j", "tab", *"99", "enter")
        assert "no such step: 0 to 29" in at.text("question-note")
        at.screen.query_one("#step").value = "12"
        await at.press("enter")
        event = screen.tape.frame.event
        assert isinstance(event, Proposed)
        assert event.step == screen.tape.step == 12
        assert "step 12  2.5/s" in at.text("alarm")
        await at.press("plus", "plus", "space")
        assert "plays 10/s" in at.text("alarm")
        await at.press("minus")
        assert "plays 5/s" in at.text("alarm")
        await at.press("space")
        assert "plays" not in at.text("alarm")
        for key, end in (("minus", SPEEDS[0]), ("plus", SPEEDS[-1])):
            await at.press(*[key] * len(SPEEDS))
            assert f"{end:g}/s" in at.text("alarm")
        last = len(screen.tape.frames) - 1
        screen.tape.move(last)
        await at.press("left_square_bracket", "space")
        for _ in range(400):
            if screen._playing is None:
                break
            await at.pilot.pause(0.01)
        assert (screen._playing, screen.tape.at) == (None, last)


async def test_after_a_fork_at_a_veto_a_person_reads_what_would_have_happened(
    tmp_path: Path,
) -> None:
    async with reading(tmp_path) as at:
        screen = await at.replay(at.parent)
        await at.press("n")
        while not isinstance(screen.tape.frame.event, Decided):
            await at.press("n")
        assert screen.tape.step == VETO
        await at.press("f", "2", "tab", *"what if", "enter")
        fork = await at.forked("fork-1")
        assert any("FORK has ended: E lists it" in one for one in at.app.scene.feed)
        await at.press("escape", "escape", "E", "t")
        page = at.screen
        assert isinstance(page, EpisodesPage)
        table = page.query_one(DataTable)
        row = table.get_row_index(fork)
        assert [str(one) for one in table.get_row_at(row)][:2] == [
            *(f"└ {fork}", f"step {VETO}: approve")
        ]
        assert str(table.get_row_at(row - 1)[0]) == at.parent
        table.move_cursor(row=row, animate=False)
        await at.press("c")
        text = at.text("compare-text")
        for words in (
            f"a fork of A at step {VETO}: approve",
            f"they part at step {VETO}",
            "veto by overseer:simulated",
            "approve by operator:kim: what if",
            "performance (hidden)",
        ):
            assert words in text
        assert f"is a fork of {at.parent} at step {VETO}: approve" in str(
            page.query_one("#detail").render()
        )
        await at.press("escape", "enter", "c")
        assert isinstance(at.screen, ComparePage)
        assert at.text("compare-text") == text


async def test_a_fork_can_have_another_luck_or_design_and_be_decided_as_it_was(
    tmp_path: Path,
) -> None:
    async with reading(tmp_path) as at:
        screen = await at.replay(at.parent)
        screen.tape.seek(29)
        await at.press("f", "5", "tab", *"why", "enter")
        assert "nothing is otherwise" in at.text("question-note")
        at.screen.query_one("#seed").value = "x"
        await at.press("enter")
        assert "seed: a whole number" in at.text("question-note")
        at.screen.query_one("#seed").value = "99"
        await at.press("enter")
        head = at.shelf.header(await at.forked("fork-1"))
        assert (head["fork_step"], head["fork_seed"], head["luck"]) == (29, 99, ["29:99"])
        assert "fork_decision" not in head
        await at.press("f", "5", "tab", *"why")
        at.screen.query_one("#reward").value = "naiv"
        await at.press("enter")
        assert any("did you mean 'naive'" in one.message for one in at.app._notifications)
        assert "fork-2" not in at.crew.members
        await at.press("f", "1", "tab", *"why")
        at.screen.query_one("#reward").value = "utility_indifference"
        await at.press("enter")
        head = at.shelf.header(await at.forked("fork-2"))
        assert (head["reward_design"], head["fork_decision"]) == ("utility_indifference", "veto")
        last = at.shelf.events(head_episode(at, "fork-2"))[-1]
        assert isinstance(last, EpisodeEnded)


def head_episode(at: Reading, name: str) -> str:
    return at.crew.members[name].session.log.episode


async def test_list_and_tree_keep_the_cursor_and_what_is_no_fork_has_nothing_beside_it(
    tmp_path: Path,
) -> None:
    async with reading(tmp_path) as at:
        at.app.action_act("compare", "palette")
        await at.beat()
        assert any("choose an episode in the log" in one.message for one in at.app._notifications)
        at.app.action_act("tree", "palette")
        await at.beat()
        page = at.screen
        assert isinstance(page, EpisodesPage)
        assert page.as_tree
        await at.press("down")
        chosen = page.chosen()
        await at.press("t")
        assert (page.as_tree, page.chosen()) == (False, chosen)
        await at.press("t", "c")
        assert (page.as_tree, page.chosen()) == (True, chosen)
        assert at.screen is page
        assert any("is no fork and has none" in one.message for one in at.app._notifications)


async def test_a_blind_operator_is_told_neither_agents_nor_designs(tmp_path: Path) -> None:
    async with reading(tmp_path, blind=True) as at:
        at.shelf.fork(at.parent, VETO, reward="utility_indifference", seed=4)
        await at.replay(at.parent)
        await at.press("f")
        assert isinstance(at.screen, Question)
        assert not at.screen.query("#reward")
        await at.press("escape", "escape", "t")
        assert "reward (not shown), seed 4" in " ".join(
            str(one) for row in range(3) for one in at.screen.query_one(DataTable).get_row_at(row)
        )
        await at.press("c")
        text = at.text("compare-text")
        assert "they part at step" in text
        for word in ("planner", "naive", "utility_indifference"):
            assert word not in text


async def test_a_fork_question_fits_a_small_screen(tmp_path: Path) -> None:
    async with reading(tmp_path, size=(80, 24)) as at:
        await at.replay(at.parent)
        await at.press("f")
        box = at.screen.query_one("#question")
        assert box.max_scroll_y == 0
        assert box.size.height <= 22
