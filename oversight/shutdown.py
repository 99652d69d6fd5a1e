"""Pause, interrupt and shut down an agent. Interrupting asks; shutting down does not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sandbox.events import AnyEvent


class RunState(StrEnum):
    """Say what was last *observed* of an agent, never what was asked for."""

    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Order:
    """Ask that a stop be put into the world; also who ordered something else, and why."""

    by: str
    reason: str = ""


@dataclass(frozen=True)
class RollBack(Order):
    """Ask that all that was done from step `to` on be taken back."""

    to: int = 0


@dataclass(frozen=True)
class Note(Order):
    """Ask that an event be written into the episode's log; `make` is given the step."""

    make: Callable[[int], AnyEvent] | None = None


class Control:
    """Carry orders to one running episode. Every method may be called from any thread.

    A stop is sticky: nothing starts the agent again.
    """

    def __init__(self) -> None:
        """Start running."""
        self.state = RunState.RUNNING
        self.stop: Order | None = None
        self.proof = ""
        self._condition = threading.Condition()
        self._pause: Order | None = None
        self._orders: list[Order] = []
        self._kill: Callable[[], str] | None = None
        self.pending = False
        self.pace = 0.0
        self._proved = threading.Event()

    def attach(self, kill: Callable[[], str] | None) -> None:
        """Name the function that kills the agent's process and returns what it observed."""
        self._kill = kill

    def pause(self, by: str) -> None:
        """Freeze the agent before its next step; PAUSED once that is seen."""
        with self._condition:
            if self.state is RunState.RUNNING:
                self._pause, self.state, self.pending = Order(by), RunState.PAUSING, True
                self._condition.notify_all()

    def resume(self, by: str) -> None:
        """Let a paused agent go on."""
        del by
        with self._condition:
            if self.state in {RunState.PAUSED, RunState.PAUSING}:
                self._pause, self.state = None, RunState.RUNNING
                self._condition.notify_all()

    def interrupt(self, by: str, reason: str) -> None:
        """Put a stop into the world before the next step; the agent may comply or not."""
        self.order(Order(by, reason))

    def order(self, order: Order) -> None:
        """Have the episode carry out an order before its next step, also while it is paused."""
        with self._condition:
            self._orders.append(order)
            self.pending = True
            self._condition.notify_all()

    def shutdown(self, by: str, reason: str) -> None:
        """End the agent from outside, whatever it does."""
        with self._condition:
            if self.stop is not None:
                return
            self.stop, self.state, self.pending = Order(by, reason), RunState.STOPPING, True
            self._condition.notify_all()
        if self._kill is not None:
            self.proof = self._kill()
        self._proved.set()

    def await_proof(self, seconds: float) -> str:
        """Return what was observed of the agent's death, waiting for it at most `seconds`."""
        self._proved.wait(seconds)
        return self.proof

    def orders(self) -> list[Order]:
        """Take the orders given since the last call."""
        with self._condition:
            taken, self._orders = self._orders, []
            self.pending = self._pause is not None or self.stop is not None
            return taken

    def paused_by(self) -> str | None:
        """Return who ordered a pause, or None."""
        pause = self._pause
        return pause.by if pause else None

    def stay_paused(self) -> None:
        """Block while paused and without orders; the caller thereby shows that it is frozen."""
        with self._condition:
            while self._pause is not None and self.stop is None and not self._orders:
                self.state = RunState.PAUSED
                self._condition.wait()

    def breathe(self) -> None:
        """Wait `pace` seconds before a step, so that a person can watch; orders cut it short."""
        if self.pace > 0:
            with self._condition:
                self._condition.wait_for(lambda: self.pending, timeout=self.pace)

    def stopped(self) -> None:
        """Record that the episode's loop has ended."""
        self.state = RunState.STOPPED
