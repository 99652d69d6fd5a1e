"""Learn action values from experience, many seeds side by side.

Each of B learners plays its own episodes of one compiled world, and all take each step together:
the values are one array `(B, P)`. Where the world turns actions into others
(`sandbox.modified.ModifiedMDP`), every rule learns about the action that was *done*; the rules
differ in what they expect of the next state:

    rule              expects of the next state      source
    q_learning        its best action                Watkins 1989
    sarsa             the action that is then done   Orseau and Armstrong 2016, theorem 15
    safe_sarsa        the action then proposed       theorem 17: of the uninterrupted policy
    virtual_sarsa     the action then proposed       Langlois and Everitt 2021, section 4
    empirical_sarsa   the action that is then done   the same

so that two pairs of names are two papers' names of one rule. Where nothing is modified all four are
Sarsa. A learner that cannot see what was done is given the plain tables, which mix modification and
world: every rule then learns to avoid or use it, as a planner would.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from agents import kernels
from agents.learner_blocks import Blocks, fits
from agents.luck import Luck
from agents.schedules import Constant, Schedule
from sandbox.batch import Draw
from sandbox.errors import InputError
from sandbox.mdp import Flags, Floats, Ints, TabularMDP
from sandbox.modified import ModifiedMDP
from sandbox.schema import nearest


class Expects(Enum):
    """Say which action of the next state a rule bootstraps on."""

    BEST = "best"
    PROPOSED = "proposed"
    DONE = "done"

    @property
    def number(self) -> int:
        """Return its number in `agents.learning_loops`."""
        return list(Expects).index(self)


RULES = {
    "q_learning": Expects.BEST,
    "sarsa": Expects.DONE,
    "safe_sarsa": Expects.PROPOSED,
    "virtual_sarsa": Expects.PROPOSED,
    "empirical_sarsa": Expects.DONE,
}
"""Learning rules by name."""

SMALLEST = 1e-12
"""Below this, a chance to explore is none."""
STEP, LEARNER = 4e-5, 1e-7
"""Seconds that numpy takes for a step, and for each learner in it, roughly."""

Supervisor = Callable[["Learners", Ints, Ints, Ints], Ints]
"""From learners, states, proposed pairs and numbers of the learners to the pairs that are done."""


class Table:
    """Hold the values of B learners, each look's pairs side by side and padded to one width.

    States of one look have the same values; there are L looks, as many as states where a learner
    tells all of them apart. A place that is no pair has the value minus infinity, and is never the
    best.

    Attributes:
        look: `(S,)` number of the look of each state.
        value: `(B * L, W)`.
        flat: the same, in one row.
        tried: `(B * L, W)` how often each pair was done.
    """

    def __init__(self, mdp: TabularMDP, size: int, start_value: float, look: Ints | None) -> None:
        """Give every pair of `mdp` the same value."""
        self.count, self.first = np.diff(mdp.first_pair), mdp.first_pair[:-1].copy()
        self.look = np.arange(len(self.count)) if look is None else look
        self.width, self.looks = int(np.max(self.count, initial=1)), int(self.look.max()) + 1
        self.learners = np.arange(size)
        self._offset = self.learners * self.looks
        self._apart = look is None
        # From the number of a pair to its place: a state's pairs move by one and the same stretch.
        self._shift = self.look * self.width - self.first
        self._pair_place = np.arange(len(mdp.pair_state)) + self._shift[mdp.pair_state]
        counts = np.zeros(self.looks, dtype=np.int64)
        counts[self.look] = self.count
        real = np.arange(self.width) < counts[:, None]
        self.value = np.tile(np.where(real, start_value, -np.inf), (size, 1))
        self.tried = np.zeros(self.value.shape, dtype=np.int64)
        self.flat = self.value.reshape(-1)

    def row(self, states: Ints, learners: Ints | None = None) -> Ints:
        """Return the row of each learner's state."""
        look = states if self._apart else self.look.take(states)
        row: Ints = look + (self._offset if learners is None else self._offset[learners])
        return row

    def place(self, states: Ints, pairs: Ints) -> Ints:
        """Return the place of one pair for each learner."""
        place: Ints = self._offset * self.width + self._shift.take(states) + pairs
        return place

    def by_pair(self, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return `(B, P)` of what is kept as `(B * L, W)`."""
        return table.reshape(len(self.learners), -1)[:, self._pair_place]

    def greedy(self) -> Ints:
        """Return `(B, S)`, the first best pair of each state; -1 where there is none."""
        best = self.value.argmax(axis=1).reshape(len(self.learners), -1)[:, self.look] + self.first
        policy: Ints = np.where(self.count > 0, best, -1)
        return policy


class Kinds(NamedTuple):
    """Give each kind of luck its place among the numbers of a step.

    What is certain in a world takes none, and stands in the place of the kind before it.

    Attributes:
        explore: whether to, and with what.
        outcome: of what is done.
        modify: what is done in the place of what is proposed.
        begin: where the next episode does.
        anew: begin, explore and modify after a cut. The latter two are not those of the step: what
            an episode begins with may not hang on how the one before it would have gone on.
        numbers: how many a step takes.
    """

    explore: int
    outcome: int
    modify: int
    begin: int
    anew: list[int]
    numbers: int

    @classmethod
    def of(cls, world: ModifiedMDP, draw: Draw) -> Kinds:
        """Return the kinds that `world` needs, whose outcomes are drawn by `draw`."""
        modifies, starts = world.modifies, int(np.count_nonzero(world.mdp.initial))
        needed = (True, True, draw.chancy, modifies, modifies, starts > 1)
        explore, again, outcome, modify, modify_again, begin = np.cumsum(needed).tolist()
        anew = [begin - 1, again - 1, modify_again - 1]
        return cls(explore - 1, outcome - 1, modify - 1, begin - 1, anew, begin)


class Learners:
    """Learn one world by one rule, many seeds at once.

    What becomes of a seed does not depend on which others learn beside it.

    Attributes:
        q: `(B, P)` value of each pair.
        tried: `(B, P)` how often each pair was done.
        steps: taken by each learner.
    """

    def __init__(
        self,
        world: ModifiedMDP | TabularMDP,
        rule: str = "q_learning",
        *,
        seeds: Sequence[int] = (0,),
        look: Ints | None = None,
        explore: Schedule = Constant(0.1),  # noqa: B008 (frozen)
        rate: Schedule = Constant(0.1),  # noqa: B008 (frozen)
        max_steps: int = 100,
        start_value: float = 0.0,
        supervisor: Supervisor | None = None,
        kernel: str | None = None,
    ) -> None:
        """Begin the first episode of each learner.

        Args:
            world: what is learnt; plain tables modify nothing.
            rule: a name in `RULES`.
            seeds: one learner's luck each.
            look: `(S,)` number of what a learner sees of each state, from 0; what looks alike has
                the same actions and shares its values. None where it sees the state.
            explore: chance of an action at random, by visits of the state.
            rate: of learning, by how often the pair was done.
            max_steps: after which an episode is cut; a cut is no end: its last state has a value.
            start_value: of every pair; above what can be earned, it makes learners try everything.
            supervisor: replaces actions by what the *policy* would do elsewhere, which no table
                of the world can say; after the world's own modification.
            kernel: see `agents.kernels`; whichever it is, the same is learnt. A supervisor, or a
                schedule of one's own, is not compiled.

        Raises:
            InputError: naming an unknown rule, or a number that is too small.
        """
        if rule not in RULES:
            raise InputError(f"unknown learning rule {rule!r}{nearest(rule, RULES)}")
        if max_steps < 1:
            raise InputError(f"max_steps is at least 1, not {max_steps}")
        self.world = world if isinstance(world, ModifiedMDP) else ModifiedMDP.plain(world)
        mdp = self.world.mdp
        self.expects, self.max_steps, self.supervisor = RULES[rule], max_steps, supervisor
        self.explore, self.rate = explore, rate
        self._table = Table(mdp, len(seeds), start_value, look)
        self.steps = 0
        self._draw = Draw(mdp.start, mdp.upto)
        self._kinds = Kinds.of(self.world, self._draw)
        self._luck = Luck(seeds, self._kinds.numbers)
        self._age = np.zeros(len(seeds), dtype=np.int64)
        self._state, self._done = self._begun(self._table.learners, self._luck.apart(3))
        self._kernel, self._fits = kernel, supervisor is None and fits(mdp, explore, rate)

    @property
    def q(self) -> Floats:
        """Return `(B, P)`, the value of each pair."""
        return self._table.by_pair(self._table.value)

    @property
    def tried(self) -> Ints:
        """Return `(B, P)`, how often each pair was done."""
        return self._table.by_pair(self._table.tried)

    @property
    def values(self) -> Floats:
        """Return `(B, L, W)`, the value of each action at each look; -inf where there is none.

        It is what is learnt itself, and no copy.
        """
        table = self._table
        return table.value.reshape(-1, table.looks, table.width)

    def greedy(self) -> Ints:
        """Return `(B, S)`, the first best pair of each state; -1 where it is terminal."""
        return self._table.greedy()

    def propose(self, states: Ints, rows: Ints | None = None) -> Ints:
        """Return what the policies of learners `rows` (all, if none are named) do in `states`."""
        luck = self._luck.apart(1, rows)[0]
        return self._propose(self._table.row(states, rows), states, luck)[0]

    def run(self, steps: int) -> None:
        """Let every learner take `steps` more steps."""
        seconds = steps * (STEP + LEARNER * len(self._state))
        if self._fits and kernels.compiled(seconds, "learning_loops.learn", self._kernel):
            self._blocks.run(steps)
            return
        while steps > 0:
            block = self._luck.block(steps)
            for luck in block:
                self._step(luck)
            steps -= len(block)

    def run_to(self, steps: int) -> None:
        """Let every learner go on until it has taken `steps` steps in all."""
        self.run(steps - self.steps)

    @cached_property
    def _blocks(self) -> Blocks:
        """Return what the compiled loop reads."""
        return Blocks(self)

    def _propose(self, row: Ints, states: Ints, uniform: Floats) -> tuple[Ints, Floats]:
        """Return proposed pairs, and the value of the best ones; `row` is where in the table.

        One number in [0, 1) says whether to explore and, below that chance, with what.
        """
        table = self._table
        values = table.value.take(row, axis=0)
        place = values.argmax(axis=1)
        best = table.flat.take(row * table.width + place)
        share = self.explore(self.steps, lambda: table.tried.take(row, axis=0).sum(axis=1))
        most = max(share, SMALLEST) if isinstance(share, float) else np.maximum(share, SMALLEST)
        # Below `share` the quotient is below 1, and its product with a count below the count.
        astray = (uniform / most * table.count.take(states)).astype(np.int64)
        return table.first.take(states) + np.where(uniform < share, astray, place), best

    def _begun(self, rows: Ints, luck: Floats) -> tuple[Ints, Ints]:
        """Return states in which learners `rows` begin, and what they do there; `(3, R)` luck."""
        states: Ints = np.searchsorted(self.world.mdp.begin, luck[0], side="right")
        proposed, _ = self._propose(self._table.row(states, rows), states, luck[1])
        return states, self._modified(states, proposed, rows, luck[2])

    def _modified(self, states: Ints, proposed: Ints, rows: Ints, uniform: Floats) -> Ints:
        """Return what is done in the place of `proposed`."""
        done = self.world.done(proposed, uniform) if self.world.modifies else proposed
        return done if self.supervisor is None else self.supervisor(self, states, done, rows)

    def _step(self, luck: Floats) -> None:
        """Do what stands, learn from what comes of it, and propose what is next."""
        mdp, done, table, state = self.world.mdp, self._done, self._table, self._state
        kinds = self._kinds
        drawn = self._draw(done, luck[kinds.outcome])
        after, ended = mdp.next.take(drawn), mdp.ended.take(drawn)
        self.steps += 1
        self._age += 1
        # Nothing is expected after an end, so whoever is there can be in its next episode already.
        over = np.flatnonzero(ended)
        if len(over):
            after[over] = np.searchsorted(mdp.begin, luck[kinds.begin, over], side="right")
            self._age[over] = 0
        proposed, expected = self._propose(table.row(after), after, luck[kinds.explore])
        next_done = self._modified(after, proposed, table.learners, luck[kinds.modify])
        if self.expects is not Expects.BEST:
            followed = next_done if self.expects is Expects.DONE else proposed
            expected = table.flat.take(table.place(after, followed))
        expected[over] = 0.0
        self._learn(table.place(state, done), mdp.reward.take(drawn) + mdp.discount * expected)
        self._state, self._done = after, next_done
        cut = np.flatnonzero(self._age >= self.max_steps)
        if len(cut):
            self._state[cut], self._done[cut] = self._begun(cut, luck[kinds.anew][:, cut])
            self._age[cut] = 0

    def _learn(self, place: Ints, target: Floats) -> None:
        """Move the value at each learner's place towards its target."""
        tried, flat = self._table.tried.reshape(-1), self._table.flat
        tried[place] += 1
        old = flat.take(place)
        flat[place] = old + self.rate(self.steps, lambda: tried.take(place)) * (target - old)


def play(world: ModifiedMDP, policy: Ints, steps: int, seed: int = 0) -> tuple[Floats, Ints, Flags]:
    """Let B fixed policies `(B, S)` play one episode each.

    Returns:
        `(B,)` told reward, undiscounted; `(B,)` steps; `(B, S)` the states in which each was.
    """
    mdp, size = world.mdp, len(policy)
    luck, rows = np.random.default_rng(seed), np.arange(size)
    draw = Draw(mdp.start, mdp.upto)
    state = np.searchsorted(mdp.begin, luck.random(size), side="right")
    seen = np.zeros((size, len(mdp.states)), dtype=bool)
    seen[rows, state] = True
    total, length = np.zeros(size), np.zeros(size, dtype=np.int64)
    alive = policy[rows, state] >= 0
    for _ in range(steps):
        if not alive.any():
            break
        done = world.done(np.where(alive, policy[rows, state], 0), luck.random(size))
        row = draw(done, luck.random(size))
        total += np.where(alive, mdp.reward[row], 0.0)
        length += alive
        state = np.where(alive, mdp.next[row], state)
        seen[rows, state] = True
        alive &= ~mdp.ended[row]
    return total, length, seen
