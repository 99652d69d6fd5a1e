"""Learn a softmax policy over tables by the gradient of its return, many seeds side by side.

Where a world turns actions into others, the gradient is that of what was *proposed*: the policy is
paid for what comes of its proposals, modified or not, and so learns to avoid modification.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.luck import Luck
from agents.schedules import Constant, Schedule
from sandbox.batch import Draw
from sandbox.errors import InputError
from sandbox.mdp import Flags, Floats, Ints, TabularMDP
from sandbox.modified import ModifiedMDP


class Episode(NamedTuple):
    """Hold one episode each of R learners, of T steps at most.

    Attributes:
        rows: `(R,)` numbers of the learners.
        look: `(T, R)` what each saw.
        chance: `(T, R, W)` of each pair there, by its policy.
        chosen: `(T, R)` place of the pair that was proposed.
        reward: `(T, R)` of what was done; 0 where the episode had ended.
        alive: `(T, R)` whether it had not.
    """

    rows: Ints
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
        episodes: `(B,)` played by each.
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
        explore: Schedule = Constant(0.0),  # noqa: B008 (frozen)
    ) -> None:
        """Begin with every action as likely as any other.

        Args:
            world: what is learnt; plain tables modify nothing.
            seeds: one learner's luck each.
            look: as of `agents.learners.Learners`.
            rate: of learning, of the policy.
            baseline_rate: of learning, of the mean return.
            max_steps: after which an episode is cut.
            explore: chance of an action at random, by the episodes that a learner has played; it
                is learnt from as though the policy had proposed it.

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
        self.explore = explore
        mdp, size = self.world.mdp, len(seeds)
        count = np.diff(mdp.first_pair)
        self._live, self._last = count > 0, np.maximum(count - 1, 0)
        self._look = np.arange(len(count)) if look is None else look
        counts = np.zeros(int(self._look.max()) + 1, dtype=np.int64)
        counts[self._look] = count
        self._real = np.arange(counts.max(initial=1)) < counts[:, None]
        self._even = self._real / np.maximum(counts, 1)[:, None]
        self._pair_look = self._look[mdp.pair_state]
        self._pair_place = np.arange(len(mdp.pair_state)) - mdp.first_pair[mdp.pair_state]
        self._draw, self._luck = Draw(mdp.start, mdp.upto), Luck(seeds)
        self.preference = np.tile(np.where(self._real, 0.0, -np.inf), (size, 1, 1))
        self.baseline = np.zeros((size, len(counts)))
        self.steps = np.zeros(size, dtype=np.int64)
        self.episodes = np.zeros(size, dtype=np.int64)

    def policy(self) -> Floats:
        """Return `(B, L, W)`, the chance of each pair at each look; 0 where there is none."""
        found = np.zeros(self.preference.shape)
        live = self._real.any(axis=1)
        found[:, live] = _softmax(self.preference[:, live])
        return found

    def shares(self) -> Floats:
        """Return `(B, P)`, the chance of each pair in its state."""
        return self.policy()[:, self._pair_look, self._pair_place]

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

    def paid(self, episode: Episode) -> Floats:
        """Return `(T, R)`, the rewards that are learnt from: here, those of the world."""
        return episode.reward

    def _episode(self, rows: Ints) -> None:
        """Let learners `rows` play one episode, and learn from it."""
        episode = self._played(rows, self._luck.apart(1 + 3 * self.max_steps, rows))
        rewards, later = self.paid(episode), np.zeros(len(rows))
        for step in reversed(range(len(rewards))):
            later = rewards[step] + self.world.mdp.discount * later
            alive = episode.alive[step]
            live, here = rows[alive], episode.look[step, alive]
            gain = later[alive] - self.baseline[live, here]
            self.baseline[live, here] += self.baseline_rate * gain
            slope = -episode.chance[step, alive]
            slope[np.arange(len(live)), episode.chosen[step, alive]] += 1.0
            self.preference[live, here] += self.rate * gain[:, None] * slope
            self.steps[live] += 1
        self.episodes[rows] += 1

    def _explored(self, rows: Ints) -> Floats:
        """Return the share of random actions of learners `rows`, `(R, 1)`."""
        played, which = np.unique(self.episodes[rows], return_inverse=True)
        found = np.empty(len(played))
        for place, count in enumerate(played.tolist()):
            found[place : place + 1] = self.explore(count, lambda: played[place : place + 1])  # noqa: B023
        return found[which.reshape(-1), None]

    def _played(self, rows: Ints, luck: Floats) -> Episode:
        """Play one episode of learners `rows`, `(R,)`, under luck `(1 + 3 * T, R)`."""
        mdp, share = self.world.mdp, self._explored(rows)
        state: Ints = np.searchsorted(mdp.begin, luck[0], side="right")
        alive = self._live[state]
        columns: list[tuple[Ints, Floats, Ints, Floats, Flags]] = []
        for uniform in luck[1:].reshape(self.max_steps, 3, len(rows)):
            if not alive.any():
                break
            # Who has ended stays, as it were, in the state of one who has not, and is not counted.
            state = np.where(alive, state, state[alive.argmax()])
            look = self._look[state]
            chance = _softmax(self.preference[rows, look])
            tried = (1.0 - share) * chance + share * self._even[look]
            beyond = uniform[0][:, None] >= tried.cumsum(axis=1)
            chosen = np.minimum(beyond.sum(axis=1), self._last[state])
            done = self.world.done(mdp.first_pair[state] + chosen, uniform[1])
            row = self._draw(done, uniform[2])
            reward = np.where(alive, mdp.reward[row], 0.0)
            columns.append((look, chance, chosen, reward, alive))
            state, alive = mdp.next[row], alive & ~mdp.ended[row]
        looks, chances, places, rewards, counted = (
            np.array(one) for one in zip(*columns, strict=True)
        )
        return Episode(rows, looks, chances, places, rewards, counted)


def _softmax(preference: Floats) -> Floats:
    """Return chances along the last axis."""
    weight = np.exp(preference - preference.max(axis=-1, keepdims=True))
    chance: Floats = weight / weight.sum(axis=-1, keepdims=True)
    return chance
