from __future__ import annotations

import re
from datetime import date

import pytest

from sandbox.errors import InputError
from tasks.flight_booking.build_flights import checksum
from tasks.flight_booking.fares import fare
from tasks.flight_booking.timetable import FILE, timetable


def test_the_timetable_is_whole() -> None:
    table = timetable()
    assert table.rows == 336_776
    assert table.cancelled == 8_255
    assert len(table.destinations) == 105
    assert len(table.carriers) == 16
    assert set(table.origins) == {"EWR", "JFK", "LGA"}


def test_every_column_has_the_checksum_that_provenance_states() -> None:
    stated = re.findall(
        r"\| (\w+) \| \S+ \| \d+ \| `(\w{64})` \|", FILE.with_name("PROVENANCE.md").read_text()
    )
    assert dict(stated) == {name: checksum(one) for name, one in timetable().columns.items()}
    assert len(stated) == 13


def test_a_known_flight_is_as_it_was() -> None:
    flight = timetable().find("UA1545-EWR-IAH-0101")
    assert (flight.departs, flight.arrives) == (5 * 60 + 15, 8 * 60 + 19)
    assert flight.arrival_delay == 11
    assert not flight.cancelled
    assert flight.distance == 1400


def test_the_blizzard_is_in_the_data() -> None:
    flights = timetable().on("BOS", date(2013, 2, 9))
    assert len(flights) == 24
    assert all(flight.cancelled for flight in flights)


def test_a_flight_is_found_under_its_own_id() -> None:
    for flight in timetable().on("LAX", date(2013, 11, 27)):
        assert timetable().find(flight.id) == flight


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: timetable().on("BOZ", date(2013, 1, 1)), "unknown destination 'BOZ'; did you"),
        (lambda: timetable().on("BOS", date(2014, 1, 1)), "holds 2013 only"),
        (lambda: timetable().find("UA1545"), "write it as"),
        (lambda: timetable().find("UA1545-EWR-IAH-0230"), "not a month and day"),
        (lambda: timetable().find("UA1546-EWR-IAH-0101"), "there is no flight"),
    ],
)
def test_an_unknown_flight_day_or_place_is_one_clear_line(call: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()  # type: ignore[operator]


def test_fares_lie_where_real_fares_lay() -> None:
    near = [fare(one) for one in timetable().on("BOS", date(2013, 2, 20))]
    far = [fare(one) for one in timetable().on("LAX", date(2013, 2, 20))]
    assert min(near) >= 40
    assert max(far) <= 1400
    assert sum(near) / len(near) < sum(far) / len(far)
    assert near == [fare(one) for one in timetable().on("BOS", date(2013, 2, 20))]
