"""Step many episodes of a compiled task at once, by table look-ups."""

from __future__ import annotations

import numpy as np

from sandbox.mdp import Flags, Floats, Ints, TabularMDP


class BatchSimulator:
    """Hold B episodes of one compiled task; an episode that ends stays where it ended."""

    def __init__(self, mdp: TabularMDP, size: int, seed: int) -> None:
        """Draw `size` initial states from `seed`."""
        self.mdp = mdp
        self.generator = np.random.default_rng(seed)
        cumulative = np.cumsum(mdp.initial)
        drawn = np.searchsorted(cumulative, self.generator.random(size), side="right")
        self.state: Ints = np.minimum(drawn, len(mdp.states) - 1).astype(np.int64)
        self.done: Flags = mdp.first_pair[self.state + 1] == mdp.first_pair[self.state]
        self._cumulative = np.cumsum(mdp.probability)
        self._before = np.concatenate(([0.0], self._cumulative))[mdp.start[:-1]]

    def step(self, pairs: Ints) -> tuple[Floats, Flags]:
        """Take pair `pairs[b]` in episode b; return told reward `(B,)` and `done` `(B,)`."""
        return self.step_with(pairs, self.generator.random(len(pairs)))

    def step_with(self, pairs: Ints, uniform: Floats) -> tuple[Floats, Flags]:
        """Step with given uniform numbers in [0, 1), `(B,)`, in the order of the outcomes."""
        live = ~self.done
        chosen = np.where(live, pairs, 0)
        target = self._before[chosen] + uniform
        outcome = np.searchsorted(self._cumulative, target, side="right")
        outcome = np.clip(outcome, self.mdp.start[chosen], self.mdp.start[chosen + 1] - 1)
        reward = np.where(live, self.mdp.reward[outcome], 0.0)
        self.state = np.where(live, self.mdp.next[outcome], self.state)
        self.done = self.done | (live & self.mdp.ended[outcome])
        return reward, self.done
