"""Draw the operations screen: agents, queue, review card, feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import DataTable, RichLog, Static

from oversight.dashboard import card
from oversight.queue import Ticket
from oversight.transcript import line
from sandbox.decision import DecisionKind
from sandbox.schema import Stakes
from sandbox.text import printable

if TYPE_CHECKING:
    from oversight.dashboard.app import Console

KEYS = "! pause all  S shut down...  i interrupt  r resume  tab move  enter open  ^q quit"
CARD_KEYS = "v veto (5 s undo)  V veto with reason  a approve  i interrupt  esc close"


class Operations(Screen[None]):
    """Show who runs, who waits, and the one request that is open."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [
        (0, "-narrow"),
        (100, "-normal"),
        (120, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "app.approve", "approve", id="approve"),
        Binding("v", "app.veto", "veto", id="veto"),
        Binding("V", "app.veto_reason", "veto with reason", id="veto-reason"),
        Binding("u", "app.undo", "undo veto", id="undo"),
        Binding("i", "app.interrupt", "interrupt", id="interrupt"),
        Binding("r", "app.resume", "resume", id="resume"),
        Binding("S", "app.shutdown", "shut down", id="shutdown"),
        Binding("down", "move(1)", "next request", show=False),
        Binding("up", "move(-1)", "previous request", show=False),
        Binding("pagedown", "page(1)", "read on", show=False, priority=True),
        Binding("pageup", "page(-1)", "read back", show=False, priority=True),
        Binding("enter", "open", "open request", show=False),
        Binding("escape", "app.close_card", "close card", show=False),
    ]

    app: Console

    def __init__(self) -> None:
        """Start with nothing listed."""
        super().__init__()
        self._listed: list[str] = []
        self._drawn = ""

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield Static(id="strip")
        with Horizontal(id="main"):
            with Vertical(id="left"):
                yield Static(id="agents", classes="pane")
                yield Static(id="world", classes="pane")
                with Vertical(id="queue-pane", classes="pane"):
                    yield DataTable(id="queue", cursor_type="row")
            with VerticalScroll(id="review", classes="pane"):
                yield Static(id="card")
        with Vertical(id="feed-pane", classes="pane"):
            yield RichLog(id="feed", max_lines=10_000, markup=False, highlight=False, wrap=False)
        yield Static(id="note")
        yield Static(id="keys")

    def on_mount(self) -> None:
        """Name the panes and start the beat."""
        for pane, title in (("agents", "AGENTS"), ("world", "WORLD"), ("queue-pane", "QUEUE")):
            self.query_one(f"#{pane}").border_title = title
        self.query_one("#feed-pane").border_title = "FEED"
        table: DataTable[Content | str] = self.query_one("#queue", DataTable)
        for column, width in (("lvl", 3), ("id", 6), ("left", 5), ("agent", 11), ("action", 15)):
            table.add_column(column, key=column, width=width)
        self.beat()
        self.set_interval(0.25, self.beat)

    def beat(self) -> None:
        """Draw what has changed. An arriving request moves neither focus nor cursor nor card."""
        self._draw_feed()
        tickets = self.app.crew.queue.open()
        self._draw_queue(tickets)
        self._draw_agents({one.request.agent: one for one in tickets})
        self._draw_card()
        self._draw_strip(tickets)
        self.query_one("#note", Static).update(Content(self.app.note_line()))
        keys = CARD_KEYS if self.app.opened else KEYS
        self.query_one("#keys", Static).update(Content(f"{keys}   op {self.app.operator}"))

    def _draw_feed(self) -> None:
        feed, news = self.query_one("#feed", RichLog), self.app.crew.news
        while news:
            name, event = news.popleft()
            self.app.remember(name, event)
            if text := line(event):
                feed.write(f"{name:<12}{text.strip()}")

    def _draw_queue(self, tickets: list[Ticket]) -> None:
        """List the requests; while a card is open the order stands, and new ones are appended."""
        table: DataTable[Content | str] = self.query_one("#queue", DataTable)
        by_id = {ticket.request.id: ticket for ticket in tickets}
        order = list(by_id)
        if self.app.opened:
            kept = [one for one in self._listed if one in by_id]
            order = kept + [one for one in order if one not in kept]
        if order != self._listed:
            self._relist(table, [by_id[one] for one in order])
        for ticket in tickets:
            table.update_cell(ticket.request.id, "left", card.seconds(ticket.left))
        self.query_one("#queue-pane").border_subtitle = f"{len(tickets)} pending"

    def _relist(self, table: DataTable[Content | str], tickets: list[Ticket]) -> None:
        """Fill the table anew; the cursor stays on its request, wherever that moved to."""
        under = self.cursor_id()
        table.clear()
        self._listed = []
        for ticket in tickets:
            request = ticket.request
            self._listed.append(request.id)
            table.add_row(
                card.mark(request.stakes),
                request.id,
                card.seconds(ticket.left),
                Content(printable(request.agent, 40)),
                Content(request.proposal.action.name),
                key=request.id,
            )
        if under in self._listed:
            table.move_cursor(row=self._listed.index(under), animate=False)

    def cursor_id(self) -> str:
        """Return the id of the request under the cursor, or an empty text."""
        row = self.query_one("#queue", DataTable).cursor_row
        return self._listed[row] if 0 <= row < len(self._listed) else ""

    def _draw_agents(self, waiting: dict[str, Ticket]) -> None:
        rows = []
        for name, member in self.app.crew.members.items():
            limit = member.session.world.max_steps
            state = "waiting for you" if name in waiting else member.state
            chosen = ">" if name == self.app.chosen_agent() else " "
            rows.append(
                f"{chosen}{printable(name, 12):<12} {member.steps:>3}/{limit:<3} "
                f"{printable(member.fault or state, 60)}"
            )
        self.query_one("#agents", Static).update(Content("\n".join(rows)))
        chosen_name = self.app.chosen_agent()
        if chosen_name:
            world = self.app.crew.members[chosen_name].session.world
            self.query_one("#world", Static).update(Content(world.render(48)))
            self.query_one("#world").border_title = f"WORLD of {chosen_name}"

    def _draw_card(self) -> None:
        review = self.query_one("#review", VerticalScroll)
        shown = self.query_one("#card", Static)
        ticket = self.app.open_ticket()
        if ticket is None:
            self._drawn, review.border_title, review.border_subtitle = "", "REVIEW", ""
            shown.update(Content("nothing is open: choose a request and press enter"))
            return
        review.border_title = f"REVIEW {ticket.request.id}"
        review.border_subtitle = ticket.request.stakes.upper()
        width = max(40, review.content_size.width)
        shown.update(card.write(ticket, self.app.precedent(ticket.request), width))
        if self._drawn != ticket.request.id:
            self._drawn = ticket.request.id  # its height is known at the next beat only
            review.scroll_home(animate=False)
        elif review.scroll_y >= review.max_scroll_y:
            self.app.card_was_seen()

    def _draw_strip(self, tickets: list[Ticket]) -> None:
        crew = self.app.crew
        ended = len(crew.stopped())
        counts = [sum(one.request.stakes is level for one in tickets) for level in Stakes]
        parts: list[str | tuple[str, str]] = [
            f"OFFSWITCH  running {len(crew.members) - ended}  ended {ended}  waiting {len(tickets)}"
        ]
        for level, count in zip(reversed(Stakes), reversed(counts), strict=True):
            if count:
                glyph, _, colour = card.MARKS[level]
                parts += ["  ", (f"{glyph} {count}", colour)]
        if crew.queue.paused and ended < len(crew.members):
            parts.append(f"  PAUSED {len(crew.paused())} of {len(crew.members)}")
        parts.append(f"   containment: {self.app.containment}")
        self.query_one("#strip", Static).update(Content.assemble(*parts))

    def action_move(self, by: int) -> None:
        """Move the queue's cursor."""
        table = self.query_one("#queue", DataTable)
        if self._listed:
            table.move_cursor(row=max(0, min(len(self._listed) - 1, table.cursor_row + by)))

    def action_page(self, by: int) -> None:
        """Scroll the review card by a page, wherever the focus is."""
        review = self.query_one("#review", VerticalScroll)
        review.scroll_relative(y=by * review.content_size.height, animate=False)

    def action_open(self) -> None:
        """Open the request under the cursor. Enter never approves."""
        self.app.open_card(self.cursor_id())

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open the request that was chosen in the table."""
        self.app.open_card(str(event.row_key.value))


def answered(kind: DecisionKind) -> str:
    """Return the past tense of a decision, for the note line."""
    return {DecisionKind.APPROVE: "approved", DecisionKind.VETO: "vetoed"}.get(kind, str(kind))
