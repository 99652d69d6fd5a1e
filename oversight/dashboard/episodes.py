"""Browse the log: as a list, or as a tree of forks; and show two episodes beside each other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import DataTable, Static

from oversight.branches import Leaf, leaf, pair, tree
from oversight.compare import Comparison, compare
from oversight.compared import lines
from oversight.dashboard.operations import bindings
from oversight.dashboard.pages import Page, add_columns
from oversight.dashboard.replay import Replay
from oversight.dashboard.tape import Tape
from sandbox.errors import InputError, OffswitchError
from sandbox.log import Episode, Store
from sandbox.text import printable

LIST = (
    *(("id", 22), ("started (UTC)", 19), ("task", 34), ("agent", 12)),
    *(("ended by", 12), ("events", 7)),
)
TREE = (
    *(("id", 27), ("forked at", 25), ("ended by", 12), ("events", 6)),
    *(("task", 34), ("agent", 12)),
)
"""Columns, with their widths."""

LISTED = 500
"""Episodes that are listed, the newest."""


class EpisodesPage(Page):
    """List the log's episodes; enter replays the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("log")
    title_line = "EPISODES"
    foot_line = "enter replays   t tree   c compare a fork   esc back   ! pause all   ? help"

    def __init__(self, *, as_tree: bool = False) -> None:
        """List them, or with `as_tree` put forks beneath their parents."""
        super().__init__()
        self.as_tree = as_tree
        self._episodes: list[Episode] = []
        self._leaves: dict[str, Leaf] = {}
        self._count = 0

    def body(self) -> ComposeResult:
        """Lay out the table."""
        yield DataTable(id="episodes", cursor_type="row")
        yield Static(id="detail", classes="pane")

    def on_mount(self) -> None:
        """List them; focus the table, which decides nothing."""
        try:
            self._store = Store(self.app.logs / "offswitch.db", readonly=True)
            listed = self._store.episodes(limit=LISTED)
            self._episodes = [one._replace(status=self._store.state(one)) for one in listed]
            self._count = self._store.count()
        except OffswitchError as error:
            self._say(str(error))
            return
        self._say(self._how_many())
        self.list_them()
        self.query_one("#episodes", DataTable).focus()

    def _say(self, words: str) -> None:
        self.query_one("#detail", Static).update(Content(printable(words, 600)))

    def list_them(self) -> None:
        """Fill the table; the cursor keeps its episode."""
        table: DataTable[Any] = self.query_one("#episodes", DataTable)
        chosen, blind = self.chosen(), self.app.blind
        table.clear(columns=True)
        add_columns(table, *(TREE if self.as_tree else LIST))
        plain = (leaf(one, blind=blind) for one in self._episodes)
        leaves = tree(self._episodes, blind=blind) if self.as_tree else plain
        self._leaves = {one.episode.id: one for one in leaves}
        for one in self._leaves.values():
            table.add_row(*map(Content, self._row(one)), key=one.episode.id)
        if chosen:
            table.move_cursor(row=table.get_row_index(chosen), animate=False)

    def _row(self, one: Leaf) -> tuple[str, ...]:
        episode = one.episode
        started = datetime.fromtimestamp(episode.started, UTC).strftime("%Y-%m-%d %H:%M:%S")
        agent = "" if self.app.blind else printable(episode.agent, 30)
        task, ended = printable(f"{episode.task}/{episode.setting}", 80), episode.status
        if self.as_tree:
            return (one.name, one.place, ended, str(episode.length), task, agent)
        return (episode.id, started, task, agent, ended, str(episode.length))

    def chosen(self) -> str:
        """Return the id of the episode under the cursor, or an empty text."""
        table: DataTable[Any] = self.query_one("#episodes", DataTable)
        if not table.row_count:
            return ""
        return str(table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value)

    def turn(self) -> None:
        """Show the tree instead of the list, or the list instead of the tree."""
        self.as_tree = not self.as_tree
        self.list_them()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Say of the episode under the cursor what it branches off."""
        one = self._leaves.get(str(event.row_key.value))
        if one is not None and one.parent:
            self._say(f"{one.episode.id} is a fork of {one.parent} at {one.place}")
        elif one is not None:
            self._say(self._how_many())

    def _how_many(self) -> str:
        listed = len(self._episodes)
        shown = f"the newest {listed} of " if listed < self._count else ""
        rest = "; `offswitch episodes` lists and searches all" if shown else ""
        return f"{shown}{self._count:,} episodes in {self._store.path}{rest}"

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Replay an episode."""
        try:
            episode = self._store.find(str(event.row_key.value))
            tape = Tape(self._store, episode, self.app.columns())
        except OffswitchError as error:
            self._say(str(error))
            return
        self.app.push_screen(Replay(tape))


class ComparePage(Page):
    """Show two episodes beside each other: where they part, and what came of each."""

    title_line = "COMPARE"
    foot_line = "up, down, pgdn read on   esc back   ! pause all   S shut down...   ? help"

    def __init__(self, found: Comparison) -> None:
        """Show a comparison."""
        super().__init__()
        self.found = found

    def body(self) -> ComposeResult:
        """Lay out the text."""
        with VerticalScroll(id="compare", classes="pane"):
            yield Static(id="compare-text")

    def on_mount(self) -> None:
        """Focus the text, which decides nothing."""
        self.query_one("#compare").focus()

    def on_resize(self, event: events.Resize) -> None:
        """Write it in the columns there are."""
        del event
        self.call_after_refresh(self.write)

    def write(self) -> None:
        """Write the comparison."""
        width = self.query_one("#compare").content_size.width
        text = "\n".join(lines(self.found, max(40, width), blind=self.app.blind))
        self.query_one("#compare-text", Static).update(Content(text))


def beside(logs: Store, episode: str) -> Comparison:
    """Compare an episode with its parent; one that is no fork with its newest fork.

    Raises:
        InputError: when it is no fork and has none, or its parent is not there any more.
    """
    found = pair(logs.episodes(), episode)
    if found is None:
        raise InputError(f"{episode} is no fork and has none, so there is nothing beside it")
    return compare(logs, *found)
