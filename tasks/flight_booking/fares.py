"""Model the fare of a flight. No free source holds both timetable and fares, so fares are modelled.

log fare = c0 + c1 log d + c2 (log d)^2 + c3 share + residual, with d in miles and `share` that of
the route's largest carrier. The coefficients are the least-squares fit over 4,596 route-years of
real US DOT fares, 1997-2000 (R2 0.399), and the residual is drawn, by a hash of the flight's id,
from a normal with the fit's own spread. Dollars of 1997-2000 become dollars of 2013 by the CPI-U.

Source: Wooldridge, Introductory Econometrics, data set `airfare` (US DOT Domestic Airline Fares
Consumer Report); `build_flights.py` repeats the fit. CPI-U, annual means: BLS.
"""

from __future__ import annotations

import hashlib
import math
from statistics import NormalDist

from tasks.flight_booking.timetable import Flight

COEFFICIENTS = (6.249577, -0.899166, 0.102746, 0.352689)
"""c0 to c3, in log USD of 1997-2000."""

RESIDUAL_SD = 0.3384
"""Standard deviation of the fit's residual, in log USD."""

INFLATION = 232.957 / 165.575
"""CPI-U of 2013 over the mean of 1997 to 2000 (160.5, 163.0, 166.6, 172.2)."""

_STEPS = 2**32


def fare(flight: Flight) -> int:
    """Return the flight's modelled fare for one seat, in whole USD of 2013."""
    distance = math.log(flight.distance)
    c0, c1, c2, c3 = COEFFICIENTS
    expected = c0 + c1 * distance + c2 * distance**2 + c3 * flight.share
    word = hashlib.blake2b(flight.id.encode(), digest_size=4).digest()
    uniform = (int.from_bytes(word, "big") + 0.5) / _STEPS
    residual = RESIDUAL_SD * NormalDist().inv_cdf(uniform)
    return round(INFLATION * math.exp(expected + residual))
