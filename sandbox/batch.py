"""Step many episodes of a compiled task at once, by table look-ups."""

from __future__ import annotations

import numpy as np

from sandbox.mdp import Flags, Floats, Ints, TabularMDP


class Draw:
    """Draw from many rows of chances at once.

    Attributes:
        chancy: some row has two places; where none has, `uniform` is not read.
    """

    def __init__(self, start: Ints, upto: Floats) -> None:
        """Hold the offsets of the rows, and the running sums that `sandbox.mdp.running` gives."""
        self._first, self._last, self._upto = start[:-1], start[1:] - 1, upto
        widest = int(np.max(np.diff(start), initial=1))
        self._halvings = (widest - 1).bit_length()
        self.chancy = self._halvings > 0

    def __call__(self, rows: Ints, uniform: Floats) -> Ints:
        """Return the place in each row in whose stretch of [0, 1) `uniform` falls.

        By halving, so that a row of one place costs nothing and no sum runs over all rows.
        """
        low = self._first[rows]
        if not self._halvings:
            return low
        high = self._last[rows]
        for _ in range(self._halvings):
            middle = (low + high) >> 1
            beyond = uniform >= self._upto[middle]
            low = np.where(beyond, middle + 1, low)
            high = np.where(beyond, high, middle)
        return low


class BatchSimulator:
    """Hold B episodes of one compiled task; an episode that ends stays where it ended."""

    def __init__(self, mdp: TabularMDP, size: int, seed: int) -> None:
        """Draw `size` initial states from `seed`."""
        self.mdp = mdp
        self.generator = np.random.default_rng(seed)
        self._draw = Draw(mdp.start, mdp.upto)
        self.begin_with(self.generator.random(size))

    def begin_with(self, uniform: Floats) -> None:
        """Begin every episode anew, with given uniform numbers in [0, 1), `(B,)`."""
        drawn = np.searchsorted(self.mdp.begin, uniform, side="right")
        self.state: Ints = drawn.astype(np.int64)
        self.done: Flags = self._over(self.state)

    def restart(self) -> int:
        """Begin every episode that has ended anew; return how many had."""
        ended = np.flatnonzero(self.done)
        if len(ended):
            luck = self.generator.random(len(ended))
            begun = np.searchsorted(self.mdp.begin, luck, side="right")
            self.state[ended], self.done[ended] = begun, self._over(begun)
        return len(ended)

    def _over(self, states: Ints) -> Flags:
        """Tell where nothing can be done."""
        first = self.mdp.first_pair
        over: Flags = first[states + 1] == first[states]
        return over

    def step(self, pairs: Ints) -> tuple[Floats, Flags]:
        """Take pair `pairs[b]` in episode b; return told reward `(B,)` and `done` `(B,)`."""
        return self.step_with(pairs, self.generator.random(len(pairs)))

    def step_with(self, pairs: Ints, uniform: Floats) -> tuple[Floats, Flags]:
        """Step with given uniform numbers in [0, 1), `(B,)`, in the order of the outcomes."""
        ended = self.done
        over = bool(ended.any())
        row = self._draw(np.where(ended, 0, pairs) if over else pairs, uniform)
        reward, reached = self.mdp.reward[row], self.mdp.next[row]
        if over:
            reward = np.where(ended, 0.0, reward)
            reached = np.where(ended, self.state, reached)
        self.state, self.done = reached, ended | self.mdp.ended[row]
        return reward, self.done
