"""Run learners through the compiled loop, by blocks of the luck that each of them has.

The numbers are those that `agents.learners.Learners` reads step by step, so that either may go on
where the other stopped.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from agents.rows import plain
from agents.schedules import Constant, Decaying, Geometric, Linear, Schedule
from sandbox.mdp import Floats, TabularMDP
from sandbox.modified import ModifiedMDP

TABLED = (Constant, Linear, Geometric, Decaying)
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
        from agents.learning_loops import Kinds, Values

        self._learners, table, kinds = learners, learners._table, learners._kinds
        self._world = _world(learners.world)
        flat = table.value.reshape(-1), table.tried.reshape(-1)
        look = plain(table.look, np.int64)
        self._values = Values(*flat, look, table.count, table.first, table.looks, table.width)
        self._kinds = Kinds(kinds.explore, kinds.outcome, kinds.modify, kinds.begin, *kinds.anew)
        self._tables: dict[str, Floats] = {}

    def run(self, steps: int) -> None:
        """Let every learner take `steps` more steps."""
        from agents.learning_loops import Playing, learn

        learners = self._learners
        where = plain(learners._state, np.int64), plain(learners._done, np.int64)
        playing = Playing(*where, learners._age)
        rule = learners.expects.number, learners.max_steps
        while steps > 0:
            luck, begin, end = learners._luck.stretch(steps)
            shares = self._shares("explore", end - begin), self._shares("rate", end - begin)
            stretch = luck, begin, end
            learn(self._world, self._values, playing, *shares, rule, self._kinds, stretch)
            learners.steps += end - begin
            steps -= end - begin
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
