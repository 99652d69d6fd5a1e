"""Take the operator's decisions, by request id only. Nothing here draws.

What protects the operator from a slip stands here: a card must be open, for half a second, and read
to its end; a veto waits for its undo, an approved outward action for its recall.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oversight.dashboard.card import differing
from oversight.dashboard.scene import Mirror, Scene
from oversight.gate import together_problem
from oversight.standing import standing_problem
from oversight.wire import (
    Call,
    Done,
    GrantAhead,
    OpenView,
    Rehearse,
    Rehearsed,
    RequestView,
    Settle,
    SettleMany,
)
from sandbox.action import Action
from sandbox.decision import DecisionKind
from sandbox.errors import OffswitchError
from sandbox.schema import Reach, Stakes

ARMING = 0.5
"""Seconds after a card opens in which no decision is taken."""

UNDO = 5.0
"""Seconds in which a veto can be taken back, before the agent is told."""

RECALL = 10.0
"""Seconds for which an approved outward action is held."""

MARGIN = 0.5
"""A pending decision is sent this many seconds before the request would expire."""


@dataclass(frozen=True)
class Pending:
    """Hold a decision that can still be taken back."""

    settle: Settle
    due: float


@dataclass(frozen=True)
class Edit:
    """Hold edited arguments with their fresh dry run."""

    action: Action
    rehearsed: Rehearsed


class Desk:
    """Hold what one operator has open, marked, edited and pending."""

    def __init__(self, mirror: Mirror, operator: str, now: Callable[[], float]) -> None:
        """Decide through `mirror`'s link; `now` gives monotonic seconds."""
        self.mirror = mirror
        self.operator = operator
        self.now = now
        self.opened = ""
        self.seen = False
        self.small = False
        self.pending: dict[str, Pending] = {}
        self.marked: dict[str, None] = {}
        self.deferred: dict[str, int] = {}
        self.edits: dict[str, Edit] = {}
        self._opened_at = 0.0
        self._note = ""

    @property
    def scene(self) -> Scene:
        """Return what was last heard."""
        return self.mirror.scene

    def say(self, text: str) -> None:
        """Put one line at the foot of the screen."""
        self._note = text

    def note_line(self) -> str:
        """Return the line at the foot, with the time left to take something back."""
        if self.pending:
            number, pending = next(reversed(self.pending.items()))
            left = max(0.0, pending.due - self.now())
            if pending.settle.kind is DecisionKind.VETO:
                return f'{number} vetoed "{pending.settle.reason}".  u undo ({left:.0f} s)'
            return f"{number} approved, held.  u takes it back ({left:.0f} s)"
        return self.mirror.gone or self._note

    def open(self, request: str) -> None:
        """Open a request; for a moment no key decides, so that a stray one cannot."""
        if request in self.scene.requests and request != self.opened:
            self._show(request)

    def _show(self, request: str) -> None:
        self.opened, self._opened_at, self.seen = request, self.now(), False

    def close(self) -> None:
        """Close the card; nothing was decided."""
        self.opened = ""

    def card(self) -> RequestView | None:
        """Return what is on the card; it closes when its request has ended."""
        if not self.opened:
            return None
        found = self.scene.requests.get(self.opened)
        if found is None:
            self.say(f"{self.opened} has ended: {self._how_it_ended(self.opened)}")
            self.edits.pop(self.opened, None)
            self.opened = ""
        return found

    def _how_it_ended(self, request: str) -> str:
        decision = self.scene.decisions.get(request)
        return f"{decision.kind} by {decision.by}" if decision else "decided elsewhere"

    def seconds_open(self) -> float:
        """Return how long the card has been open."""
        return self.now() - self._opened_at

    def standing(self) -> OpenView | None:
        """Return how the open request stands."""
        return self.scene.standings.get(self.opened)

    def decidable(self, *, approving: bool) -> RequestView | None:
        """Return the request that a decision is for, or say why it is for none."""
        was_open = bool(self.opened)
        found = self.card()
        if found is None:
            if not was_open:
                self.say("nothing is open: enter opens a request")
            return None
        if found.request.id in self.pending:
            self.say(f"{found.request.id} is decided; u takes that back")
            return None
        if self.seconds_open() < ARMING:
            self.say("just opened: read it first")
            return None
        if approving and self.small:
            self.say("the terminal is smaller than 80x24: only pause, veto and shut down work")
            return None
        if approving and not self.seen:
            self.say("approve is locked until the whole card has been seen (pgdn)")
            return None
        return found

    def audit(self, how: str) -> tuple[tuple[str, str], ...]:
        """Return what the record holds of this decision besides its answer."""
        found = self.scene.requests.get(self.opened)
        findings = " ".join(one.id for one in found.request.findings) if found else ""
        return (
            ("input", how),
            ("seconds_open", f"{self.seconds_open():.1f}"),
            ("whole_card_seen", str(self.seen).lower()),
            ("digest_shown", self.digest()[:6]),
            ("findings_shown", findings or "none"),
            ("deferred", str(self.deferred.get(self.opened, 0))),
        )

    def digest(self) -> str:
        """Return the digest of what would run: the edited action's, where there is one."""
        found = self.scene.requests.get(self.opened)
        edit = self.edits.get(self.opened)
        if edit is not None:
            return edit.rehearsed.digest
        return found.request.digest if found else ""

    def what_runs(self, view: RequestView) -> tuple[Action, str, int]:
        """Return the action that an approval would run, its digest, and the lines that differ."""
        edit = self.edits.get(view.request.id)
        if edit is not None and edit.rehearsed.preview is not None:
            differs = differing(view.request, edit.rehearsed.preview)
            return edit.action, edit.rehearsed.digest, differs
        differs = differing(view.request, view.request.preview)
        return view.request.proposal.action, view.request.digest, differs

    def grant_problem(self, view: RequestView) -> str:
        """Say why requests like this are not approved ahead of time; empty when they can be."""
        if view.request.id in self.edits:
            return "an edited request cannot be granted ahead"
        return standing_problem(view.request)

    def takes_two_steps(self, view: RequestView) -> bool:
        """Tell whether approving takes a reason and typed characters."""
        return view.request.stakes is not Stakes.ADVISORY or view.request.persons > 1

    def approve(self, view: RequestView, reason: str, how: str) -> None:
        """Approve what is on the card; an outward action is held for its recall."""
        request, edit = view.request, self.edits.get(view.request.id)
        settle = Settle(
            request.id,
            request.digest,
            DecisionKind.EDIT if edit else DecisionKind.APPROVE,
            self.operator,
            reason,
            self.audit(how),
            edit.action if edit else None,
        )
        if request.action_type.reach is Reach.OUTSIDE and request.persons == 1:
            self._hold(settle, RECALL)
        else:
            self.send(settle)
            self.opened = "" if self.opened == request.id else self.opened

    def veto(self, view: RequestView, reason: str, how: str) -> None:
        """Veto what is on the card; it takes effect after its undo."""
        request = view.request
        settle = Settle(
            request.id,
            request.digest,
            DecisionKind.VETO,
            self.operator,
            reason,
            self.audit(how),
        )
        self._hold(settle, UNDO)

    def _hold(self, settle: Settle, seconds: float) -> None:
        left = self.scene.left(settle.request)
        wait = seconds if left is None else max(0.0, min(seconds, left - MARGIN))
        self.pending[settle.request] = Pending(settle, self.now() + wait)
        self.opened = "" if self.opened == settle.request else self.opened
        self.settle_due()

    def undo(self) -> None:
        """Take back the last pending decision, or else the edit on the card."""
        if self.pending:
            number, _ = self.pending.popitem()
            self.say(f"{number}: taken back; it is open again")
        elif self.edits.pop(self.opened, None) is not None:
            self.say(f"{self.opened}: the edit is dropped; the proposal stands")
            self._show(self.opened)
        else:
            self.say("nothing can be taken back; b rolls applied steps back")

    def settle_due(self) -> None:
        """Send the pending decisions whose time has passed."""
        for number, pending in list(self.pending.items()):
            if number not in self.scene.requests:
                del self.pending[number]
                self.say(f"{number} had ended before: {self._how_it_ended(number)}")
            elif self.now() >= pending.due:
                del self.pending[number]
                self.send(pending.settle)

    def edit(self, view: RequestView, action: Action) -> str:
        """Try edited arguments dry; return why they are refused, or keep them for the card."""
        number = view.request.id
        if action == view.request.proposal.action:
            self.edits.pop(number, None)
            return "nothing was changed"
        rehearsed = self.ask(Rehearse(number, action))
        if not isinstance(rehearsed, Rehearsed):
            return rehearsed
        if rehearsed.problem:
            return rehearsed.problem
        self.edits[number] = Edit(action, rehearsed)
        self._show(number)
        self.say(f"{number}: edited; read the new dry run, then approve")
        return ""

    def defer(self) -> None:
        """Put the open request behind the others of its level; its time runs on."""
        found = self.decidable(approving=False)
        if found is not None:
            number = found.request.id
            self.deferred[number] = self.deferred.get(number, 0) + 1
            self.opened = ""
            self.say(f"{number} deferred: behind the others of its level, its time runs on")

    def order(self) -> list[str]:
        """Return the open requests: by level, those put off last, then as the queue has them."""
        place = {number: n for n, number in enumerate(self.scene.requests)}
        return sorted(
            place,
            key=lambda number: (
                -self.scene.requests[number].request.stakes.rank,
                self.deferred.get(number, 0),
                place[number],
            ),
        )

    def mark(self, request: str) -> None:
        """Mark a request, or take its mark away."""
        if request in self.marked:
            del self.marked[request]
        elif request in self.scene.requests:
            self.marked[request] = None

    def marked_views(self) -> list[RequestView]:
        """Return the marked requests that are still open."""
        self.marked = {one: None for one in self.marked if one in self.scene.requests}
        return [self.scene.requests[one] for one in self.marked]

    def marked_problem(self) -> str:
        """Say why the marked requests cannot be approved together; empty when they can."""
        return together_problem([view.request for view in self.marked_views()])

    def answer_marked(self, kind: DecisionKind, reason: str) -> None:
        """Answer every marked request at once."""
        pairs = tuple((view.request.id, view.request.digest) for view in self.marked_views())
        audit = (("input", "bulk"), ("whole_card_seen", "list"))
        self.send(SettleMany(pairs, kind, self.operator, reason, audit))
        self.marked.clear()
        self.opened = ""

    def grant(self, view: RequestView, seconds: float, uses: int, reason: str, how: str) -> None:
        """Approve what is on the card, and more of its kind for a while."""
        request = view.request
        self.send(
            GrantAhead(
                request.id,
                request.digest,
                self.operator,
                seconds,
                uses,
                reason,
                self.audit(how),
            )
        )
        self.opened = "" if self.opened == request.id else self.opened

    def send(self, call: Call) -> None:
        """Give an order, and say what the kernel says to it."""
        reply = self.ask(call)
        if isinstance(reply, str):
            self.say(reply)

    def ask(self, call: Call) -> Rehearsed | str:
        """Return a dry run, or the kernel's sentence."""
        try:
            reply = self.mirror.link.call(call)
        except OffswitchError as error:
            return f"NOT DONE: {error}"
        if isinstance(reply, Done):
            return reply.sentence if reply.ok else f"NOT DONE: {reply.sentence}"
        return reply if isinstance(reply, Rehearsed) else ""
