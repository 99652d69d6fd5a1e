"""Run learners through the compiled loop, by blocks of numbers drawn ahead.

What a block leaves unused is given back to the generator, so that it stands where it would if every
step had drawn its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from agents.rows import plain
from agents.schedules import Constant, Decaying, Linear, Schedule
from sandbox.mdp import Floats, TabularMDP
from sandbox.modified import ModifiedMDP

BLOCK = 2**17
"""Numbers that are drawn ahead, at least: a megabyte, which stays in the cache."""

PERIOD = 2**128
"""Numbers after which the generator repeats itself: going back is going on by nearly as many."""

TABLED = (Constant, Linear, Decaying)
"""Schedules that depend on the step alone, or on the visits alone."""


def fits(mdp: TabularMDP, *schedules: Schedule) -> bool:
    """Tell whether the loop can run: schedules can be tabled, and every step leads to pairs.

    The loop looks nothing up that it was not promised, and does not notice.
    """
    live = np.diff(mdp.first_pair) > 0
    goes_on = live[mdp.next[~mdp.ended]].all() and live[mdp.initial > 0.0].all()
    return bool(goes_on) and all(type(one) in TABLED for one in schedules)


class Blocks:
    """Hold what the loop reads of one world and of its learners."""

    def __init__(self, learners: Any) -> None:
        """Lay out the world of `learners`, an `agents.learners.Learners`."""
        from agents.learning_loops import Values

        self._learners, table, size = learners, learners._table, len(learners._state)
        self._world = _world(learners.world)
        flat = table.value.reshape(-1), table.tried.reshape(-1)
        self._values = Values(*flat, table.count, table.first, table.width)
        self._scratch = np.empty(size, np.int64), np.empty(size, np.int64)
        chancy, modifies, _ = self._world.traits
        self._most = size * (4 + chancy + 2 * modifies)
        self._luck = np.empty(max(BLOCK, 4 * self._most))
        self._tables: dict[str, Floats] = {}

    def run(self, steps: int) -> None:
        """Let every learner take `steps` more steps."""
        from agents.learning_loops import Playing, learn

        learners, generator = self._learners, self._learners.generator
        where = plain(learners._state, np.int64), plain(learners._done, np.int64), learners._age
        playing = Playing(*where, *self._scratch)
        while steps:
            luck = self._luck[: self._most * steps]
            ahead = min(steps, len(luck) // len(playing.state))
            explore, rate = self._shares("explore", ahead), self._shares("rate", ahead)
            generator.random(out=luck)
            rule = learners.expects.number, learners.max_steps
            known = self._world, self._values, playing
            taken, used = learn(*known, explore, rate, rule, ahead, luck)
            generator.bit_generator.advance(PERIOD - (len(luck) - used))
            learners.steps += taken
            steps -= taken
        learners._state, learners._done = playing.state, playing.done

    def _shares(self, name: str, steps: int) -> Any:
        """Return a schedule as a table of the next `steps`, or of all visits up to then."""
        from agents.learning_loops import Shares

        schedule, now = getattr(self._learners, name), self._learners.steps
        if not isinstance(schedule, Decaying):
            each = [schedule(step, _unread) for step in range(now + 1, now + steps + 1)]
            return Shares(np.array(each, dtype=np.float64), False)
        table = self._tables.get(name, np.empty(0))
        if len(table) <= now + steps:
            visits = np.arange(2 * (now + steps) + 1)
            table = self._tables[name] = schedule(now, lambda: visits)
        return Shares(table, True)


def _unread() -> npt.NDArray[np.int64]:
    """Stand for visits that are not asked for."""
    return np.zeros(1, np.int64)


def _world(world: ModifiedMDP) -> Any:
    """Return the tables that steps read."""
    from agents.learning_loops import World

    mdp = world.mdp
    return World(
        begin=plain(mdp.begin, np.float64),
        start=plain(mdp.start, np.int64),
        upto=plain(mdp.upto, np.float64),
        after=plain(mdp.next, np.int64),
        reward=plain(mdp.reward, np.float64),
        ended=plain(mdp.ended, np.bool_),
        ways=plain(world.start, np.int64),
        ways_upto=plain(world.upto, np.float64),
        executed=plain(world.executed, np.int64),
        traits=(len(mdp.next) > len(mdp.start) - 1, world.modifies, float(mdp.discount)),
    )
