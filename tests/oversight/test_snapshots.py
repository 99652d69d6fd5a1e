"""Keep the console's looks: `just snap` takes them anew; look before committing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from sandbox.schema import Stakes
from tests.oversight.desk import Desk
from tests.oversight.fakes import finding


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
