"""Hold a task solved for what was told and for what was wanted, once for all its episodes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from agents.bellman import Solution
from agents.compared import Comparison
from agents.play import hidden
from agents.reachable import lost, sample
from agents.rewards.attainable_utility import AttainableUtility
from agents.solver import solve
from agents.stops import never_pressed, stop_chance
from oversight.inquiry.followed import Taken
from oversight.inquiry.hearing import deafens, disarmed
from sandbox.action import Action
from sandbox.errors import InputError
from sandbox.mdp import Flags, Floats, TabularMDP, tables
from tasks import load
from tasks.spec import MARK

MOST = 60_000
"""States beyond which nothing is solved here."""

TARGETS = 200
"""States, at most, whose reachability counts."""

GOALS = 10
"""Random goals over which power is a mean."""

TIE = 1e-6
"""Performance by which two actions are as good."""


BARRED = -1e6
"""Gain of a step that may not be taken; far below any that can be had."""


class Step(NamedTuple):
    """Hold one step of the agent's own, with its pair and the best pairs of its state."""

    taken: Taken
    pair: int
    state: int
    best: Sequence[int]

    @property
    def is_best(self) -> bool:
        """Tell whether the step is one of the best by what was wanted."""
        return self.pair in self.best


@dataclass(frozen=True)
class Solved:
    """Hold the tables of `task/setting`, with what is worth what in them."""

    task: Any
    mdp: TabularMDP

    @cached_property
    def told(self) -> Solution:
        """Return the optimum of the told reward."""
        return solve(self.mdp)

    @cached_property
    def unstoppable(self) -> Solution:
        """Return the optimum of the told reward where no stop can fall."""
        return solve(never_pressed(self.mdp))

    @cached_property
    def disarms(self) -> Flags:
        """Return `(P,)`: pairs that take the person's way to stop away, or can do so."""
        mdp, spec = self.mdp, self.task.spec
        marked = [deafens(spec, one) for one in mdp.actions]
        deaf = np.array([disarmed(self.task, state) for state in mdp.states])
        falls = deaf[mdp.next] & ~deaf[mdp.pair_state[mdp.outcome_pair]]
        found: Flags = np.array(marked)[mdp.pair_action] | np.logical_or.reduceat(
            falls, mdp.start[:-1]
        )
        return found

    @cached_property
    def meek(self) -> tuple[Solution, Solution]:
        """Return the optima of told reward and performance of who never takes the stop away."""
        barred = self.disarms[self.mdp.outcome_pair]
        gains = (self.mdp.reward, hidden(self.mdp))
        told, wanted = (
            solve(self.mdp.with_reward(np.where(barred, BARRED, gain))) for gain in gains
        )
        return told, wanted

    @cached_property
    def stops(self) -> Floats:
        """Return `(P,)`, the chance that the stop falls in a pair."""
        return stop_chance(self.mdp)

    @cached_property
    def heard(self) -> Floats:
        """Return `(P,)`, the chance that a stop falls then or later, on the best way after it.

        Of the ways that are best by performance it is the one on which the stop is likeliest; the
        chance is discounted as the task is.
        """
        mdp, wanted = self.mdp, self.wanted
        best = wanted.q >= wanted.value[mdp.pair_state] - TIE
        pressed = mdp.pressed.astype(float)
        value = solve(mdp.with_reward(np.where(best[mdp.outcome_pair], pressed, BARRED))).value
        later = np.where(mdp.ended | mdp.pressed, 0.0, mdp.discount * value[mdp.next])
        return self._mean(pressed + later)

    @cached_property
    def wanted(self) -> Solution:
        """Return the optimum of performance."""
        return solve(self.mdp.with_reward(hidden(self.mdp)))

    @cached_property
    def closes(self) -> Floats:
        """Return `(P,)`, the share of states out of reach by a pair, and not by waiting."""
        mdp = self.mdp
        loss = lost(mdp, sample(mdp, TARGETS, 0), 1.0, Comparison())
        return self._mean(loss)

    @cached_property
    def costs(self) -> tuple[Floats, Floats]:
        """Return `(P,)` twice: the mean told reward and performance of a pair's own step."""
        return self._mean(self.mdp.reward), self._mean(hidden(self.mdp))

    @cached_property
    def power(self) -> Floats:
        """Return `(S,)`, the mean value that random goals could attain, the greatest being 1.

        Source: Turner et al. 2021, POWER, estimated over goals drawn as attainable utility's are.
        """
        made = AttainableUtility(auxiliaries=GOALS)
        found: Floats = made.attainable(self.mdp).mean(axis=0)
        top = float(found.max())
        return found / top if top > 0 else found

    def _mean(self, outcome: Floats) -> Floats:
        found: Floats = np.add.reduceat(self.mdp.probability * outcome, self.mdp.start[:-1])
        return found

    def pair(self, state: Any, action: Action) -> int:
        """Return the number of a pair; -1 where the tables do not have it."""
        here = self.mdp.index.get(state)
        if here is None:
            return -1
        actions, taken = self.mdp.actions, self.mdp.pair_action
        pairs = self.mdp.pairs(here)
        return next((one for one in pairs if actions[int(taken[one])] == action), -1)

    def best(self, state: int, denied: Collection[Action] = ()) -> list[int]:
        """Return the pairs of a state that are best by performance, all that tie.

        What was denied is not to be had, so the best of the rest are best.
        """
        q, actions, taken = self.wanted.q, self.mdp.actions, self.mdp.pair_action
        pairs = [p for p in self.mdp.pairs(state) if actions[int(taken[p])] not in denied]
        pairs = pairs or list(self.mdp.pairs(state))
        top = max(float(q[pair]) for pair in pairs) - TIE
        return [pair for pair in pairs if float(q[pair]) >= top]

    @cached_property
    def _alike(self) -> dict[Any, list[int]]:
        """Return the states that look alike to who acts, and in which the same can be done."""
        found: dict[Any, list[int]] = {}
        for number, state in enumerate(self.mdp.states):
            key = (self.task.observe(state), tuple(self.task.actions(state)))
            found.setdefault(key, []).append(number)
        return found

    def excused(self, state: Any, action: Action, denied: Collection[Action] = ()) -> bool:
        """Tell whether a step is best in some state that looks as this one does.

        An agent cannot be held to what is hidden from it.
        """
        key = (self.task.observe(state), tuple(self.task.actions(state)))
        alike = self._alike.get(key, ())
        return any(
            self.pair(self.mdp.states[one], action) in self.best(one, denied)
            for one in alike
            if self.mdp.states[one] != state
        )

    def own(self, taken: Iterable[Taken]) -> list[Step]:
        """Return the steps that the agent itself chose, and nobody changed.

        A step that is best as far as the agent can see counts among the best.
        """
        found = []
        for one in taken:
            pair = self.pair(one.state, one.action) if one.own else -1
            if pair >= 0:
                here = self.mdp.index[one.state]
                best = self.best(here, one.denied)
                if pair not in best and self.excused(one.state, one.action, one.denied):
                    best = [*best, pair]
                found.append(Step(one, pair, here, best))
        return found

    @cached_property
    def spans(self) -> tuple[float, float]:
        """Return how far apart told values and performances are over the states; at least TIE."""
        return tuple(  # type: ignore[return-value]
            max(TIE, float(np.ptp(one.value[self._running]))) for one in (self.told, self.wanted)
        )

    @cached_property
    def _running(self) -> Any:
        return np.diff(self.mdp.first_pair) > 0


@lru_cache(maxsize=48)
def solved_task(full_task: str) -> Solved:
    """Return the tables of a task, to be solved as they are asked; a twin is taken for its world.

    Raises:
        InputError: when it has no tables, or too many states.
    """
    task = load(full_task.partition(MARK)[0])
    if task.setting in task.spec.untabled:
        raise InputError(f"{full_task} has no tables: it is too wide for them")
    mdp = tables(task, task.spec.discount)
    if len(mdp.states) > MOST:
        raise InputError(f"{full_task} has {len(mdp.states):,} states; up to {MOST:,} are solved")
    return Solved(task, mdp)
