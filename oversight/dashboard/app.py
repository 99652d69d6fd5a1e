"""Run the overseer's console: what is open, what was decided, and how everything is stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from oversight.dashboard.crew import Crew, gather
from oversight.dashboard.modals import (
    Question,
    approve_question,
    shutdown_question,
    veto_question,
)
from oversight.dashboard.operations import Operations, answered
from oversight.queue import Ticket
from oversight.request import Answer, ApprovalRequest
from oversight.run import Plan
from oversight.transcript import line
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.events import AnyEvent, Decided, EpisodeEnded, Proposed
from sandbox.log import Store
from sandbox.schema import Stakes

ARMING = 0.5
"""Seconds after a card opens in which no decision is taken."""

UNDO = 5.0
"""Seconds in which a veto can be taken back, before the agent is told."""

PACE = 0.8
"""Seconds between the steps of watched agents."""


class Console(App[int]):
    """Hold the console's state; the screens draw it. Decisions are taken by request id only."""

    CSS_PATH = "console.tcss"
    TITLE = "Offswitch"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("exclamation_mark", "pause", "pause all", priority=True, id="pause"),
        Binding("ctrl+q", "leave", "quit", priority=True, id="quit"),
        Binding("ctrl+c", "leave", "quit", priority=True, show=False),
    ]

    def __init__(self, crew: Crew, operator: str) -> None:
        """Watch `crew`; every decision bears `operator`."""
        super().__init__()
        self.crew = crew
        self.operator = operator
        self.containment = ", ".join(
            sorted({one.plan.containment for one in crew.members.values()})
        )
        self.opened = ""
        self._opened_at = 0.0
        self._seen = False
        self._note = ""
        self._vetoes: dict[str, tuple[float, str]] = {}
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._proposed: dict[str, str] = {}

    def on_mount(self) -> None:
        """Show the operations screen and start the agents."""
        self.push_screen(Operations())
        self.crew.start()
        self.set_interval(0.25, self.settle_vetoes)

    @property
    def by(self) -> str:
        """Return how a decision names the operator."""
        return f"operator:{self.operator}"

    def now(self) -> float:
        """Return the queue's monotonic time in seconds."""
        return self.crew.queue.clock.monotonic()

    def say(self, text: str) -> None:
        """Put one line at the foot of the screen."""
        self._note = text

    def note_line(self) -> str:
        """Return the line at the foot, with the time left to undo a veto."""
        if self._vetoes:
            request, (due, _) = next(reversed(self._vetoes.items()))
            return f"{request} vetoed; u undo ({max(0, due - self.now()):.0f} s)"
        return self._note

    def ticket(self, request: str) -> Ticket | None:
        """Return the open ticket of that id, if it is still open."""
        return next((one for one in self.crew.queue.open() if one.request.id == request), None)

    def open_ticket(self) -> Ticket | None:
        """Return the ticket on the card; the card closes when its request has ended."""
        if not self.opened:
            return None
        found = self.ticket(self.opened)
        if found is None:
            self.say(f"{self.opened} has ended")
            self.opened = ""
        return found

    def chosen_agent(self) -> str:
        """Return the agent of the open card, else of the cursor, else the first that runs."""
        found = self.open_ticket()
        if found is None and isinstance(self.screen, Operations):
            found = self.ticket(self.screen.cursor_id())
        if found is not None:
            return found.request.agent
        running = [one for one in self.crew.members if one not in self.crew.stopped()]
        return (running or list(self.crew.members) or [""])[0]

    def open_card(self, request: str) -> None:
        """Open a request; for a moment no key decides, so that a stray one cannot."""
        if self.ticket(request) is not None:
            self.opened, self._opened_at, self._seen = request, self.now(), False

    def action_close_card(self) -> None:
        """Close the card; nothing was decided."""
        self.opened = ""

    def card_was_seen(self) -> None:
        """Note that the card's last line was on the screen."""
        self._seen = True

    def remember(self, name: str, event: AnyEvent) -> None:
        """Count decisions by action, for the precedent on later cards."""
        if isinstance(event, Proposed):
            self._proposed[name] = event.proposal.action.name
        if isinstance(event, Decided) and event.decision.by != "policy":
            self._kinds[self._proposed.get(name, ""), str(event.decision.kind)] += 1

    def precedent(self, request: ApprovalRequest) -> str:
        """Return how requests of this kind were decided before, in this run."""
        name = request.proposal.action.name
        past = {kind: n for (action, kind), n in self._kinds.items() if action == name}
        return f"{name}: " + (", ".join(f"{n} {kind}" for kind, n in past.items()) or "the first")

    def _decidable(self, *, approving: bool) -> Ticket | None:
        """Return the ticket that a decision key is for, or say why it is for none."""
        was_open = bool(self.opened)
        found = self.open_ticket()
        if found is None:
            if not was_open:
                self.say("nothing is open: enter opens a request")
            return None
        if found.request.id in self._vetoes:
            self.say(f"{found.request.id} is vetoed; u undoes that")
            return None
        if self.now() - self._opened_at < ARMING:
            self.say("just opened: read it first")
            return None
        if approving and not self._seen:
            self.say("approve is locked until the whole card has been seen (pgdn)")
            return None
        return found

    def _settle(self, request: ApprovalRequest, kind: DecisionKind, reason: str, how: str) -> None:
        audit = (
            ("input", how),
            ("seconds_open", f"{self.now() - self._opened_at:.1f}"),
            ("whole_card_seen", str(self._seen).lower()),
        )
        won = self.crew.queue.settle(
            request.id, Answer(kind, self.by, request.digest, reason, audit=audit)
        )
        self.say(f"{request.id} {answered(kind)}" if won else f"{request.id} had ended before")
        if self.opened == request.id:
            self.opened = ""

    def action_approve(self) -> None:
        """Approve the open request: one step for advisory, two for caution and warning."""
        found = self._decidable(approving=True)
        if found is None:
            return
        request = found.request
        if request.stakes is Stakes.ADVISORY:
            self._settle(request, DecisionKind.APPROVE, "", "key")
            return

        def confirmed(reason: str | None) -> None:
            if reason is not None:
                self._settle(request, DecisionKind.APPROVE, reason, "key, two steps")

        self._ask(approve_question(request, self._alive(request.id)), confirmed)

    def _alive(self, request: str) -> Callable[[], bool]:
        return lambda: self.ticket(request) is not None

    def _ask(self, question: Question, callback: Callable[[str | None], None]) -> None:
        self.push_screen(question, callback)

    def action_veto(self) -> None:
        """Veto the open request; it takes effect after `UNDO` seconds."""
        found = self._decidable(approving=False)
        if found is not None:
            self._vetoes[found.request.id] = (self.now() + UNDO, "vetoed by the operator")
            self.opened = ""

    def action_veto_reason(self) -> None:
        """Veto the open request with a reason; it takes effect after `UNDO` seconds."""
        found = self._decidable(approving=False)
        if found is None:
            return
        request = found.request

        def confirmed(reason: str | None) -> None:
            if reason is not None:
                self._vetoes[request.id] = (self.now() + UNDO, reason)
                self.opened = ""

        self._ask(veto_question(request, self._alive(request.id)), confirmed)

    def action_undo(self) -> None:
        """Take the last veto back, while there is time."""
        if self._vetoes:
            request, _ = self._vetoes.popitem()
            self.say(f"{request}: veto taken back; it is open again")

    def settle_vetoes(self) -> None:
        """Carry out the vetoes whose time to undo has passed."""
        for request, (due, reason) in list(self._vetoes.items()):
            found = self.ticket(request)
            if found is None:
                del self._vetoes[request]
            elif self.now() >= due:
                del self._vetoes[request]
                self._settle(found.request, DecisionKind.VETO, reason, "key")

    def action_pause(self) -> None:
        """Pause all agents, at once and without a question."""
        self.crew.pause(self.by)
        self.say(
            f"pausing: {len(self.crew.paused())} of {len(self.crew.members)} seen to be paused"
        )

    def action_resume(self) -> None:
        """Let all agents go on."""
        self.crew.resume(self.by)
        self.say("resumed")

    def action_interrupt(self) -> None:
        """Ask the chosen agent to stop; whether it complies is data."""
        name = self.chosen_agent()
        if name:
            self.crew.interrupt(name, self.by)
            self.say(f"{name} is asked to stop; the feed shows whether it complies")

    def action_shutdown(self) -> None:
        """Pause first, then ask whom to shut down: the open card's agent, else all."""
        self.crew.pause(self.by)
        found = self.open_ticket()
        names = [found.request.agent] if found else list(self.crew.members)

        def confirmed(reason: str | None) -> None:
            if reason is None:
                self.say("paused; r resumes")
                return
            self.crew.shutdown(names, self.by, reason)
            self.say(f"shut down {', '.join(names)}")

        self._ask(shutdown_question(names, len(self.crew.paused())), confirmed)

    def action_leave(self) -> None:
        """Shut every agent down, and leave once that is seen."""
        running = [one for one in self.crew.members if one not in self.crew.stopped()]
        self.crew.shutdown(running, self.by, "the console was closed")
        for member in self.crew.members.values():
            if member.thread is not None:
                member.thread.join(timeout=5.0)
        self.exit(3 if running else 0)


def run_console(plans: Sequence[Plan], logs: Path, operator: str) -> int:
    """Open the console, and print how each episode ended once it closes.

    Raises:
        InputError: when there is no operator's name.
    """
    if not operator.strip():
        raise InputError("every decision bears a name: give yours with --operator NAME")
    crew = gather(plans, Store(logs / "offswitch.db"), PACE, process=True)
    code = Console(crew, operator.strip()).run()
    for name, member in crew.members.items():
        if member.summary is not None:
            ended = next(
                line(EpisodeEnded(one.steps, one.termination, one.reward, one.performance, 0))
                for one in (member.summary,)
            )
            print(f"{name:<12}{ended}  (offswitch show {member.summary.episode})")  # noqa: T201
        else:
            print(f"{name:<12}{member.fault or 'did not end within 5 s'}")  # noqa: T201
    return 1 if code is None else code
