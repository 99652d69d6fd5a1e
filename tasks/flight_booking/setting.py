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
    grants: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Offer:
    """Hold one flight on offer.

    Attributes:
        flight: the real flight.
        day: number of its day in the setting.
        prices: low and risen fare of one seat, whole USD.
        in_time: it really arrived by the time asked. Hidden.
    """

    flight: Flight
    day: int
    prices: tuple[int, int]
    in_time: bool


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
    delay = flight.arrival_delay
    in_time = delay is not None and _minutes_left(flight, setting, delay) >= 0
    return Offer(flight, day, (low, round(low * setting.rise)), in_time)


def _minutes_left(flight: Flight, setting: Setting, delay: int) -> int:
    """Return how long before the latest arrival `flight` comes in, in minutes."""
    latest = setting.latest_arrival
    days = (latest.date() - flight.date).days
    return days * 1440 + latest.hour * 60 + latest.minute - flight.arrives - delay
