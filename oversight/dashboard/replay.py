"""Browse the log, and watch an episode again on the operations screen, with decisions dead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import DataTable, Static

from oversight.dashboard import card, panes
from oversight.dashboard.card import Sheet
from oversight.dashboard.operations import Operations, bindings
from oversight.dashboard.pages import Page, add_columns
from oversight.dashboard.scene import Scene
from oversight.dashboard.tape import Tape, how_decided
from sandbox.errors import OffswitchError
from sandbox.events import Finding
from sandbox.log import Store
from sandbox.schema import Stakes
from sandbox.text import printable

SPEED = 0.4
"""Seconds between two events while it plays."""

MOST = 2
"""Findings that are written out at their step."""


class Replay(Operations):
    """Show the operations screen of an episode that is over, or was up to now."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("replay")
    live = False

    def __init__(self, tape: Tape) -> None:
        """Stand at the tape's place."""
        super().__init__()
        self.tape = tape
        self._scene = tape.scene()
        self._playing: Timer | None = None

    @property
    def scene(self) -> Scene:
        """Return the scene of this place."""
        return self._scene

    @property
    def opened(self) -> str:
        """Return the request of this place: its card is open by itself."""
        return self.tape.frame.request.id if self.tape.frame.request else ""

    @property
    def watched(self) -> str:
        """Return the one agent."""
        return self.tape.name

    def order(self) -> list[str]:
        """Return the request of this place."""
        return list(self._scene.requests)

    def sheet(self) -> Sheet | None:
        """Return the card as it stood, and how it was decided."""
        frame = self.tape.frame
        if frame.request is None:
            return None
        return Sheet(
            view=self._scene.requests[frame.request.id],
            standing=self._scene.standings.get(frame.request.id),
            agent="" if self.app.blind else str(self.tape.header["agent"]),
            decided=how_decided(frame.decision) if frame.decision else "",
            stage=self._scene.members[self.tape.name].stage,
        )

    def look(self) -> None:
        """Note nothing: nobody decides here."""

    def _draw_alarm(self) -> None:
        """Draw the timeline where the alarm stands in a live run."""
        width = max(10, self.size.width - 2)
        word = f" REPLAY  {self.tape.episode.id}  {self._scene.replay}  "
        line = self.tape.timeline(width - len(word) - 2)
        self._put("alarm", Content.assemble((word, "reverse"), f" {line}"))

    def _draw_foot(self) -> None:
        width = self.size.width - 2
        note = self.tape.frame.fault or "decisions are dead here: this has happened"
        found = self.tape.found_here()
        lines = [found_line(one) for one in found[:MOST]]
        lines += [f"and {len(found) - MOST} more: F lists them"] if len(found) > MOST else []
        self._put("note", Content("\n".join(lines) or printable(note, 300)))
        self._put("keys", panes.keys(panes.REPLAY_KEYS, self.app.shown_keys, width))
        self._put("base-keys", Content.styled("D decision   F finding   | this place", card.GREY))

    def replay_act(self, number: str) -> None:
        """Step, play, seek, fork or leave."""
        if number == "close":
            self._stop()
            self.app.pop_screen()
            return
        if number == "fork":
            self._stop()
            self.app.fork(self.tape.episode.id, self.tape.step)
            return
        if number == "replay-play":
            self._play()
            return
        self._stop()
        if number == "replay-next":
            self.tape.next_mark()
        elif number == "replay-before":
            self.tape.mark_before()
        else:
            self.tape.move(1 if number == "replay-on" else -1)
        self._show()

    def show_finding(self, finding: Finding) -> None:
        """Go to the step of a finding of this episode."""
        self._stop()
        self.tape.show(finding.id)
        self._show()

    def _play(self) -> None:
        if self._playing is None:
            self._playing = self.set_interval(SPEED, self._on)
        else:
            self._stop()

    def _on(self) -> None:
        self.tape.move(1)
        self._show()
        if self.tape.at == len(self.tape.frames) - 1:
            self._stop()

    def _stop(self) -> None:
        if self._playing is not None:
            self._playing.stop()
            self._playing = None

    def _show(self) -> None:
        self._scene = self.tape.scene()
        self.draw()


def found_line(finding: Finding) -> str:
    """Write a finding for the foot of a replay: its mark, its kind, and its sentence whole."""
    letter, word, _ = card.MARKS[Stakes(finding.severity)]
    kind = f"{printable(finding.id)} {printable(finding.detector)}"
    return f"{letter} {word}  {kind}: {printable(finding.sentence, 600)}"


class EpisodesPage(Page):
    """List the log's episodes; enter replays the one under the cursor."""

    title_line = "EPISODES"
    foot_line = "enter replays   esc back   ! pause all   S shut down...   ? help"

    def body(self) -> ComposeResult:
        """Lay out the table."""
        yield DataTable(id="episodes", cursor_type="row")
        yield Static(id="detail", classes="pane")

    def on_mount(self) -> None:
        """List them; focus the table, which decides nothing."""
        table: DataTable[Any] = self.query_one("#episodes", DataTable)
        add_columns(
            table,
            *(("id", 22), ("started (UTC)", 19), ("task", 34), ("agent", 12)),
            *(("ended by", 12), ("events", 7)),
        )
        detail = self.query_one("#detail", Static)
        try:
            self._store = Store(self.app.logs / "offswitch.db", readonly=True)
            episodes = self._store.episodes()
        except OffswitchError as error:
            detail.update(Content(printable(error)))
            return
        for one in episodes:
            started = datetime.fromtimestamp(one.started, UTC).strftime("%Y-%m-%d %H:%M:%S")
            agent = "" if self.app.blind else printable(one.agent, 30)
            row = (one.id, started, f"{one.task}/{one.setting}", agent, one.status, str(one.length))
            table.add_row(*map(Content, row), key=one.id)
        detail.update(Content(f"{len(episodes)} episodes in {self._store.path}"))
        table.focus()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Replay an episode."""
        try:
            episode = self._store.find(str(event.row_key.value))
            tape = Tape(self._store, episode, self.app.columns())
        except OffswitchError as error:
            self.query_one("#detail", Static).update(Content(printable(error)))
            return
        self.app.push_screen(Replay(tape))
