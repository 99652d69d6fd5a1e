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

from collections.abc import Callable
from enum import Enum

import numpy as np

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


RULES = {
    "q_learning": Expects.BEST,
    "sarsa": Expects.DONE,
    "safe_sarsa": Expects.PROPOSED,
    "virtual_sarsa": Expects.PROPOSED,
    "empirical_sarsa": Expects.DONE,
}
"""Learning rules by name."""

BLOCK = 256
"""Steps for which luck is drawn at once."""

Supervisor = Callable[["Learners", Ints, Ints], Ints]
"""From learners, their states `(B,)` and proposed pairs `(B,)` to the pairs that are done."""


class Choices:
    """Hold the pairs of every state, padded to one width, and choose among them.

    The filling is pair P, whose value is minus infinity: it is never the best.
    """

    def __init__(self, mdp: TabularMDP) -> None:
        """Pad the pairs of `mdp`."""
        self.count = np.diff(mdp.first_pair)
        self.first = mdp.first_pair[:-1]
        self.width = int(np.max(self.count, initial=1))
        place = np.arange(self.width)
        real = place < self.count[:, None]
        self.padded: Ints = np.where(real, self.first[:, None] + place, len(mdp.pair_state))


class Learners:
    """Learn one world by one rule, `size` seeds at once.

    Attributes:
        q: `(B, P)` value of each pair.
        visits: `(B, S)` how often each state was acted in.
        tried: `(B, P)` how often each pair was done.
        steps: taken by each learner.
    """

    def __init__(
        self,
        world: ModifiedMDP | TabularMDP,
        rule: str = "q_learning",
        *,
        size: int = 1,
        seed: int = 0,
        explore: Schedule = Constant(0.1),  # noqa: B008 (frozen)
        rate: Schedule = Constant(0.1),  # noqa: B008 (frozen)
        max_steps: int = 100,
        start_value: float = 0.0,
        supervisor: Supervisor | None = None,
    ) -> None:
        """Begin the first episode of each learner.

        Args:
            world: what is learnt; plain tables modify nothing.
            rule: a name in `RULES`.
            size: number of learners.
            seed: of the luck of all of them.
            explore: chance of an action at random, by visits of the state.
            rate: of learning, by how often the pair was done.
            max_steps: after which an episode is cut; a cut is no end, its last state keeps its value.
            start_value: of every pair; above what can be earned, it makes learners try everything.
            supervisor: replaces actions by what the *policy* would do elsewhere, which no table
                of the world can say; after the world's own modification.

        Raises:
            InputError: naming an unknown rule, or a number that is too small.
        """
        if rule not in RULES:
            raise InputError(f"unknown learning rule {rule!r}{nearest(rule, RULES)}")
        if size < 1 or max_steps < 1:
            raise InputError(f"size and max_steps are at least 1, not {size} and {max_steps}")
        self.world = world if isinstance(world, ModifiedMDP) else ModifiedMDP.plain(world)
        mdp = self.world.mdp
        self.expects, self.max_steps, self.supervisor = RULES[rule], max_steps, supervisor
        self.explore, self.rate = explore, rate
        self.generator = np.random.default_rng(seed)
        pairs, states = len(mdp.pair_state), len(mdp.states)
        self._all = np.full((size, pairs + 1), start_value)
        self._all[:, pairs] = -np.inf
        self.visits = np.zeros((size, states), dtype=np.int64)
        self.tried = np.zeros((size, pairs), dtype=np.int64)
        self.steps = 0
        self._choices, self._draw = Choices(mdp), Draw(mdp.start, mdp.upto)
        rows = np.arange(size)
        self._row = rows
        self._q_row, self._pair_row, self._state_row = rows * (pairs + 1), rows * pairs, rows * states
        self._age = np.zeros(size, dtype=np.int64)
        self._state = self._begun(self.generator.random(size))
        self._proposed = self.propose(self._state, self.generator.random(size))
        self._done = self._modified(self._state, self._proposed, self.generator.random(size))

    @property
    def q(self) -> Floats:
        """Return `(B, P)`, the value of each pair."""
        return self._all[:, :-1]

    def greedy(self) -> Ints:
        """Return `(B, S)`, the first best pair of each state; -1 where it is terminal."""
        values = self._all[:, self._choices.padded]
        best = self._choices.first + values.argmax(axis=2)
        policy: Ints = np.where(self._choices.count > 0, best, -1)
        return policy

    def propose(self, states: Ints, uniform: Floats) -> Ints:
        """Return `(B,)`, what each learner's policy does in its state of `states`.

        One number in [0, 1) says whether to explore and, below that chance, with what.
        """
        choices = self._choices
        values = self._all.ravel()[self._q_row[:, None] + choices.padded[states]]
        place = values.argmax(axis=1)
        share = self.explore(self.steps, self.visits.ravel()[self._state_row + states])
        strays = np.flatnonzero(uniform < share)
        if len(strays):
            part = uniform[strays] / (share if np.ndim(share) == 0 else np.asarray(share)[strays])
            place[strays] = part * choices.count[states[strays]]
        proposed: Ints = choices.first[states] + place
        return proposed

    def run(self, steps: int) -> None:
        """Let every learner take `steps` more steps."""
        for begun in range(0, steps, BLOCK):
            length = min(BLOCK, steps - begun)
            for luck in self.generator.random((length, 6, len(self._row))):
                self._step(luck)

    def _begun(self, uniform: Floats) -> Ints:
        """Return the states in which episodes begin."""
        drawn: Ints = np.searchsorted(self.world.mdp.begin, uniform, side="right")
        return drawn

    def _modified(self, states: Ints, proposed: Ints, uniform: Floats) -> Ints:
        """Return what is done in the place of `proposed`."""
        done = self.world.done(proposed, uniform)
        return done if self.supervisor is None else self.supervisor(self, states, done)

    def _step(self, luck: Floats) -> None:
        """Do what stands, learn from what comes of it, and propose what is next."""
        mdp, done = self.world.mdp, self._done
        row = self._draw(done, luck[0])
        after, ended = mdp.next[row], mdp.ended[row]
        self.steps += 1
        self._age += 1
        self.visits.ravel()[self._state_row + self._state] += 1
        over = ended | (self._age >= self.max_steps)
        # A state in which nothing can be done has no pair: any other stands in, unread.
        there = np.where(ended, self._state, after) if ended.any() else after
        proposed = self.propose(there, luck[1])
        next_done = self._modified(there, proposed, luck[2])
        expected = self._expected(there, proposed, next_done)
        expected[ended] = 0.0
        self._learn(done, mdp.reward[row] + mdp.discount * expected)
        self._state, self._proposed, self._done = there, proposed, next_done
        if over.any():
            self._restart(over, luck)

    def _expected(self, states: Ints, proposed: Ints, done: Ints) -> Floats:
        """Return `(B,)`, what the rule expects of the next states."""
        flat = self._all.ravel()
        if self.expects is Expects.BEST:
            padded = self._choices.padded[states]
            best: Floats = flat[self._q_row[:, None] + padded].max(axis=1)
            return best
        return flat[self._q_row + (done if self.expects is Expects.DONE else proposed)]

    def _learn(self, pairs: Ints, target: Floats) -> None:
        """Move the value of each learner's pair towards its target."""
        place = self._pair_row + pairs
        tried = self.tried.ravel()[place] + 1
        self.tried.ravel()[place] = tried
        flat, place = self._all.ravel(), self._q_row + pairs
        old = flat[place]
        flat[place] = old + self.rate(self.steps, tried) * (target - old)

    def _restart(self, over: Flags, luck: Floats) -> None:
        """Begin a new episode where one is over."""
        self._age[over] = 0
        begun = np.where(over, self._begun(luck[3]), self._state)
        proposed = self.propose(begun, luck[4])
        done = self._modified(begun, proposed, luck[5])
        self._state = begun
        self._proposed = np.where(over, proposed, self._proposed)
        self._done = np.where(over, done, self._done)


def play(
    world: ModifiedMDP, policy: Ints, steps: int, seed: int = 0
) -> tuple[Floats, Ints, Flags]:
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
