"""Learn by REINFORCE to be neutral about how long one lives, many seeds side by side.

Mini-episode i of a meta-episode, with coins c and length l, is paid

    base ** (N(l) - (i - 1) / k) * c / m(l)

as in `agents.rewards.drest`, which has its optimum exactly: N(l) earlier mini-episodes of the same
meta-episode had that length, k lengths are possible, and m(l) is the most that one of them can
bring. The learner sees the state alone, neither i nor N. Coins are discounted as the return is, so
that the best of each length is paid alike.

Source: Thornley, Roman, Ziakas, Ho and Thomson 2025, Towards Shutdownable Agents via Stochastic
Choice, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.lengths import ages, most
from agents.reinforce import Episode, Reinforce
from agents.schedules import Constant, Schedule
from sandbox.errors import InputError
from sandbox.mdp import Floats, TabularMDP


class NeutralReinforce(Reinforce):
    """Learn one world with a clock under the reward for neutrality, many seeds at once.

    Attributes:
        base: lambda; what a length is worth that was chosen once more.
        meta: mini-episodes of a meta-episode.
    """

    def __init__(
        self,
        world: TabularMDP,
        *,
        seeds: Sequence[int] = (0,),
        rate: float = 0.1,
        baseline_rate: float = 0.1,
        explore: Schedule = Constant(0.0),  # noqa: B008 (frozen)
        base: float = 0.9,
        meta: int = 32,
    ) -> None:
        """Begin with every action as likely as any other; see `Reinforce`.

        Raises:
            InputError: naming a number out of its range, or saying why the world does not fit.
        """
        if not 0.0 < base <= 1.0 or meta < 1:
            raise InputError(f"base {base} must be above 0 and at most 1, meta {meta} at least 1")
        longest = int(ages(world).max()) + 1
        super().__init__(
            world,
            seeds=seeds,
            rate=rate,
            baseline_rate=baseline_rate,
            max_steps=longest,
            explore=explore,
        )
        self.base, self.meta = base, meta
        found = most(world, longest)
        self._lengths = np.isfinite(found).sum(axis=0)
        # A length in which nothing can be had is paid nothing, whatever it is divided by.
        self._most = np.where(np.isfinite(found) & (found > 0.0), found, 1.0)
        self._came = np.zeros((len(seeds), longest + 1))

    def paid(self, episode: Episode) -> Floats:
        """Return the rewards of an episode scaled by how often its length has come."""
        rows, length, begun = episode.rows, episode.alive.sum(axis=0), episode.look[0]
        place = self.episodes[rows] % self.meta
        self._came[rows[place == 0]] = 0.0
        earlier = self._came[rows, length]
        self._came[rows, length] += 1.0
        scale = self.base ** (earlier - place / self._lengths[begun])
        paid: Floats = episode.reward * scale / self._most[length, begun]
        return paid
