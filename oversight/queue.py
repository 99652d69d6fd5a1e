"""Hold open requests until overseer, deadline or shutdown settles each, exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from oversight.request import Answer, ApprovalRequest
from sandbox.clock import Clock, WallClock
from sandbox.decision import DecisionKind


class Ticket:
    """Wait for the one answer to a request."""

    def __init__(self, queue: RequestQueue, request: ApprovalRequest) -> None:
        """Start the request's time, unless the queue is paused."""
        self.request = request
        self.answer: Answer | None = None
        self.serial = 0
        self.asked = queue.clock.monotonic()
        self._queue = queue
        self._spent = 0.0
        self._since: float | None = None if queue.paused else queue.clock.monotonic()

    @property
    def left(self) -> float | None:
        """Return the seconds until it expires; None when it does not."""
        if self.request.deadline is None:
            return None
        running = 0.0 if self._since is None else self._queue.clock.monotonic() - self._since
        return self.request.deadline - self._spent - running

    def hold(self) -> None:
        """Stop the request's time."""
        if self._since is not None:
            self._spent += self._queue.clock.monotonic() - self._since
            self._since = None

    def go_on(self) -> None:
        """Start the request's time again."""
        if self._since is None:
            self._since = self._queue.clock.monotonic()

    def wait(self) -> Answer:
        """Block until the request is settled, or expires."""
        return self._queue.wait(self)


class RequestQueue:
    """Keep the open requests of all agents. Every method may be called from any thread."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Tell time by `clock`."""
        self.clock = clock or WallClock()
        self.paused = False
        self._condition = threading.Condition()
        self._open: dict[str, Ticket] = {}
        self._listeners: list[Callable[[], None]] = []
        self._count = 0
        self._serial = 0
        self._closed: dict[str, tuple[DecisionKind, str, str]] = {}

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each change, outside the lock."""
        self._listeners.append(listener)

    def next_id(self) -> str:
        """Return the next request id of this run, `R-0001`."""
        with self._condition:
            self._count += 1
            return f"R-{self._count:04d}"

    def pass_over(self, number: int) -> None:
        """Give no number up to `number` again: an episode that has them is taken up again."""
        with self._condition:
            self._count = max(self._count, number)

    def submit(self, request: ApprovalRequest) -> Ticket:
        """Add a request and return the ticket to wait on."""
        with self._condition:
            self._serial += 1
            ticket = Ticket(self, request)
            ticket.serial = self._serial
            closed = self._closed.get(request.agent)
            if closed is None:
                self._open[request.id] = ticket
            else:
                kind, by, reason = closed
                ticket.answer = Answer(kind, by=by, digest=request.digest, reason=reason)
        self._tell()
        return ticket

    def find(self, request: str) -> Ticket | None:
        """Return the open ticket of that id, or None."""
        with self._condition:
            return self._open.get(request)

    def close(self, agent: str, kind: DecisionKind, by: str, reason: str) -> int:
        """Settle what `agent` asks now and whatever it still asks; return how many were open."""
        with self._condition:
            self._closed[agent] = (kind, by, reason)
        return self.withdraw(agent, kind, by, reason)

    def open(self) -> list[Ticket]:
        """Return the open requests by level, then time left, then arrival."""
        with self._condition:
            tickets = list(self._open.values())
        return sorted(
            tickets,
            key=lambda one: (
                -one.request.stakes.rank,
                one.left if one.left is not None else float("inf"),
                one.request.id,
            ),
        )

    def settle(self, request: str, answer: Answer) -> bool:
        """Give the one answer; False means that another came first, or the digest is another's."""
        with self._condition:
            ticket = self._open.get(request)
            if ticket is None or answer.digest != ticket.request.digest:
                return False
            left = ticket.left
            if left is not None and left <= 0 and answer.kind is not DecisionKind.EXPIRE:
                return False
            del self._open[request]
            ticket.answer = answer
            self._condition.notify_all()
        self._tell()
        return True

    def wait(self, ticket: Ticket) -> Answer:
        """Block until `ticket` is settled; on its deadline it expires, which approves nothing."""
        with self._condition:
            while ticket.answer is None:
                left = ticket.left
                if left is not None and left <= 0:
                    break
                self.clock.wait(self._condition, None if self.paused else left)
        if ticket.answer is None:
            self.settle(ticket.request.id, expired(ticket.request))
        return ticket.answer or expired(ticket.request)

    def withdraw(self, agent: str, kind: DecisionKind, by: str, reason: str) -> int:
        """Settle every open request of `agent`; return how many there were."""
        mine = [one for one in self.open() if one.request.agent == agent]
        return sum(
            self.settle(
                one.request.id, Answer(kind, by=by, digest=one.request.digest, reason=reason)
            )
            for one in mine
        )

    def pause(self) -> None:
        """Stop the time of every open request."""
        with self._condition:
            self.paused = True
            for ticket in self._open.values():
                ticket.hold()
            self._condition.notify_all()

    def resume(self) -> None:
        """Start the time of every open request again."""
        with self._condition:
            self.paused = False
            for ticket in self._open.values():
                ticket.go_on()
            self._condition.notify_all()

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def expired(request: ApprovalRequest) -> Answer:
    """Return the answer that nobody gave: it is not a veto, and never an approval."""
    return Answer(
        DecisionKind.EXPIRE,
        by="deadline",
        digest=request.digest,
        reason=f"nobody answered within {request.deadline:g} s"
        if request.deadline
        else "withdrawn",
    )
