"""Ask for the second step. Nothing is focused at first, and the first key does nothing here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

Answers = dict[str, str]


@dataclass(frozen=True)
class Blank:
    """Describe one line to fill in.

    Attributes:
        id: under which the answer is returned.
        label: what stands before it.
        value: what stands in it at first.
        must: text that has to be typed exactly; empty when anything goes.
        needed: it may not stay empty.
        length: most characters.
    """

    id: str
    label: str
    value: str = ""
    must: str = ""
    needed: bool = True
    length: int = 300


REASON = Blank("reason", "reason")


class Field(Input):
    """Take typed text; what must be typed cannot be pasted."""

    def _on_paste(self, event: events.Paste) -> None:
        """Take nothing where a token must be typed."""
        if self.id == "token":
            event.prevent_default()
            event.stop()


class Question(ModalScreen[Answers | None]):
    """Ask; `None` means go back. It closes by itself once what it is about has ended."""

    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = [(0, "-low"), (28, "-middle")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "go back"),
        *(Binding(str(number), f"choose({number})", show=False) for number in range(1, 10)),
    ]

    def __init__(
        self,
        title: str,
        body: str,
        blanks: Sequence[Blank] = (REASON,),
        choices: Sequence[tuple[str, str]] = (),
        *,
        alive: Callable[[], bool] = lambda: True,
        check: Callable[[Answers], str] = lambda answers: "",
    ) -> None:
        """Ask to fill in `blanks` and pick one of `choices` (value, label); `check` may refuse."""
        super().__init__()
        self._title, self._body = title, body
        self._blanks, self._choices = blanks, choices
        self._alive, self._check = alive, check
        self._chosen = choices[0][0] if choices else ""

    def compose(self) -> ComposeResult:
        """Lay out text, choices and lines to fill in."""
        with VerticalScroll(id="question", can_focus=False):
            yield Static(Content(self._title), id="question-title")
            yield Static(Content(self._body), id="question-body")
            if self._choices:
                yield Static("", id="question-choices")
            for blank in self._blanks:
                yield Label(Content(blank.label))
                yield Field(value=blank.value, id=blank.id, max_length=blank.length)
            yield Static(Content(self._advice()), id="question-advice")
            yield Static("", id="question-note")

    def _advice(self) -> str:
        fill = "tab to a line; enter sends once all is filled" if self._blanks else "enter sends"
        return f"{fill}; esc goes back, nothing is decided"

    def on_mount(self) -> None:
        """Show the choices and watch for the end of what this is about."""
        self._draw_choices()
        self.set_interval(0.25, self.watch_end)

    def watch_end(self) -> None:
        """Close when what this is about has ended: expired, or decided elsewhere."""
        if self.is_current and not self._alive():
            self.app.notify("it ended meanwhile: expired or decided elsewhere", markup=False)
            self.dismiss(None)

    def _draw_choices(self) -> None:
        if not self._choices:
            return
        rows = [
            f"{'>' if value == self._chosen else ' '} {number} {label}"
            for number, (value, label) in enumerate(self._choices, 1)
        ]
        self.query_one("#question-choices", Static).update(Content("\n".join(rows)))

    def action_choose(self, number: int) -> None:
        """Choose by number."""
        if number <= len(self._choices):
            self._chosen = self._choices[number - 1][0]
            self._draw_choices()

    def key_enter(self) -> None:
        """Send, where there is nothing to fill in."""
        if not self._blanks:
            self.dismiss({"choice": self._chosen})

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Send only when everything is there."""
        event.stop()
        answers = {
            blank.id: self.query_one(f"#{blank.id}", Input).value.strip() for blank in self._blanks
        }
        answers["choice"] = self._chosen
        problem = next(filter(None, map(self._lacks, self._blanks)), "") or self._check(answers)
        if problem:
            self.query_one("#question-note", Static).update(Content(problem))
        else:
            self.dismiss(answers)

    def _lacks(self, blank: Blank) -> str:
        """Say what is missing in one line."""
        value = self.query_one(f"#{blank.id}", Input).value.strip()
        if blank.must and value != blank.must:
            return f"type {blank.must}"
        return f"{blank.label}: needed" if blank.needed and not value else ""

    def action_back(self) -> None:
        """Go back; nothing was decided."""
        self.dismiss(None)
