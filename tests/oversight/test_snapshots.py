"""Keep the console's looks: `just snap` takes them anew; look before committing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from oversight.compare import compare
from oversight.dashboard.episodes import ComparePage
from oversight.dashboard.questions import fork_question
from sandbox.decision import DecisionKind
from sandbox.schema import Stakes
from tests.oversight.desk import Desk
from tests.oversight.fakes import finding
from tests.oversight.shelf import BOS, NEVER, Shelf

SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["wide", "narrow"])


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15)], ids=["wide", "narrow", "small"])
@pytest.mark.parametrize("no_color", [False, True], ids=["colour", "no-colour"])
def test_an_open_card_and_a_queue_look_as_they_did(
    snap_compare: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    no_color: bool,
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    at = Desk(tmp_path)

    async def before(pilot: Pilot[int]) -> None:
        at.pilot = pilot
        await at.beat()
        await at.ask("R-0001", deadline=150, findings=(finding(),))
        await at.ask("R-0002", agent="b", stakes=Stakes.WARNING, deadline=50)
        await at.open()

    assert snap_compare(at.app, terminal_size=size, run_before=before)


@SIZES
def test_a_fork_question_looks_as_it_did(
    snap_compare: Any, tmp_path: Path, size: tuple[int, int]
) -> None:
    at = Desk(tmp_path)

    async def before(pilot: Pilot[int]) -> None:
        at.pilot = pilot
        await at.beat()
        at.app.push_screen(fork_question("20261126-120000-abcdef", 3, blind=False))
        await at.press("2")  # no field is focused: its cursor would blink

    assert snap_compare(at.app, terminal_size=size, run_before=before)


@SIZES
def test_a_comparison_looks_as_it_did(
    snap_compare: Any, tmp_path: Path, size: tuple[int, int]
) -> None:
    at, shelf = Desk(tmp_path), Shelf(tmp_path)
    was = shelf.run(BOS, NEVER, seed=11)
    other = shelf.fork(was.episode, 3, DecisionKind.APPROVE, reward="utility_indifference")
    found = compare(shelf.store, shelf.store.find(was.episode), shelf.store.find(other.episode))
    fork = replace(found.b, id="20261126-120030-fedcba", header=found.b.header | {"parent": "A"})
    named = replace(found, a=replace(found.a, id="20261126-120000-abcdef"), b=fork)

    async def before(pilot: Pilot[int]) -> None:
        at.pilot = pilot
        await at.beat()
        at.app.push_screen(ComparePage(named))
        await at.beat()

    assert snap_compare(at.app, terminal_size=size, run_before=before)
