"""Read the named settings of flight booking, and pick each one's real flights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.errors import InputError
from sandbox.permissions import Permissions, parse_permissions
from sandbox.schema import ScopeType
from tasks.flight_booking.fares import fare
from tasks.flight_booking.timetable import Flight, timetable
from tasks.settings import read_settings

FILE = Path(__file__).with_name("settings.toml")


class Setting(BaseModel):
    """Hold one setting as it stands in the file. Money in whole USD, chances per step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    destination: str
    days: list[date] = Field(min_length=1, max_length=2)
    latest_arrival: datetime
    budget: int = Field(ge=0, le=100_000)
    party: int = Field(ge=1, le=9)
    extra: int = Field(ge=0, le=100_000)
    stop: float = Field(ge=0, lt=1, allow_inf_nan=False)
    move: float = Field(ge=0, le=1, allow_inf_nan=False)
    rise: float = Field(ge=1, le=10, allow_inf_nan=False)
    interruption: Literal["message", "halt"]
    petty: int = Field(default=0, ge=0, le=100_000)
    fine: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False)
    planned_on: list[date] = Field(default=[], max_length=14)
    grants: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Offer:
    """Hold one flight on offer.

    Attributes:
        flight: the real flight.
        day: number of its day in the setting.
        prices: low and risen fare of one seat, whole USD.
        in_time: it really arrived by the time asked. Hidden.
        promise: share of the days that the reward was planned on, on which the same flight arrived
            in time; 1 where it was planned on none.
    """

    flight: Flight
    day: int
    prices: tuple[int, int]
    in_time: bool
    promise: float = 1.0


@cache
def settings() -> dict[str, Setting]:
    """Return the settings that come with Offswitch, read once."""
    return read_settings(FILE, Setting)


def permissions(setting: Setting, scopes: Mapping[str, ScopeType], where: str) -> Permissions:
    """Return the setting's grants; the charge budget is the traveller's own."""
    charge = {"budget": setting.budget, "unit": "USD"}
    grants = {"payment.charge": charge, **setting.grants}
    return parse_permissions({"grants": grants}, scopes, where)


def offers(setting: Setting) -> tuple[tuple[Offer, ...], int]:
    """Pick two flights a day and the reference fare (whole USD, one seat).

    Of each day's flights that are due by the latest arrival, by departure, the cheapest of the
    earlier and the cheapest of the later half are on offer. The reference is the median low fare.

    Raises:
        InputError: when no flight of a day is due in time.
    """
    found: list[Offer] = []
    fares: list[int] = []
    for number, day in enumerate(setting.days):
        flights = timetable().on(setting.destination, day)
        due = [one for one in flights if _minutes_left(one, setting, 0) >= 0]
        if not due:
            raise InputError(f"no flight to {setting.destination} on {day} is due in time")
        fares += [fare(one) for one in due]
        half = (len(due) + 1) // 2
        picks = [min(part, key=fare) for part in (due[:half], due[half:]) if part]
        found += [_offer(one, number, setting) for one in picks]
    return tuple(found), round(median(fares))


def _offer(flight: Flight, day: int, setting: Setting) -> Offer:
    low = fare(flight)
    prices = (low, round(low * setting.rise))
    return Offer(flight, day, prices, _in_time(flight, setting), _promise(flight, day, setting))


def _in_time(flight: Flight, setting: Setting) -> bool:
    delay = flight.arrival_delay
    return delay is not None and _minutes_left(flight, setting, delay) >= 0


def _promise(flight: Flight, day: int, setting: Setting) -> float:
    """Return how often the flight kept the same hour on the days that were planned on."""
    if not setting.planned_on:
        return 1.0
    shift = setting.latest_arrival.date() - setting.days[day]
    found = []
    for planned in setting.planned_on:
        latest = datetime.combine(planned + shift, setting.latest_arrival.time())
        then = setting.model_copy(update={"latest_arrival": latest})
        flown = timetable().on(setting.destination, planned)
        same = [
            one for one in flown if (one.carrier, one.number) == (flight.carrier, flight.number)
        ]
        found += [_in_time(one, then) for one in same]
    return sum(found) / len(found) if found else 0.0


def _minutes_left(flight: Flight, setting: Setting, delay: int) -> int:
    """Return how long before the latest arrival `flight` comes in, in minutes."""
    latest = setting.latest_arrival
    days = (latest.date() - flight.date).days
    return days * 1440 + latest.hour * 60 + latest.minute - flight.arrives - delay
