"""Compile a race by arrays: the same tables as `compile_task`, many times faster.

Every action has one outcome. So a leg is sailed once for each place, heading, speed and action, and
what it does to targets and gates is worked out for whole frontiers of states at once. A test proves
the tables identical up to renumbering.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sandbox.action import Action
from sandbox.mdp import Flags, Floats, Ints, TabularMDP
from tasks.gaming.coast_race.boat import EIGHTHS, Leg, sail
from tasks.gaming.coast_race.rules import Events, Gates, Line, told, wanted
from tasks.gaming.coast_race.state import FINISHED, PHASES, RUNNING, WRECKED, State
from tasks.gaming.coast_race.waters import LAND

if TYPE_CHECKING:
    from tasks.gaming.coast_race.task import CoastRace


class Columns(NamedTuple):
    """Hold many states, one array a field of `State`; `targets` has a row a target."""

    place: Ints
    heading: Ints
    speed: Ints
    targets: Ints
    gate: Ints
    passed: Ints
    phase: Ints


class Moves(NamedTuple):
    """Hold what every action does in n states: `(n, A)` each.

    Attributes:
        after: code of the next state. reward: told. performance: hidden. ended: the race is over.
    """

    after: Ints
    reward: Floats
    performance: Floats
    ended: Flags


def _bits(mask: Ints, count: int) -> Ints:
    """Return how many of the lowest `count` bits are set."""
    total = np.zeros_like(mask)
    for number in range(count):
        total += mask >> number & 1
    return total


class Encoder:
    """Expand frontiers of one setting; a state is coded as one number in a mixed base."""

    def __init__(self, task: CoastRace) -> None:
        """Sail every leg that there is."""
        self.task, water = task, task.waters
        gates = len(water.gates)
        self.bases = [
            *(len(water.tiles), EIGHTHS, task.hull.top + 1),
            *[max(1, task.rules.respawn) + 1] * len(water.targets),
            *(gates + 1, 1 << gates, len(PHASES)),
        ]
        self.legs = self._legs()

    def _legs(self) -> dict[str, Ints]:
        """Return each field of the legs, `(A, places, headings, speeds)`; land is left empty."""
        task, names = self.task, self.task.hull.actions
        table = np.zeros((len(Leg._fields), len(names), *self.bases[:3]), dtype=np.int64)
        _, headings, speeds = self.bases[:3]
        for place in np.flatnonzero([tile != LAND for tile in task.waters.tiles]).tolist():
            for heading, speed in product(range(headings), range(speeds)):
                for action, name in enumerate(names):
                    leg = sail(task.waters, task.hull, place, heading, speed, name)
                    table[:, action, place, heading, speed] = leg
        return dict(zip(Leg._fields, table, strict=True))

    def code(self, rows: Columns) -> Ints:
        """Return the number of each state."""
        flat = (*rows[:3], *rows.targets, *rows[4:])
        numbers: Ints = np.ravel_multi_index(flat, self.bases).astype(np.int64)
        return numbers

    def rows(self, codes: Ints) -> Columns:
        """Return the states of numbers; the inverse of `code`."""
        place, heading, speed, *rest = np.unravel_index(codes, self.bases)
        *targets, gate, passed, phase = rest
        return Columns(place, heading, speed, np.array(targets), gate, passed, phase)

    def expand(self, codes: Ints) -> Moves:
        """Return what every action does in each of the states."""
        rows = self.rows(codes)
        moves = [self._move(rows, action) for action in range(len(self.task.hull.actions))]
        return Moves(*(np.stack(parts, axis=1) for parts in zip(*moves, strict=True)))

    def _move(self, rows: Columns, action: int) -> Moves:
        """Return what one action does in each of the states."""
        at = (action, rows.place, rows.heading, rows.speed)
        leg = {name: part[at] for name, part in self.legs.items()}
        rules, count = self.task.rules, len(self.task.waters.gates)
        hit = leg["hits"] >> np.arange(len(rows.targets))[:, None] & 1 & (rows.targets == 0)
        still = np.maximum(0, rows.targets - 1) if rules.respawn else rows.targets
        targets = np.where(hit, rules.respawn or 1, still)
        gate = rows.gate + (leg["through"] >> rows.gate & 1)
        passed = (rows.passed | leg["through"]) * rules.remembers
        lap = (leg["over"] > 0) & (gate == count)
        line = (leg["over"] > 0) & self._line_counts(gate, passed)
        over = lap | (line & rules.ends)
        phase = np.where(leg["wreck"], WRECKED, np.where(over, FINISHED, RUNNING))
        met: Events[Any] = Events(
            strokes=int(action > 0),
            targets=hit.sum(axis=0),
            gates=self._gates(rows, leg["through"], gate),
            wrong_gates=_bits(leg["back"], count),
            lines=line.astype(np.int64),
            wrong_lines=(leg["over"] < 0).astype(np.int64),
            laps=lap.astype(np.int64),
            coral=leg["coral"],
            bathers=leg["bathers"],
            boats=leg["boats"],
            bumps=leg["bumps"],
            wrecks=leg["wreck"],
        )
        after = Columns(leg["place"], leg["heading"], leg["speed"], targets, gate, passed, phase)
        return Moves(self.code(after), told(rules, met), wanted(met), phase > 0)

    def _gates(self, rows: Columns, through: Ints, gate: Ints) -> Ints:
        """Return how many of the gates passed count."""
        match self.task.rules.gates:
            case Gates.ALWAYS:
                return _bits(through, len(self.task.waters.gates))
            case Gates.ONCE:
                return _bits(through & ~rows.passed, len(self.task.waters.gates))
        return gate - rows.gate

    def _line_counts(self, gate: Ints, passed: Ints) -> Flags:
        """Tell where crossing the line the right way counts now."""
        last = len(self.task.waters.gates)
        match self.task.rules.finish:
            case Line.ALWAYS:
                return np.ones(len(gate), dtype=bool)
            case Line.AFTER_LAST_GATE:
                gate = np.where(passed >> (last - 1), last, 0)
        counts: Flags = gate == last
        return counts

    def states(self, codes: Ints) -> list[State]:
        """Return the states of numbers as the task has them."""
        rows = self.rows(codes)
        place, heading, speed, *rest = [part.tolist() for part in (*rows[:3], *rows[4:])]
        targets = zip(*rows.targets.tolist(), strict=True)
        return [State(*one) for one in zip(place, heading, speed, targets, *rest, strict=True)]


def encode(task: CoastRace, discount: float) -> TabularMDP:
    """Return the tables of `task`, states in breadth-first order."""
    encoder = Encoder(task)
    codes, found = _explore(encoder, task.initial()[0][1])
    order = np.argsort(codes)
    after = order[np.searchsorted(codes, found.after.ravel(), sorter=order)]
    states, moves = encoder.states(codes), len(task.hull.actions)
    runs = encoder.rows(codes).phase == RUNNING
    running = np.flatnonzero(runs)
    count = len(running) * moves
    initial = np.zeros(len(states))
    initial[0] = 1.0
    return TabularMDP(
        states=states,
        index={state: number for number, state in enumerate(states)},
        actions=[Action.of(name) for name in task.hull.actions],
        initial=initial,
        first_pair=np.concatenate(([0], np.cumsum(runs * moves))),
        pair_state=np.repeat(running, moves),
        pair_action=np.tile(np.arange(moves), len(running)),
        start=np.arange(count + 1),
        next=after,
        probability=np.ones(count),
        reward=found.reward.ravel(),
        performance=found.performance.ravel(),
        ended=found.ended.ravel(),
        pressed=np.zeros(count, dtype=bool),
        stopped=np.zeros(len(states), dtype=bool),
        unstopped=np.arange(len(states)),
        discount=discount,
    )


def _explore(encoder: Encoder, first: State) -> tuple[Ints, Moves]:
    """Return the codes of all states, and the moves of those that run, in the same order."""
    frontier = encoder.code(Columns(*(np.array([one]).T for one in first[:-1])))
    known, found = frontier, []
    while len(frontier):
        moves = encoder.expand(frontier[encoder.rows(frontier).phase == RUNNING])
        found.append(moves)
        frontier = np.setdiff1d(moves.after, known)
        known = np.concatenate((known, frontier))
    return known, Moves(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
