"""Ask for the second step: approve, veto with a reason, shut down. Nothing is focused at first."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from oversight.request import ApprovalRequest
from sandbox.text import printable

TOKEN = 4
"""Characters of the digest that must be typed."""


class Field(Input):
    """Take text, but leave `!` alone: pausing all is one key, always."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Tell whether the field takes a key for itself."""
        return key != "exclamation_mark" and super().check_consume_key(key, character)


class Question(ModalScreen[str | None]):
    """Ask for a reason, and where it matters for a typed token; `None` means go back."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "go back"),
    ]

    def __init__(self, title: str, body: str, token: str, *, alive: Callable[[], bool]) -> None:
        """Ask; `token` must be typed when it is not empty; close once `alive` is False."""
        super().__init__()
        self._title, self._body, self._token, self._alive = title, body, token, alive

    def compose(self) -> ComposeResult:
        """Lay out text, reason and token."""
        with Vertical(id="question"):
            yield Static(Content(self._title), id="question-title")
            yield Static(Content(self._body))
            yield Field(placeholder="reason", id="reason", max_length=300)
            if self._token:
                yield Field(
                    placeholder=f"type {self._token}", id="token", max_length=len(self._token)
                )
            yield Static(Content("tab to a field; enter sends once all is filled; esc goes back"))
            yield Static("", id="question-note")

    def on_mount(self) -> None:
        """Watch for the request's own end."""
        self.set_interval(0.25, self._watch)

    def _watch(self) -> None:
        if not self._alive():
            self.app.notify("it ended meanwhile: expired or decided elsewhere", markup=False)
            self.dismiss(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Send only when reason and token are both there."""
        event.stop()
        reason = self.query_one("#reason", Input).value.strip()
        typed = self.query_one("#token", Input).value.strip() if self._token else ""
        note = self.query_one("#question-note", Static)
        if not reason:
            note.update(Content("a reason is needed"))
        elif typed != self._token:
            note.update(Content(f"type {self._token}"))
        else:
            self.dismiss(reason)

    def action_back(self) -> None:
        """Go back; nothing was decided."""
        self.dismiss(None)


def approve_question(request: ApprovalRequest, alive: Callable[[], bool]) -> Question:
    """Return step two of approving a request of caution or higher."""
    token = request.digest[:TOKEN]
    body = (
        f"{printable(request.proposal.action)}\n{request.agent}, step {request.proposal.step}\n"
        f"type the first four characters of the digest: {token}"
    )
    title = f"APPROVE  {request.id}  step 2 of 2   {request.stakes.upper()}"
    return Question(title, body, token, alive=alive)


def veto_question(request: ApprovalRequest, alive: Callable[[], bool]) -> Question:
    """Return the question for a veto's reason."""
    return Question(f"VETO  {request.id}", printable(request.proposal.action), "", alive=alive)


def shutdown_question(names: list[str], paused: int) -> Question:
    """Return the question before a shutdown; the agents are paused already."""
    body = f"shut down {', '.join(names)}\n{paused} of {len(names)} seen to be paused\ntype stop"
    return Question("SHUT DOWN", body, "stop", alive=lambda: True)
