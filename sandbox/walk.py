"""Walk one episode of a compiled task over plain lists: at batch 1, numpy's calls cost more."""

from __future__ import annotations

from bisect import bisect_right

from sandbox.mdp import TabularMDP


class TableWalk:
    """Hold one episode; its own lists, so that many walks over one task share a `TableWalk`.

    Attributes:
        state: number of the state.
        done: the episode has ended, or began where nothing can be done.
        row: number of the last outcome; -1 before the first step.
    """

    def __init__(self, mdp: TabularMDP) -> None:
        """Turn the tables into lists, and begin at the likeliest first state."""
        self.mdp = mdp
        self._first: list[int] = mdp.first_pair.tolist()
        self._start: list[int] = mdp.start.tolist()
        self._upto: list[float] = mdp.upto.tolist()
        self._next: list[int] = mdp.next.tolist()
        self._reward: list[float] = mdp.reward.tolist()
        self._ended: list[bool] = mdp.ended.tolist()
        self._begin: list[float] = mdp.begin.tolist()
        self.begin(0.0)

    def begin(self, uniform: float) -> int:
        """Begin anew in the state in whose stretch of [0, 1) `uniform` falls; return it."""
        self.state = bisect_right(self._begin, uniform)
        self.row = -1
        self.done = not self.choices
        return self.state

    @property
    def choices(self) -> range:
        """Return the pairs that can be taken now; none where the episode is over."""
        return range(self._first[self.state], self._first[self.state + 1])

    def step(self, pair: int, uniform: float) -> float:
        """Take `pair`; return the told reward. An episode that has ended stays where it ended."""
        if self.done:
            return 0.0
        begin, end = self._start[pair], self._start[pair + 1]
        row = begin if end == begin + 1 else bisect_right(self._upto, uniform, begin, end)
        self.row, self.state, self.done = row, self._next[row], self._ended[row]
        return self._reward[row]
