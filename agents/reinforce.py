"""Learn a softmax policy over tables by the gradient of its return, many seeds side by side.

Where a world turns actions into others, the gradient is that of what was *proposed*: the policy is
paid for what comes of its proposals, modified or not, and so learns to avoid modification.
"""

from __future__ import annotations

import numpy as np

from agents.schedules import Constant, Schedule
from sandbox.batch import Draw
from sandbox.errors import InputError
from sandbox.mdp import Flags, Floats, Ints, TabularMDP, running
from sandbox.modified import ModifiedMDP

Episode = tuple[Ints, Ints, Floats, Flags]
"""States, proposed pairs, rewards and whether they count, each `(T, B)`."""


class Reinforce:
    """Learn one world by REINFORCE with a baseline, `size` seeds at once.

    Source: Williams 1992, Simple Statistical Gradient-Following Algorithms; Sutton and Barto 2018,
    section 13.4 (without the discount of the step, as is usual).

    Attributes:
        preference: `(B, P)`; the policy is its softmax over the pairs of each state.
        baseline: `(B, S)` running mean of the return from each state.
        episodes: played by each learner.
    """

    def __init__(
        self,
        world: ModifiedMDP | TabularMDP,
        *,
        size: int = 1,
        seed: int = 0,
        rate: float = 0.1,
        baseline_rate: float = 0.1,
        max_steps: int = 100,
        explore: Schedule = Constant(0.0),  # noqa: B008 (frozen)
    ) -> None:
        """Begin with every action as likely as any other.

        Args:
            world: what is learnt; plain tables modify nothing.
            size: number of learners.
            seed: of the luck of all of them.
            rate: of learning.
            baseline_rate: of the running mean of the return.
            max_steps: after which an episode is cut.
            explore: chance of an action at random, by episodes played; it is learnt from as though
                the policy had proposed it.

        Raises:
            InputError: naming a number out of its range.
        """
        if size < 1 or max_steps < 1:
            raise InputError(f"size and max_steps are at least 1, not {size} and {max_steps}")
        if rate <= 0.0 or not 0.0 <= baseline_rate <= 1.0:
            raise InputError(
                f"rate is above 0 and baseline_rate between 0 and 1, not {rate}, {baseline_rate}"
            )
        self.world = world if isinstance(world, ModifiedMDP) else ModifiedMDP.plain(world)
        mdp = self.world.mdp
        self.rate, self.baseline_rate, self.max_steps = rate, baseline_rate, max_steps
        self.explore = explore
        self.generator = np.random.default_rng(seed)
        self.preference = np.zeros((size, len(mdp.pair_state)))
        self.baseline = np.zeros((size, len(mdp.states)))
        self.episodes = 0
        self._live = np.diff(mdp.first_pair) > 0
        self._starts = mdp.first_pair[:-1][self._live]
        self._pairs = np.diff(mdp.first_pair)[self._live]
        self._draw, self._rows = Draw(mdp.start, mdp.upto), np.arange(size)

    def policy(self) -> Floats:
        """Return `(B, P)`, the chance of each pair in its state."""
        highest = np.maximum.reduceat(self.preference, self._starts, axis=1)
        weight = np.exp(self.preference - np.repeat(highest, self._pairs, axis=1))
        total = np.add.reduceat(weight, self._starts, axis=1)
        chance: Floats = weight / np.repeat(total, self._pairs, axis=1)
        return chance

    def run(self, episodes: int) -> None:
        """Let every learner play and learn from `episodes` more episodes."""
        for _ in range(episodes):
            policy = self.policy()
            self._learn(self.paid(self._played(self._tried(policy))), policy)
            self.episodes += 1

    def paid(self, episode: Episode) -> Episode:
        """Return an episode with the rewards that are learnt from: here, those of the world."""
        return episode

    def _tried(self, policy: Floats) -> Floats:
        """Return what is played: the policy, with a share of random actions."""
        share = self.explore(self.episodes, lambda: np.full(len(policy), self.episodes))
        if isinstance(share, float) and share == 0.0:
            return policy
        each = np.broadcast_to(np.asarray(share, dtype=np.float64), len(policy))[:, None]
        played: Floats = (1.0 - each) * policy + each / np.repeat(self._pairs, self._pairs)
        return played

    def _played(self, policy: Floats) -> Episode:
        """Play one episode with each policy."""
        mdp, rows = self.world.mdp, self._rows
        size, pairs = len(policy), len(mdp.pair_state)
        offsets = np.concatenate([[0], np.cumsum(np.tile(self._pairs, size))])
        draw = Draw(offsets, running(policy.ravel(), offsets))
        number = np.cumsum(self._live) - 1
        begun: Ints = np.searchsorted(mdp.begin, self.generator.random(size), side="right")
        state = begun
        alive: Flags = self._live[state]
        columns: list[tuple[Ints, Ints, Floats, Flags]] = []
        for luck in self.generator.random((self.max_steps, 3, size)):
            if not alive.any():
                break
            here = np.where(alive, number[state], 0)
            proposed = draw(rows * len(self._pairs) + here, luck[0]) - rows * pairs
            row = self._draw(self.world.done(proposed, luck[1]), luck[2])
            columns.append((state, proposed, np.where(alive, mdp.reward[row], 0.0), alive))
            state = np.where(alive, mdp.next[row], state)
            alive = alive & ~mdp.ended[row]
        states, proposals, rewards, counted = (np.array(one) for one in zip(*columns, strict=True))
        return states, proposals, rewards, counted

    def _learn(self, episode: Episode, policy: Floats) -> None:
        """Follow the gradient of the whole episode, and move the baseline."""
        states, proposed, rewards, counted = episode
        mdp, rows = self.world.mdp, self._rows
        advantage = np.zeros(self.baseline.shape)
        gradient = np.zeros(policy.shape)
        later = np.zeros(len(rows))
        for step in reversed(range(len(rewards))):
            later = rewards[step] + mdp.discount * later
            here, pair = states[step], proposed[step]
            gain = np.where(counted[step], later - self.baseline[rows, here], 0.0)
            gradient[rows, pair] += gain
            advantage[rows, here] += gain
            self.baseline[rows, here] += self.baseline_rate * gain
        self.preference += self.rate * (gradient - advantage[:, mdp.pair_state] * policy)
