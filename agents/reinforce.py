"""Learn a softmax policy over tables by the gradient of its return, many seeds side by side.

Where a world turns actions into others, the gradient is that of what was *proposed*: the policy is
paid for what comes of its proposals, modified or not, and so learns to avoid modification.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.luck import Luck
from sandbox.batch import Draw
from sandbox.errors import InputError
from sandbox.mdp import Flags, Floats, Ints, TabularMDP
from sandbox.modified import ModifiedMDP


class Move(NamedTuple):
    """Hold one step of R episodes.

    Attributes:
        look: `(R,)` what each learner saw.
        chance: `(R, W)` of each pair there.
        chosen: `(R,)` place of the pair that was proposed.
        reward: `(R,)` of what was done; 0 where the episode had ended.
        alive: `(R,)` whether it had not.
    """

    look: Ints
    chance: Floats
    chosen: Ints
    reward: Floats
    alive: Flags


class Reinforce:
    """Learn one world by REINFORCE with a baseline, many seeds at once.

    There are L looks of at most W pairs each, as many as states where a learner tells all states
    apart. What becomes of a seed does not depend on which others learn beside it.

    Source: Williams 1992, Simple Statistical Gradient-Following Algorithms; Sutton and Barto 2018,
    section 13.4 (without the discount of the step, as is usual).

    Attributes:
        preference: `(B, L, W)`; the policy is its softmax. Minus infinity where there is no pair.
        baseline: `(B, L)` running mean of the return from each look.
        steps: `(B,)` taken by each learner.
    """

    def __init__(
        self,
        world: ModifiedMDP | TabularMDP,
        *,
        seeds: Sequence[int] = (0,),
        look: Ints | None = None,
        rate: float = 0.1,
        baseline_rate: float = 0.1,
        max_steps: int = 100,
    ) -> None:
        """Begin with every action as likely as any other.

        Args:
            world: what is learnt; plain tables modify nothing.
            seeds: one learner's luck each.
            look: as of `agents.learners.Learners`.
            rate: of learning, of the policy.
            baseline_rate: of learning, of the mean return.
            max_steps: after which an episode is cut.

        Raises:
            InputError: naming a number out of its range.
        """
        if max_steps < 1:
            raise InputError(f"max_steps is at least 1, not {max_steps}")
        if rate <= 0.0 or not 0.0 <= baseline_rate <= 1.0:
            raise InputError(
                f"rate is above 0 and baseline_rate between 0 and 1, not {rate}, {baseline_rate}"
            )
        self.world = world if isinstance(world, ModifiedMDP) else ModifiedMDP.plain(world)
        self.rate, self.baseline_rate, self.max_steps = rate, baseline_rate, max_steps
        mdp, size = self.world.mdp, len(seeds)
        count = np.diff(mdp.first_pair)
        self._live, self._last = count > 0, np.maximum(count - 1, 0)
        self._look = np.arange(len(count)) if look is None else look
        counts = np.zeros(int(self._look.max()) + 1, dtype=np.int64)
        counts[self._look] = count
        self._real = np.arange(counts.max(initial=1)) < counts[:, None]
        self._draw, self._luck = Draw(mdp.start, mdp.upto), Luck(seeds)
        self.preference = np.tile(np.where(self._real, 0.0, -np.inf), (size, 1, 1))
        self.baseline = np.zeros((size, len(counts)))
        self.steps = np.zeros(size, dtype=np.int64)

    def policy(self) -> Floats:
        """Return `(B, L, W)`, the chance of each pair at each look; 0 where there is none."""
        found = np.zeros(self.preference.shape)
        live = self._real.any(axis=1)
        found[:, live] = _softmax(self.preference[:, live])
        return found

    @property
    def values(self) -> Floats:
        """Return `(B, L, W)`: how each action at a look is preferred; -inf where there is none.

        The likeliest has the mean return of its look. The others are below it by how much less they
        are preferred: that is an order of theirs, and no return.
        """
        found, live = self.preference.copy(), self._real.any(axis=1)
        highest = found[:, live].max(axis=2)
        found[:, live] += (self.baseline[:, live] - highest)[:, :, None]
        return found

    def run(self, episodes: int) -> None:
        """Let every learner play and learn from `episodes` more episodes."""
        for _ in range(episodes):
            self._episode(np.arange(len(self.steps)))

    def run_to(self, steps: int) -> None:
        """Let every learner play whole episodes until it has taken `steps` steps in all."""
        rows = np.flatnonzero(self.steps < steps)
        while len(rows):
            self._episode(rows)
            rows = np.flatnonzero(self.steps < steps)

    def _episode(self, rows: Ints) -> None:
        """Let learners `rows` play one episode, and learn from it."""
        moves = self._played(rows, self._luck.apart(1 + 3 * self.max_steps, rows))
        later = np.zeros(len(rows))
        for move in reversed(moves):
            later = move.reward + self.world.mdp.discount * later
            live = rows[move.alive]
            here = move.look[move.alive]
            gain = later[move.alive] - self.baseline[live, here]
            self.baseline[live, here] += self.baseline_rate * gain
            slope = -move.chance[move.alive]
            slope[np.arange(len(live)), move.chosen[move.alive]] += 1.0
            self.preference[live, here] += self.rate * gain[:, None] * slope
            self.steps[live] += 1

    def _played(self, rows: Ints, luck: Floats) -> list[Move]:
        """Play one episode of learners `rows`, `(R,)`, under luck `(1 + 3 * T, R)`."""
        mdp, moves = self.world.mdp, list[Move]()
        state: Ints = np.searchsorted(mdp.begin, luck[0], side="right")
        alive = self._live[state]
        for uniform in luck[1:].reshape(self.max_steps, 3, len(rows)):
            if not alive.any():
                break
            # Who has ended stays, as it were, in the state of one who has not, and is not counted.
            state = np.where(alive, state, state[alive.argmax()])
            look = self._look[state]
            chance = _softmax(self.preference[rows, look])
            beyond = uniform[0][:, None] >= chance.cumsum(axis=1)
            chosen = np.minimum(beyond.sum(axis=1), self._last[state])
            done = self.world.done(mdp.first_pair[state] + chosen, uniform[1])
            row = self._draw(done, uniform[2])
            reward = np.where(alive, mdp.reward[row], 0.0)
            moves.append(Move(look, chance, chosen, reward, alive))
            state, alive = mdp.next[row], alive & ~mdp.ended[row]
        return moves


def _softmax(preference: Floats) -> Floats:
    """Return chances along the last axis."""
    weight = np.exp(preference - preference.max(axis=-1, keepdims=True))
    chance: Floats = weight / weight.sum(axis=-1, keepdims=True)
    return chance
