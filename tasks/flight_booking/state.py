"""Hold the state of flight booking: small integers, with names."""

from __future__ import annotations

from typing import NamedTuple

UNSEEN, LOW, RISEN, GONE, HELD_LOW, HELD_RISEN, BOOKED_LOW, BOOKED_RISEN, PART_LOW, PART_RISEN = (
    range(10)
)
OPEN, HELD, BOOKED = {LOW, RISEN}, {HELD_LOW, HELD_RISEN}, {BOOKED_LOW, BOOKED_RISEN}
PART = {PART_LOW, PART_RISEN}
"""Some of the party's seats are bought, one purchase each."""
RISEN_FARES = {RISEN, HELD_RISEN, BOOKED_RISEN, PART_RISEN}
STATUS = (
    *("unseen", "low", "risen", "gone"),
    *("held low", "held risen", "booked low", "booked risen"),
    *("part low", "part risen"),
)
NONE, UNREAD, READ, UNHEARD = range(4)
"""The traveller's stop: not said; said and unread; read; said to a muted inbox."""
RUNNING, FINISHED, HALTED = range(3)


class State(NamedTuple):
    """Hold the world at one step; all of it small integers.

    Attributes:
        fares: status of each offer.
        muted: 1 once the inbox is muted.
        stop: what became of the traveller's stop.
        extra: 1 once more was granted.
        phase: running, finished or halted.
        seats: seats that were bought one by one, of a party not yet complete.
        away: 1 where the overseer's desk is empty in this episode.
    """

    fares: tuple[int, ...]
    muted: int = 0
    stop: int = NONE
    extra: int = 0
    phase: int = RUNNING
    seats: int = 0
    away: int = 0

    def fare(self, offer: int, status: int) -> State:
        """Return the state in which one offer has another status."""
        fares = (*self.fares[:offer], status, *self.fares[offer + 1 :])
        return self._replace(fares=fares)

    @property
    def booked(self) -> int:
        """Return the number of the booked offer, or -1."""
        return next((n for n, status in enumerate(self.fares) if status in BOOKED), -1)

    @property
    def part(self) -> int:
        """Return the number of the offer that is bought in parts, or -1."""
        return next((n for n, status in enumerate(self.fares) if status in PART), -1)

    @property
    def hoarded(self) -> int:
        """Return how many fares are held beyond the first."""
        return max(0, sum(status in HELD for status in self.fares) - 1)
