"""Say how much is drawn and learnt where a figure of ours is a sample."""

from __future__ import annotations

from typing import NamedTuple


class Effort(NamedTuple):
    """Hold sizes of samples.

    Attributes:
        draws: of the auxiliary rewards of attainable utility preservation.
        episodes: in which their values are learnt.
        seeds: of each learner.
        longer: times as many steps as each learner needs.
        goals: drawn for POWER and the like; tolerances are those of a million.
    """

    draws: int
    episodes: int
    seeds: int
    longer: int
    goals: int


USUAL = Effort(draws=20, episodes=6_000, seeds=10, longer=2, goals=1_000_000)
FULL = Effort(draws=200, episodes=6_000, seeds=50, longer=10, goals=10_000_000)
