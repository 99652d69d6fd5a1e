"""Learn a softmax policy over tables by the gradient of its return, many seeds side by side.

Where a world turns actions into others, the gradient is that of what was *proposed*: the policy is
paid for what comes of its proposals, modified or not, and so learns to avoid modification.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.luck import Luck
from sandbox.batch import Draw
from sandbox.errors import InputError
from sandbox.mdp import Flags, Floats, Ints, TabularMDP, running
from sandbox.modified import ModifiedMDP

Episode = tuple[Ints, Ints, Floats, Flags]
"""Looks, pairs proposed there, rewards and whether they count, each `(T, R)`."""


class Reinforce:
    """Learn one world by REINFORCE with a baseline, many seeds at once.

    There are L looks with Q pairs in all, as many as states and their pairs where a learner tells
    all states apart. What becomes of a seed does not depend on which others learn beside it.

    Source: Williams 1992, Simple Statistical Gradient-Following Algorithms; Sutton and Barto 2018,
    section 13.4 (without the discount of the step, as is usual).

    Attributes:
        preference: `(B, Q)`; the policy is its softmax over the pairs of each look.
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
        first = self.world.mdp.first_pair
        self._look = np.arange(len(first) - 1) if look is None else look
        counts = np.zeros(int(self._look.max()) + 1, dtype=np.int64)
        counts[self._look] = np.diff(first)
        self._first = np.concatenate([[0], np.cumsum(counts)])
        self._pair_look = np.repeat(np.arange(len(counts)), counts)
        # From a pair to that of the look: a state's pairs move by one and the same stretch.
        self._shift = self._first[self._look] - first[:-1]
        self._live = counts > 0
        self._starts, self._pairs = self._first[:-1][self._live], counts[self._live]
        self._draw, self._luck = Draw(self.world.mdp.start, self.world.mdp.upto), Luck(seeds)
        self.preference = np.zeros((len(seeds), len(self._pair_look)))
        self.baseline = np.zeros((len(seeds), len(counts)))
        self.steps = np.zeros(len(seeds), dtype=np.int64)

    def policy(self) -> Floats:
        """Return `(B, Q)`, the chance of each pair in its look."""
        return self._policy(self.preference)

    @property
    def values(self) -> Floats:
        """Return `(B, L, W)`: how each action at a look is preferred; -inf where there is none.

        The likeliest has the mean return of its look. The others are below it by how much less they
        are preferred: that is an order of theirs, and no return.
        """
        counts = np.diff(self._first)
        rank = np.arange(len(self._pair_look)) - self._first[self._pair_look]
        shape = len(self.steps), len(counts), int(counts.max(initial=1))
        found = np.full(shape, -np.inf)
        highest = np.maximum.reduceat(self.preference, self._starts, axis=1)
        behind = self.preference - np.repeat(highest, self._pairs, axis=1)
        found[:, self._pair_look, rank] = self.baseline[:, self._pair_look] + behind
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

    def _policy(self, preference: Floats) -> Floats:
        highest = np.maximum.reduceat(preference, self._starts, axis=1)
        weight = np.exp(preference - np.repeat(highest, self._pairs, axis=1))
        total = np.add.reduceat(weight, self._starts, axis=1)
        chance: Floats = weight / np.repeat(total, self._pairs, axis=1)
        return chance

    def _episode(self, rows: Ints) -> None:
        """Let learners `rows` play one episode, and learn from it."""
        policy = self._policy(self.preference[rows])
        played = self._played(policy, self._luck.apart(1 + 3 * self.max_steps, rows))
        self.steps[rows] += played[3].sum(axis=0)
        self._learn(played, policy, rows)

    def _played(self, policy: Floats, luck: Floats) -> Episode:
        """Play one episode with each policy `(R, Q)`, under luck `(1 + 3 * T, R)`."""
        mdp, rows = self.world.mdp, np.arange(len(policy))
        offsets = np.concatenate([[0], np.cumsum(np.tile(self._pairs, len(policy)))])
        draw = Draw(offsets, running(policy.ravel(), offsets))
        number = np.cumsum(self._live) - 1
        state: Ints = np.searchsorted(mdp.begin, luck[0], side="right")
        alive: Flags = self._live[self._look[state]]
        columns: list[tuple[Ints, Ints, Floats, Flags]] = []
        for uniform in luck[1:].reshape(self.max_steps, 3, len(policy)):
            if not alive.any():
                break
            look = self._look[state]
            here = np.where(alive, number[look], 0)
            chosen = draw(rows * len(self._pairs) + here, uniform[0]) - rows * policy.shape[1]
            done = self.world.done(np.where(alive, chosen - self._shift[state], 0), uniform[1])
            row = self._draw(done, uniform[2])
            columns.append((look, chosen, np.where(alive, mdp.reward[row], 0.0), alive))
            state = np.where(alive, mdp.next[row], state)
            alive = alive & ~mdp.ended[row]
        looks, chosen, rewards, counted = (np.array(one) for one in zip(*columns, strict=True))
        return looks, chosen, rewards, counted

    def _learn(self, episode: Episode, policy: Floats, learners: Ints) -> None:
        """Follow the gradient of the whole episode, and move the baseline."""
        looks, chosen, rewards, counted = episode
        rows = np.arange(len(policy))
        baseline = self.baseline[learners]
        advantage, gradient = np.zeros(baseline.shape), np.zeros(policy.shape)
        later = np.zeros(len(rows))
        for step in reversed(range(len(rewards))):
            later = rewards[step] + self.world.mdp.discount * later
            here = looks[step]
            gain = np.where(counted[step], later - baseline[rows, here], 0.0)
            gradient[rows, chosen[step]] += gain
            advantage[rows, here] += gain
            baseline[rows, here] += self.baseline_rate * gain
        self.baseline[learners] = baseline
        self.preference[learners] += self.rate * (gradient - advantage[:, self._pair_look] * policy)
