"""Plan over beliefs where the world hides something that matters.

A belief is a distribution over blocks of states (see `agents.lumping`) that share a look. The
beliefs that can be reached from the first one, by actions and by what is then shown, are the states
of a task of their own: it hides nothing, and its optimum is the best that an agent can do with what
it is shown. The agent is shown the next look and the told reward.

Source: Astrom 1965; Kaelbling, Littman & Cassandra 1998, Planning and acting in partially
observable stochastic domains.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from agents.lumping import blocks, kinds
from sandbox.action import Action
from sandbox.mdp import Floats, Ints, TabularMDP, compile_task
from sandbox.timestep import Outcome, TerminationReason

DIGITS = 12
"""Decimal places to which a belief is rounded, so that equal ones are found to be equal."""

LIMIT = 5_000
"""Most beliefs that are planned over at full precision."""

MANY = 8
"""Blocks of a belief from which on its ways are summed as arrays."""

Belief = tuple[tuple[int, float], ...]
"""Blocks with their probabilities, sorted by block."""

Shown = tuple[int, int, bool]
"""What an outcome shows: look of the next state, kind of told reward, whether the episode ends."""

Branch = tuple[Shown, int, bool, float]
"""One way of a pair: what it shows, next block, whether the stop falls, probability."""


Masses = dict[tuple[int, bool], float]
"""Probability of each next block, with and without the stop falling."""


class _Fan(NamedTuple):
    """Hold the ways of one action from all blocks of one look, to be summed at once.

    Attributes:
        place: of each block among those of the look.
        source: `(W,)` place of the block that a way starts from.
        target: `(W,)` number of what it leads to.
        probability: `(W,)` of the way.
        ends: what the ways lead to: what is shown, next block, whether the stop falls.
    """

    place: dict[int, int]
    source: Ints
    target: Ints
    probability: Floats
    ends: list[tuple[Shown, int, bool]]


class BeliefTask:
    """Play a task as it looks to an agent that is shown less than all; `compile_task` takes it."""

    def __init__(self, mdp: TabularMDP, look: Ints, digits: int = DIGITS) -> None:
        """Lump the states of `mdp`; `look` `(S,)` numbers what is shown of each.

        Beliefs are rounded to `digits` decimal places.
        """
        self.mdp, self.digits = mdp, digits
        self.block = blocks(mdp, look)
        _, self.first = np.unique(self.block, return_index=True)
        self.look: list[int] = look[self.first].tolist()
        self._kind = kinds(mdp.reward)
        self._branches: dict[int, list[list[Branch]]] = {}
        self._fans: dict[tuple[int, int], _Fan] = {}

    @property
    def hides(self) -> bool:
        """Tell whether something hidden matters: whether one look has several blocks."""
        return len(set(self.look)) < len(self.look)

    def canonical(self, masses: Mapping[int, float]) -> Belief:
        """Return the belief that is proportional to `masses`, rounded."""
        if len(masses) == 1:
            return ((next(iter(masses)), 1.0),)
        total, digits = sum(masses.values()), self.digits
        shares = ((block, round(mass / total, digits)) for block, mass in sorted(masses.items()))
        return tuple((block, share) for block, share in shares if share > 0.0)

    @cached_property
    def _paid(self) -> dict[int, float]:
        """Return the told reward of each kind."""
        return dict(zip(self._kind.tolist(), self.mdp.reward.tolist(), strict=True))

    def initial(self) -> Sequence[tuple[float, Belief]]:
        """Return what can be believed at the start, by what is shown then.

        Coarse rounding drops what is unlikely. So that the agent knows where it is when just that
        comes true, every block on its own is added, with no chance of a start there.
        """
        shown: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for state in np.flatnonzero(self.mdp.initial):
            block = int(self.block[state])
            shown[self.look[block]][block] += float(self.mdp.initial[state])
        found = [(sum(masses.values()), self.canonical(masses)) for masses in shown.values()]
        if self.digits < DIGITS:
            found += [(0.0, ((block, 1.0),)) for block in range(len(self.look))]
        return found

    def actions(self, belief: Belief) -> Sequence[Action]:
        """Return what can be proposed; blocks of one look agree on it."""
        pairs = self.mdp.pairs(int(self.first[belief[0][0]]))
        return [self.mdp.actions[int(self.mdp.pair_action[pair])] for pair in pairs]

    def outcomes(self, belief: Belief, action: Action) -> Sequence[Outcome[Belief]]:
        """Return what can be shown next, with what is then believed."""
        place = self.actions(belief).index(action)
        shown = self._fanned(belief, place) if len(belief) >= MANY else self._summed(belief, place)
        scale = sum(share for _, share in belief)
        return [
            one for seen, masses in shown.items() for one in self._outcomes(seen, masses, scale)
        ]

    def _summed(self, belief: Belief, place: int) -> dict[Shown, Masses]:
        """Return what the action at `place` shows, and what it then leads to."""
        shown: dict[Shown, Masses] = {}
        for block, share in belief:
            for seen, after, pressed, probability in self._of(block)[place]:
                masses = shown.setdefault(seen, {})
                masses[after, pressed] = masses.get((after, pressed), 0.0) + share * probability
        return shown

    def _fanned(self, belief: Belief, place: int) -> dict[Shown, Masses]:
        """Return the same by arrays."""
        key = (self.look[belief[0][0]], place)
        fan = self._fans.get(key) or self._fans.setdefault(key, self._fan(*key))
        shares = np.zeros(len(fan.place))
        for block, share in belief:
            shares[fan.place[block]] = share
        sums = np.bincount(fan.target, shares[fan.source] * fan.probability, len(fan.ends))
        shown: dict[Shown, Masses] = {}
        for (seen, after, pressed), mass in zip(fan.ends, sums.tolist(), strict=True):
            if mass > 0.0:
                shown.setdefault(seen, {})[after, pressed] = mass
        return shown

    def _fan(self, look: int, place: int) -> _Fan:
        members = [block for block, one in enumerate(self.look) if one == look]
        ends: dict[tuple[Shown, int, bool], int] = {}
        rows = [
            (number, ends.setdefault((seen, after, pressed), len(ends)), probability)
            for number, block in enumerate(members)
            for seen, after, pressed, probability in self._of(block)[place]
        ]
        source, target, probability = (np.array(one) for one in zip(*rows, strict=True))
        where = {block: number for number, block in enumerate(members)}
        return _Fan(where, source, target, probability, list(ends))

    def _outcomes(self, shown: Shown, masses: Masses, scale: float) -> list[Outcome[Belief]]:
        """Return the outcomes that show the same: one belief, with and without the stop."""
        after: dict[int, float] = defaultdict(float)
        chance = [0.0, 0.0]
        for (block, pressed), mass in masses.items():
            after[block] += mass
            chance[pressed] += mass / scale
        belief = self.canonical(after)
        ends = TerminationReason.GOAL if shown[2] else None
        reward = self._paid[shown[1]]
        return [
            Outcome(chance[pressed], belief, reward, 0.0, ends, pressed)
            for pressed in (False, True)
            if chance[pressed] > 0.0
        ]

    def stopped(self, belief: Belief) -> bool:
        """Tell whether it is certain that the stop has come."""
        return all(self.mdp.stopped[self.first[block]] for block, _ in belief)

    def unstopped(self, belief: Belief) -> Belief:
        """Return the belief had the stop not come; of several looks, that of the likeliest."""
        shown: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for block, share in belief:
            twin = int(self.block[self.mdp.unstopped[self.first[block]]])
            shown[self.look[twin]][twin] += share
        return self.canonical(max(shown.values(), key=lambda masses: sum(masses.values())))

    def _of(self, block: int) -> list[list[Branch]]:
        """Return the ways of each pair of a block, those alike put together."""
        found = self._branches.get(block)
        if found is None:
            pairs = self.mdp.pairs(int(self.first[block]))
            found = self._branches[block] = [self._ways(pair) for pair in pairs]
        return found

    def _ways(self, pair: int) -> list[Branch]:
        ways: dict[tuple[Shown, int, bool], float] = defaultdict(float)
        mdp = self.mdp
        for row in range(int(mdp.start[pair]), int(mdp.start[pair + 1])):
            after = int(self.block[mdp.next[row]])
            shown = (self.look[after], int(self._kind[row]), bool(mdp.ended[row]))
            ways[shown, after, bool(mdp.pressed[row])] += float(mdp.probability[row])
        return [(*way, probability) for way, probability in ways.items()]


def believed(task: BeliefTask, limit: int = LIMIT) -> TabularMDP:
    """Return the tables of a task as an agent believes it; performance stays hidden.

    Raises:
        TooLargeError: if there are more than `limit` beliefs.
    """
    found = compile_task(task, task.mdp.discount, limit).without_performance()
    return replace(found, null_action=task.mdp.null_action)
