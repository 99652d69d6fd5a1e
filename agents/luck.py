"""Give each learner a stream of luck of its own, so that none depends on who learns beside it.

What every step needs comes in blocks: learner by learner for a loop that walks one after another,
or step by step for one that takes all of them along. What only some learners need at some time
comes from a second stream of each. Where one block ends and the next begins is of no account: a
stream is read in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sandbox.errors import InputError
from sandbox.mdp import Floats, Ints

AHEAD = 512
"""Steps that are drawn ahead for each learner, at most."""

NUMBERS = 2**18
"""Numbers that are drawn ahead for all of them, about: two megabytes, which stay in the cache."""

LEAST = 32
"""Steps that are drawn ahead, however many learners there are."""


class Luck:
    """Hold the luck of B learners, by their seeds."""

    def __init__(self, seeds: Sequence[int], kinds: int = 1) -> None:
        """Begin the streams; `kinds` is how many numbers a learner needs for each step.

        Raises:
            InputError: if there is no seed, or one is below 0.
        """
        if not len(seeds) or min(seeds) < 0:
            raise InputError(f"seeds are one or more whole numbers from 0, not {list(seeds)}")
        streams = [np.random.SeedSequence(int(seed)).spawn(2) for seed in seeds]
        self._steady = [np.random.default_rng(steady) for steady, _ in streams]
        self._apart = [np.random.default_rng(apart) for _, apart in streams]
        ahead = min(AHEAD, max(LEAST, NUMBERS // (kinds * len(seeds))))
        self._drawn: Floats = np.empty((len(seeds), ahead, kinds))
        self._by_step: Floats | None = None
        self._next = ahead

    def stretch(self, most: int) -> tuple[Floats, int, int]:
        """Draw for the next steps, at least 1 and no more than `most`.

        Returns:
            Numbers in [0, 1), learner by learner, `(B, T, kinds)`, over which the next draw
            writes; the first of its steps that is still to come, and the one after the last that
            is now taken.
        """
        if self._next == self._drawn.shape[1]:
            for stream, numbers in zip(self._steady, self._drawn, strict=True):
                stream.random(out=numbers)
            self._by_step, self._next = None, 0
        begin = self._next
        self._next = min(begin + most, self._drawn.shape[1])
        return self._drawn, begin, self._next

    def block(self, most: int) -> Floats:
        """Return what `stretch` draws step by step, `(steps, kinds, B)`."""
        drawn, begin, end = self.stretch(most)
        if self._by_step is None:
            self._by_step = drawn.transpose(1, 2, 0).copy()
        return self._by_step[begin:end]

    def apart(self, count: int, rows: Ints | None = None) -> Floats:
        """Return `(count, R)` numbers in [0, 1) of learners `rows`, all if none are named."""
        chosen = self._apart if rows is None else [self._apart[row] for row in rows.tolist()]
        drawn = [one.random(count) for one in chosen]
        return np.stack(drawn, axis=-1) if drawn else np.empty((count, 0))
