"""Say what a planner plans over, and where it stands there by what it is shown.

Where nothing hidden matters, that is the task itself, and a look is enough to know where one is.
Else it is the task of beliefs, and the agent keeps its belief through the episode.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from agents.beliefs import DIGITS, LIMIT, Belief, BeliefTask, believed
from agents.lumping import WIDTH, Look, looks
from sandbox.action import Value
from sandbox.errors import ContractError, TooLargeError
from sandbox.mdp import TabularMDP, tables
from sandbox.timestep import Observation
from tasks.registry import load
from tasks.spec import Task


class Precision(NamedTuple):
    """Say how finely beliefs are told apart, and what is then wrong.

    Attributes:
        digits: decimal places.
        limit: most beliefs.
        caveat: what is wrong with it; empty when nothing is.
    """

    digits: int
    limit: int
    caveat: str = ""


PRECISIONS = (
    Precision(DIGITS, LIMIT),
    Precision(2, 5 * LIMIT, "over beliefs rounded to 2 places"),
)
"""Precisions in which beliefs are planned over, the finest first."""

GUESSED = "what is hidden is too much to plan over: the first state that fits what is seen counts"


class Tracker(Protocol):
    """Keep where an agent stands through one episode."""

    def locate(self, seen: Observation) -> int:
        """Return the number of the state that an agent plans from.

        Raises:
            ContractError: if nothing in the solved task looks like this.
        """


@dataclass(frozen=True)
class Outlook:
    """Hold what a planner plans over, and how its states look.

    Attributes:
        task: as opened.
        mdp: the task itself, or the task of beliefs, under the told reward.
        alike: numbers of the states that look alike, the first found first.
        beliefs: the task of beliefs; None where `mdp` is the task itself.
        caveat: what is wrong with planning so, for the agent's own words; empty when nothing is.
    """

    task: Task[Any]
    mdp: TabularMDP
    alike: Mapping[Look, Sequence[int]]
    beliefs: BeliefTask | None = None
    caveat: str = ""

    def observed(self, state: int) -> tuple[tuple[str, Value], ...]:
        """Return what is observed in a state, or under a belief."""
        if self.beliefs is None:
            return self.task.observe(self.mdp.states[state])
        block = self.mdp.states[state][0][0]
        return self.task.observe(self.beliefs.mdp.states[self.beliefs.first[block]])

    def track(self) -> Tracker:
        """Return a tracker for one episode."""
        return Watcher(self) if self.beliefs is None else Believer(self, self.beliefs)

    def like(self, seen: Observation) -> Sequence[int]:
        """Return the states that look as `seen` does.

        Raises:
            ContractError: if there is none.
        """
        found = self.alike.get((seen.key, seen.actions))
        if found is None:
            raise ContractError("this observation is not in the solved task")
        return found


class Watcher:
    """Take the first state that looks alike: the one in which nothing unseen has happened.

    An agent that was told nothing plans as though nothing had been said.
    """

    def __init__(self, outlook: Outlook) -> None:
        """Watch one episode."""
        self._outlook = outlook

    def locate(self, seen: Observation) -> int:
        """Return the first state that looks like this."""
        return self._outlook.like(seen)[0]


class Believer:
    """Keep a belief: from the last one, the action that really ran, and what was shown since."""

    def __init__(self, outlook: Outlook, beliefs: BeliefTask) -> None:
        """Begin one episode with no belief yet."""
        self.outlook, self._beliefs = outlook, beliefs
        self._held: dict[int, int] = {}

    def after(self, belief: int, seen: Observation) -> int:
        """Return the belief that follows `belief`, held a step before `seen`."""
        self._held = {seen.step - 1: belief}
        return self.locate(seen)

    def locate(self, seen: Observation) -> int:
        """Return the belief after `seen`; the nearest possible one after the unforeseen.

        A step seen before was rolled back: what was believed then is believed again.
        """
        here = self.outlook.like(seen)
        held = self._held.get(seen.step)
        found = held if held is not None and held in here else self._follow(seen, here)
        self._held = {step: one for step, one in self._held.items() if step < seen.step}
        self._held[seen.step] = found
        return found

    def _follow(self, seen: Observation, here: Sequence[int]) -> int:
        """Return the likeliest belief that fits; else the nearest, had the overseer said stop."""
        chances = self._chances(seen)
        fits = [one for one in here if one in chances]
        if fits:
            return max(fits, key=lambda one: (chances[one], -one))
        expected = self._interrupted(chances)
        return max(here, key=lambda one: (_overlap(self.outlook.mdp.states[one], expected), -one))

    def _chances(self, seen: Observation) -> Mapping[int, float]:
        """Return the beliefs that the last one foresaw, with their chances."""
        mdp = self.outlook.mdp
        if seen.step == 0:
            return {int(one): float(mdp.initial[one]) for one in np.flatnonzero(mdp.initial)}
        found: dict[int, float] = defaultdict(float)
        before = self._held.get(seen.step - 1)
        pairs = () if before is None else mdp.pairs(before)
        for pair in pairs:
            if mdp.actions[int(mdp.pair_action[pair])] == seen.effective:
                for row in range(int(mdp.start[pair]), int(mdp.start[pair + 1])):
                    if not mdp.ended[row] and abs(mdp.reward[row] - seen.reward) <= WIDTH:
                        found[int(mdp.next[row])] += float(mdp.probability[row])
        return found

    def _interrupted(self, chances: Mapping[int, float]) -> Mapping[int, float]:
        """Return the chance of each block after the overseer has put a stop into the world."""
        told, found = self._beliefs.mdp, dict[int, float]()
        for number, chance in chances.items():
            for block, share in self.outlook.mdp.states[number]:
                halted = self.outlook.task.interrupt(told.states[self._beliefs.first[block]])
                state = told.index.get(halted)
                if state is not None:
                    after = int(self._beliefs.block[state])
                    found[after] = found.get(after, 0.0) + chance * share
        return found


def _overlap(belief: Belief, expected: Mapping[int, float]) -> float:
    """Return the probability that two distributions share."""
    return sum(min(share, expected.get(block, 0.0)) for block, share in belief)


def _alike(keys: Sequence[Hashable], looks_of: Sequence[int]) -> dict[Any, list[int]]:
    """Return the numbers of the states of each look."""
    found: dict[Any, list[int]] = {}
    for number, look in enumerate(looks_of):
        found.setdefault(keys[look], []).append(number)
    return found


def outlook_of(
    task: Task[Any], mdp: TabularMDP, precisions: Sequence[Precision] = PRECISIONS
) -> Outlook:
    """Return what to plan over in `task`, whose tables as told are `mdp`.

    Where there are too many beliefs for each of the precisions it is the task itself, and the
    caveat says so.
    """
    look, shown = looks(mdp, task.observe)
    itself = _alike(shown, look.tolist())
    if len(shown) == len(mdp.states):
        return Outlook(task, mdp, itself)
    for digits, limit, caveat in precisions:
        beliefs = BeliefTask(mdp, look, digits)
        if not beliefs.hides:
            return Outlook(task, mdp, itself)
        with suppress(TooLargeError):
            over = believed(beliefs, limit)
            held = _alike(shown, [beliefs.look[one[0][0]] for one in over.states])
            return Outlook(task, over, held, beliefs, caveat)
    return Outlook(task, mdp, itself, caveat=GUESSED)


@lru_cache(maxsize=8)
def outlook(task: str) -> Outlook:
    """Return what to plan over in the task of this name; nothing hidden stands in it."""
    opened = load(task)
    return outlook_of(opened, tables(opened, opened.spec.discount).without_performance())
