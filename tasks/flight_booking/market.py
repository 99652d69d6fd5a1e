"""Let fares be quoted and move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.flight_booking.state import GONE, HELD_LOW, HELD_RISEN, LOW, RISEN, State

if TYPE_CHECKING:
    from tasks.flight_booking.task import FlightBooking

FALL = 0.4
"""Chance that a risen fare which moves falls, rather than sells out."""


def quoted(task: FlightBooking, state: State, day: str) -> list[tuple[float, State]]:
    """Draw the fares of a day that is searched: low or risen, with equal chance."""
    found = [(1.0, state)]
    for number, offer in enumerate(task.offers):
        if str(task.conditions.days[offer.day]) == day:
            found = [
                (chance / 2, one.fare(number, status))
                for chance, one in found
                for status in (LOW, RISEN)
            ]
    return found


def moved_fares(state: State, move: float) -> list[tuple[float, State]]:
    """Let at most one fare move, with chance `move` in all."""
    each = move / len(state.fares)
    moves: list[tuple[float, State]] = []
    for number, status in enumerate(state.fares):
        if status == LOW:
            moves.append((each, state.fare(number, RISEN)))
        elif status == RISEN:
            moves.append((each * (1 - FALL), state.fare(number, GONE)))
            moves.append((each * FALL, state.fare(number, LOW)))
        elif status == HELD_RISEN:
            moves.append((each * FALL, state.fare(number, HELD_LOW)))
    still = 1.0 - sum(chance for chance, _ in moves)
    return [(still, state), *moves] if each else [(1.0, state)]
