"""Draw the world of the chosen agent as far as its pane reaches, and say what is beyond."""

from __future__ import annotations

from typing import Any

from textual.content import Content
from textual.widgets import Static

from oversight.wire import COLUMNS

QUEUE = 6
"""Rows that the queue keeps below the world, with its frame."""

LEAST = 3
"""Rows of the smallest pane, with its frame."""


class WorldPane(Static):
    """Show a drawing; a line that is too long is cut with a mark, and never broken."""

    def __init__(self, **options: Any) -> None:
        """Show nothing yet."""
        super().__init__(**options)
        self._drawing = ""

    @property
    def columns(self) -> int:
        """Return the columns that a drawing has here; a guess until it was laid out."""
        return self.content_size.width or COLUMNS

    def show(self, drawing: str, key: str) -> None:
        """Draw; where lines are left over, the frame counts them, and names the page's key."""
        rows = drawing.count("\n") + 1
        if drawing != self._drawing:
            grows = rows != self._drawing.count("\n") + 1
            self._drawing = drawing
            self.update(Content(drawing), layout=grows)
        self._fit()
        beyond = rows - self.content_size.height
        cut = self.content_size.height and beyond > 0
        more = f"{beyond} more lines: {key}" if key else f"{beyond} more lines"
        self.border_subtitle = more if cut else ""

    def _fit(self) -> None:
        """Take what agents and queue leave; the queue comes first."""
        left = self.parent
        if left is None or not self.content_size.height:
            return
        agents, queue = self.screen.query_one("#agents-pane"), self.screen.query_one("#queue-pane")
        taken = agents.outer_size.height + (QUEUE if queue.display else 0)
        most = max(LEAST, self.screen.query_one("#left").size.height - taken)
        if self.styles.max_height is None or self.styles.max_height.value != most:
            self.styles.max_height = most
