"""The console's page of episodes stays short, and says what it leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import DataTable

from oversight.dashboard.replay import LISTED
from sandbox.log import Store
from tests.oversight.desk import desk

pytestmark = pytest.mark.anyio


def fill(store: Store, count: int) -> None:
    """Add rows of episodes without their events."""
    store.db.conn.executemany(
        "INSERT INTO episodes (id, task, setting, agent, header, started, ended, status, length,"
        " head, number) VALUES (?, 't', 's', 'a', '{}', 0, 1, 'goal', 1, '', ?)",
        [(f"made-{number}", 100 + number) for number in range(count)],
    )
    store.db.conn.commit()


async def test_the_newest_episodes_are_listed_and_the_rest_is_counted(tmp_path: Path) -> None:
    async with desk(tmp_path, names="ab") as at:
        store = Store(tmp_path / "offswitch.db")
        fill(store, LISTED)
        await at.press("E")
        table = at.screen.query_one("#episodes", DataTable)
        assert table.row_count == LISTED
        assert str(table.ordered_rows[0].key.value) == f"made-{LISTED - 1}"
        words = f"the newest {LISTED} of {LISTED + 2:,} episodes in {store.path}"
        assert at.text("detail") == f"{words}; `offswitch episodes` lists and searches all"


async def test_a_short_list_is_whole_and_says_how_each_stands(tmp_path: Path) -> None:
    async with desk(tmp_path, names="ab") as at:
        store = Store(tmp_path / "offswitch.db")
        fill(store, 1)
        await at.press("E")
        table = at.screen.query_one("#episodes", DataTable)
        stands = [str(table.get_row(one.key)[4]) for one in table.ordered_rows]
        assert stands == ["goal", "running", "running"]
        assert at.text("detail") == f"3 episodes in {store.path}"
