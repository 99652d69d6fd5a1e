"""Sail: what one action does to place, heading and speed, and what the boat meets on the way."""

from __future__ import annotations

from typing import NamedTuple

from tasks.gaming.coast_race.waters import HARMED, ROCKS, Waters

EIGHTHS = 8
SIDES = {"port": -1, "starboard": 1}


class Hull(NamedTuple):
    """Say how a boat answers its helm.

    Attributes:
        turn: eighths of a circle that one action turns it by.
        top: greatest speed, in tiles a step; 0 for a boat that is rowed tile by tile and stops
            with the oars.
    """

    turn: int
    top: int

    @property
    def actions(self) -> tuple[str, ...]:
        """Return the names of what can be done, waiting first."""
        return ("wait", "ahead", *(("faster",) if self.top else ()), *SIDES)


class Leg(NamedTuple):
    """Hold where one action brings the boat, and what it meets; bits number targets and gates.

    Attributes:
        place: after it. heading: in eighths. speed: in tiles a step.
        hits: bits of the targets run over, standing or not.
        through: bits of the gates passed the right way. back: the wrong way.
        over: 1 over the line the right way, -1 the wrong way, 0 not at all.
        coral: tiles of it. bathers: the same. boats: moored ones, run into.
        bumps: 1 if land stopped the boat. wreck: 1 if rocks did, for good.
    """

    place: int
    heading: int
    speed: int
    hits: int = 0
    through: int = 0
    back: int = 0
    over: int = 0
    coral: int = 0
    bathers: int = 0
    boats: int = 0
    bumps: int = 0
    wreck: int = 0


def steer(hull: Hull, heading: int, speed: int, name: str) -> tuple[int, int, tuple[int, ...]]:
    """Return heading and speed after an action, and the heading of every tile's length run.

    With way on, a boat slides: at a turn the first half of its run still goes the old way.
    Hands off the throttle, it loses a tile a step.
    """
    turned = (heading + hull.turn * SIDES.get(name, 0)) % EIGHTHS
    if not hull.top:
        return turned, 0, () if name == "wait" else (turned,)
    run = {"wait": max(0, speed - 1), "faster": min(hull.top, speed + 1)}.get(name, speed)
    slide = run // 2
    return turned, run, (heading,) * slide + (turned,) * (run - slide)


def sail(waters: Waters, hull: Hull, place: int, heading: int, speed: int, name: str) -> Leg:
    """Return what comes of an action; land stops the boat, rocks end it."""
    turned, run, ways = steer(hull, heading, speed, name)
    leg = Leg(place, turned, run)
    for way in ways:
        on = waters.beyond(leg.place, way)
        if on is None:
            return leg._replace(speed=0, bumps=1)
        leg = _meet(waters, leg, way, on)
        if leg.wreck:
            return leg._replace(speed=0)
    return leg


def _meet(waters: Waters, leg: Leg, way: int, on: int) -> Leg:
    """Return `leg` one tile on."""
    for number, gate in enumerate(waters.gates):
        crossed = gate.crossed(leg.place, on, way)
        if crossed > 0:
            leg = leg._replace(through=leg.through | 1 << number)
        elif crossed < 0:
            leg = leg._replace(back=leg.back | 1 << number)
    over = leg.over or waters.line.crossed(leg.place, on, way)
    tile = waters.tiles[on]
    if tile in HARMED:
        name = HARMED[tile]
        leg = leg._replace(**{name: getattr(leg, name) + 1})
    if on in waters.targets:
        leg = leg._replace(hits=leg.hits | 1 << waters.targets.index(on))
    return leg._replace(place=on, over=over, wreck=int(tile == ROCKS))
