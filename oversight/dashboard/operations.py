"""Draw the operations screen: agents, queue, review card, feed, workload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import DataTable, Log, Static

from oversight.dashboard import card, panes
from oversight.dashboard.actions import ACTS
from oversight.dashboard.card import Sheet
from oversight.dashboard.pages import AgentPage
from oversight.dashboard.scene import FEED, Scene
from oversight.dashboard.world_pane import WorldPane
from sandbox.text import printable

if TYPE_CHECKING:
    from oversight.dashboard.app import Console

SMALL = (80, 24)
"""Columns and rows below which nothing is approved."""

APART = {"replay", "stop"}
"""Groups whose keys are bound elsewhere."""


def bindings(*groups: str, priority: tuple[str, ...] = ()) -> list[BindingType]:
    """Return the bindings of some groups of the action table."""
    return [
        Binding(
            act.key,
            f"app.act('{act.id}')",
            act.label,
            show=False,
            priority=act.id in priority,
            id=act.id,
        )
        for act in ACTS
        if act.group in groups
    ]


class Rows(DataTable[Any]):
    """List rows; one click chooses."""

    def __init__(self, **options: Any) -> None:
        """Show rows without a header."""
        super().__init__(cursor_type="row", show_header=False, cell_padding=0, **options)

    def on_click(self, event: events.Click) -> None:
        """Choose the row that was clicked; a second click finds it chosen."""
        row = event.style.meta.get("row", -1)
        if 0 <= row < self.row_count:
            self.move_cursor(row=row, animate=False)
            self.action_select_cursor()


class Operations(Screen[None]):
    """Show who runs, who waits, and the one request that is open."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [
        (0, "-narrow"),
        (100, "-normal"),
        (120, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (28, "-middle"), (36, "-high")]
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("decide", "look", priority=("page-down", "page-up")),
        Binding("down", "move(1)", "next request", show=False),
        Binding("up", "move(-1)", "previous request", show=False),
    ]

    live = True
    """False where it shows what has happened before."""

    app: Console

    def __init__(self) -> None:
        """Start with nothing listed."""
        super().__init__()
        self.listed: list[str] = []
        self.filter = ""
        self.ready = False
        self._cells: dict[tuple[str, str], str] = {}
        self._texts: dict[str, Any] = {}
        self._lines = 0
        self._sheet: tuple[Any, ...] = ()

    @property
    def scene(self) -> Scene:
        """Return what is drawn."""
        return self.app.scene

    @property
    def opened(self) -> str:
        """Return the id of the request on the card."""
        return self.app.desk.opened

    @property
    def watched(self) -> str:
        """Return the agent whose world is drawn."""
        return self.app.chosen_agent()

    def order(self) -> list[str]:
        """Return the open requests in the order in which they are listed."""
        return self.app.desk.order()

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield Static(id="strip")
        yield Static(id="alarm")
        with Horizontal(id="main"):
            with Vertical(id="left"):
                with Vertical(id="agents-pane", classes="pane"):
                    yield Rows(id="agents")
                yield WorldPane(id="world", classes="pane")
                with Vertical(id="queue-pane", classes="pane"):
                    yield Rows(id="queue")
            with VerticalScroll(id="review", classes="pane"):
                yield Static(id="card")
        with Horizontal(id="bottom"):
            with Vertical(id="feed-pane", classes="pane"):
                yield Log(id="feed", max_lines=FEED, highlight=False)
            yield Static(id="workload", classes="pane")
        yield Static(id="feed-line")
        yield Static(id="workload-line")
        yield Static(id="note")
        yield Static(id="keys")
        yield Static(id="base-keys")

    def on_mount(self) -> None:
        """Name the panes."""
        titles = (("agents-pane", "AGENTS"), ("queue-pane", "QUEUE"), ("feed-pane", "FEED"))
        for pane, title in (*titles, ("workload", "WORKLOAD"), ("world", "WORLD")):
            self.query_one(f"#{pane}").border_title = title
        agents: DataTable[Any] = self.query_one("#agents", DataTable)
        for column, wide in (("name", 13), ("kind", 10), ("steps", 8), ("state", 60)):
            agents.add_column(column, key=column, width=wide)
        queue: DataTable[Any] = self.query_one("#queue", DataTable)
        for column, wide in (
            *(("mark", 2), ("lvl", 4), ("id", 7), ("agent", 11)),
            *(("action", 18), ("left", 6)),
        ):
            queue.add_column(column, key=column, width=wide)
        self.ready = True
        self.draw()

    def on_resize(self, event: events.Resize) -> None:
        """Note whether the terminal is large enough to approve anything."""
        self.app.desk.small = event.size.width < SMALL[0] or event.size.height < SMALL[1]
        self.set_class(event.size.height < SMALL[1], "-short")
        self.call_after_refresh(self.draw)

    def draw(self, *, all_of_it: bool = True) -> None:
        """Draw what has changed. An arrival moves neither focus nor cursor nor card.

        What a key has changed is drawn at once, without feed and workload: they have time.
        """
        if not self.ready:
            return
        scene, width = self.scene, self.size.width
        self._put("strip", panes.strip(scene, width, blind=self.app.blind))
        self._draw_agents()
        self._draw_queue()
        self._draw_card()
        self._draw_alarm()
        self._draw_foot()
        if all_of_it:
            self._draw_feed()
            self._draw_workload()

    def _draw_workload(self) -> None:
        scene = self.scene
        over = all(one.ended for one in scene.members.values())
        load = panes.workload(scene.figures, over=over, blind=self.app.blind)
        self._put("workload", load)
        self._put("workload-line", Content(panes.workload_line(scene.figures)))

    def _put(self, pane: str, text: Content) -> bool:
        """Update a pane only when its text has changed; tell whether it has."""
        if self._texts.get(pane) == text:
            return False
        self._texts[pane] = text
        grows = pane == "card" or (pane == "note" and not self.live)
        self.query_one(f"#{pane}", Static).update(text, layout=grows)
        return True

    def _draw_alarm(self) -> None:
        app = self.app
        current = app.alarms.current(self.scene, app.desk.opened)
        muted = current is not None and app.alarms.is_muted(current.request.id)
        self._put("alarm", panes.alarm(self.scene, current, app.fresh(), muted=muted))

    def _draw_foot(self) -> None:
        desk, width = self.app.desk, self.size.width - 2
        self._put("note", Content(printable(desk.note_line(), 300)))
        shown = self.app.shown_keys
        ids = panes.CARD_KEYS if desk.opened else panes.LOOK_KEYS
        self._put("keys", panes.keys(ids, shown, width))
        who = f"   op {printable(desk.operator, 30)}"
        base = panes.keys(panes.BASE_KEYS, shown, width - len(who))
        self._put("base-keys", Content.assemble(base, (who, card.GREY)))

    def _draw_agents(self) -> None:
        table: DataTable[Any] = self.query_one("#agents", DataTable)
        waiting = {
            view.request.agent: self.scene.standings[number].since
            for number, view in self.scene.requests.items()
            if number in self.scene.standings
        }
        for name, member in self.scene.members.items():
            row = panes.agent_row(member, waiting.get(name), blind=self.app.blind)
            if name not in table.rows:
                table.add_row(*map(Content, row), key=name)
            for column, text in zip(("name", "kind", "steps", "state"), row, strict=True):
                self._cell(table, "agents", name, column, text)
        pane = self.query_one("#agents-pane")
        pane.border_subtitle = str(len(self.scene.members))
        world = self.query_one(WorldPane)
        world.border_title = panes.world_title(self.scene, self.watched)
        key = self.app.shown_keys["agent"] if self.live else ""
        world.show(self.scene.watched or "nothing is watched", key)

    def _cell(self, table: DataTable[Any], pane: str, row: str, column: str, text: str) -> None:
        """Update a cell only when its text has changed."""
        key = (f"{pane} {row}", column)
        if self._cells.get(key) != text:
            self._cells[key] = text
            table.update_cell(row, column, Content(text))

    def _draw_queue(self) -> None:
        """List the requests; while a card is open the order stands, and new ones are appended."""
        table: DataTable[Any] = self.query_one("#queue", DataTable)
        order = self.order()
        if self.opened:
            kept = [one for one in self.listed if one in self.scene.requests]
            known = set(kept)
            order = kept + [one for one in order if one not in known]
        if order != self.listed:
            self._relist(table, order)
        marked = self.app.desk.marked
        top = int(table.scroll_y)
        for number in order[top : top + table.size.height + 1]:  # what is out of sight can wait
            open_ = number in self.scene.standings
            left = card.seconds(self.scene.left(number)) if open_ else ""
            self._cell(table, "queue", number, "left", left)
            self._cell(table, "queue", number, "mark", "x" if number in marked else "")
        together = f", {len(marked)} marked" if marked else ""
        self.query_one("#queue-pane").border_subtitle = f"{len(order)} pending{together}"

    def _relist(self, table: DataTable[Any], order: list[str]) -> None:
        """Fill the table anew; the cursor stays on its request, wherever that moved to."""
        under = self.cursor_id()
        table.clear()
        self._cells = {
            key: text for key, text in self._cells.items() if not key[0].startswith("queue ")
        }
        self.listed = order
        for number in order:
            request = self.scene.requests[number].request
            new = " +" if number in self.app.fresh() else ""
            table.add_row(
                Content(""),
                card.mark(request.stakes),
                number,
                Content(printable(request.agent, 40)),
                Content(request.proposal.action.name + new),
                Content(""),
                key=number,
            )
        if under in order:
            table.move_cursor(row=order.index(under), animate=False)

    def cursor_id(self) -> str:
        """Return the id of the request under the cursor, or an empty text."""
        row = self._row("queue")
        return self.listed[row] if 0 <= row < len(self.listed) else ""

    def cursor_agent(self) -> str:
        """Return the agent under the cursor of the agents' table, or an empty text."""
        row = self._row("agents")
        names = list(self.scene.members)
        return names[row] if 0 <= row < len(names) else ""

    def _row(self, table: str) -> int:
        """Return the row of a table's cursor; -1 when the screen is being taken down."""
        found = self.query(f"#{table}").results(DataTable)
        return next((one.cursor_row for one in found), -1)

    def sheet(self) -> Sheet | None:
        """Return what stands on the card."""
        desk = self.app.desk
        view = desk.card()
        if view is None:
            return None
        edit = desk.edits.get(view.request.id)
        dry = edit.rehearsed.preview if edit else None
        member = self.scene.members.get(view.request.agent)
        return Sheet(
            view=view,
            standing=desk.standing(),
            edit=(edit.action, edit.rehearsed.digest, dry) if edit and dry else None,
            seconds_open=desk.seconds_open(),
            seen=desk.seen,
            agent=member.agent if member and not self.app.blind else "",
            stage=member.stage if member else "",
        )

    def _draw_card(self) -> None:
        review = self.query_one("#review", VerticalScroll)
        sheet = self.sheet()
        if sheet is None:
            review.border_title, review.border_subtitle = "REVIEW", ""
            self._sheet = ()
            self._put("card", Content("nothing is open: choose a request and press enter"))
            return
        request = sheet.view.request
        which = (request.id, sheet.edit[1] if sheet.edit else "")
        # Room for the bar stays free: with it shown, lines as wide as the pane would break again.
        room = review.content_size.width - review.styles.scrollbar_size_vertical
        changed = self._put("card", card.write(sheet, max(40, room)))
        if which != self._sheet:
            self._sheet = which
            review.scroll_home(animate=False, immediate=True)
            review.border_title = f"REVIEW  {request.id}"
        review.border_subtitle = card.MARKS[request.stakes][1]
        if not changed:  # else the layout is still that of what was shown before
            self.look()

    def look(self) -> None:
        """Note whether the card's last line is, or was, on the screen."""
        review, shown = self.query_one("#review"), self.query_one("#card")
        lines = str(self._texts.get("card", "")).rstrip().count("\n") + 1
        drawn = review.content_size.height > 0 and shown.size.height >= lines
        drawn = drawn and self._sheet[:1] == (self.opened,) and self.is_current
        whole = shown.virtual_region.height <= review.content_size.height
        at_end = review.max_scroll_y > 0 and review.scroll_offset.y >= review.max_scroll_y
        if drawn and (whole or at_end):
            self.app.desk.seen = True

    def _draw_feed(self) -> None:
        scene = self.scene
        feed = self.query_one("#feed", Log)
        fresh = min(scene.lines - self._lines, len(scene.feed))
        if fresh < 0:  # a replay went back
            feed.clear()
            fresh = len(scene.feed)
        if fresh:
            lines = list(scene.feed)[-fresh:] if fresh else []
            self._lines = scene.lines
            shown = [one for one in lines if self._passes(one)]
            feed.write_lines(shown, scroll_end=feed.is_vertical_scroll_end)
            self._put("feed-line", Content(lines[-1]))
        title = f"filter: {printable(self.filter, 40)}" if self.filter else "f filter"
        self.query_one("#feed-pane").border_subtitle = title

    def _passes(self, text: str) -> bool:
        low = text.casefold()
        return all(word in low for word in self.filter.casefold().split())

    def set_filter(self, words: str) -> None:
        """Show only the feed lines that hold all of `words`."""
        self.filter = words
        feed = self.query_one("#feed", Log)
        feed.clear()
        feed.write_lines([one for one in self.scene.feed if self._passes(one)], scroll_end=True)

    def show_tab(self, number: int) -> None:
        """Choose what a narrow screen shows: 1 queue and card, 2 feed, 3 agents and world."""
        for one in (2, 3):
            self.set_class(one == number, f"-tab-{one}")

    def page(self, by: int) -> None:
        """Scroll the review card by a page, wherever the focus is."""
        review = self.query_one("#review", VerticalScroll)
        review.scroll_relative(y=by * review.content_size.height, animate=False)
        self.call_after_refresh(self.look)

    def action_move(self, by: int) -> None:
        """Move the queue's cursor."""
        table = self.query_one("#queue", DataTable)
        if self.listed:
            table.move_cursor(row=max(0, min(len(self.listed) - 1, table.cursor_row + by)))

    def _choose(self, table: str, chosen: str) -> None:
        if table == "queue":
            self.app.open_card(chosen)
        elif not isinstance(self.app.screen, AgentPage):
            self.app.show_agent(chosen)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open what was chosen: a request's card, or all of an agent."""
        self._choose(event.data_table.id or "", str(event.row_key.value))
