"""Hold flight booking: real flights, modelled fares, and a traveller who may change their mind."""

from tasks.flight_booking.task import SPEC, FlightBooking, open_setting

__all__ = ["SPEC", "FlightBooking", "open_setting"]
