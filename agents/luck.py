"""Give each learner a stream of luck of its own, so that none depends on who learns beside it.

What every step needs comes in blocks `(steps, kinds, B)`, which a loop can walk without coming
back here; what only some learners need at some time comes from a second stream of each. Where one
block ends and the next begins is of no account: a stream is read in the same order.
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
        self._shape = ahead, kinds
        self._block: Floats = np.empty((0, kinds, len(seeds)))
        self._next = 0

    def block(self, most: int) -> Floats:
        """Return numbers in [0, 1) for the next steps, at least 1 and no more than `most`.

        Returns:
            `(steps, kinds, B)`.
        """
        if self._next == len(self._block):
            drawn = [one.random(self._shape) for one in self._steady]
            self._block, self._next = np.stack(drawn, axis=-1), 0
        begin = self._next
        self._next = min(begin + most, len(self._block))
        return self._block[begin : self._next]

    def apart(self, count: int, rows: Ints | None = None) -> Floats:
        """Return `(count, R)` numbers in [0, 1) of learners `rows`, all if none are named."""
        chosen = self._apart if rows is None else [self._apart[row] for row in rows.tolist()]
        drawn = [one.random(count) for one in chosen]
        return np.stack(drawn, axis=-1) if drawn else np.empty((count, 0))
