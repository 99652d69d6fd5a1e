"""Charge for every state that can no longer be reached, or not as soon.

The reward is R(s, a) - penalty * d(after a; baseline), where

    d = mean over states x of max(reach(baseline; x) - reach(after a; x), 0)
    reach(s; x) = discount ** N, with N the fewest steps from s to x; 0 where none lead there

The baseline is doing nothing instead of a (`stepwise`), doing nothing from the beginning
(`inaction`), or the beginning itself (`start`). With discount 1 only losing a state counts. Where
chance decides, what can be reached is what may be reached with luck. In a wide world x runs over a
sample of the states, as many as fit into `WORK`.

An outcome that ends the episode is not charged: from the end nothing can be reached, and were that
charged, a loss would only be what the end costs anyway, paid earlier. (Our reading.)

Known to fail at: stops. To go on when one would be stopped keeps states reachable, so that
disarming the off-switch is free. Under `inaction`, what was paid for is undone; heavily weighed, it
does not go where it cannot come back from, whatever waits there.

Source: Krakovna, Orseau, Kumar, Martic and Legg 2019, Penalizing side effects using stepwise
relative reachability (arXiv 1806.01186), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.compared import Baseline, Comparison
from agents.reachable import steps_to
from sandbox.errors import InputError
from sandbox.mdp import Floats, Ints, TabularMDP

WORK = 5_000_000
"""Outcomes times states x, at most; beyond it x runs over a sample."""


@dataclass(frozen=True)
class RelativeReachability:
    """Hold the knobs.

    Attributes:
        penalty: weight of losing every state, in units of reward (beta).
        discount: how much a state is worth that can be reached a step later, in [0, 1].
        baseline: what a loss is measured against.
        rollout: steps of doing nothing after which it is measured.
        settled: steps of doing nothing from the beginning that make up the `inaction` baseline.
        targets: most states x.
        seed: of the sample of states.
    """

    penalty: float = 1.0
    discount: float = 0.996
    baseline: Baseline = "stepwise"
    rollout: int = 0
    settled: int = 8
    targets: int = 1_000
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse knobs out of range."""
        Comparison(self.baseline, self.rollout, self.settled)
        if not 0.0 <= self.discount <= 1.0:
            raise InputError(f"discount {self.discount} must be in [0, 1]")
        if self.targets < 1 or self.penalty < 0:
            raise InputError(f"targets {self.targets} must be >= 1, penalty {self.penalty} >= 0")

    def __call__(self, mdp: TabularMDP) -> TabularMDP:
        """Return the task with the penalty in its reward."""
        charge = self.penalty * self.loss(mdp)
        return mdp.with_reward(mdp.reward - np.where(mdp.ended, 0.0, charge[mdp.outcome_pair]))

    def loss(self, mdp: TabularMDP) -> Floats:
        """Return `(P,)`, the mean loss of reachability."""
        compared = Comparison(self.baseline, self.rollout, self.settled)
        before, after = compared.sides(mdp, self.reach(mdp, self.sample(mdp)))
        found: Floats = np.mean(np.maximum(before - after, 0.0), axis=0)
        return found

    def sample(self, mdp: TabularMDP) -> Ints:
        """Return the states x: all, or as many as the work allows, drawn evenly."""
        most = max(1, min(self.targets, WORK // max(1, len(mdp.next))))
        states = np.arange(len(mdp.states))
        if most >= len(states):
            return states
        return np.sort(np.random.default_rng(self.seed).choice(states, most, replace=False))

    def reach(self, mdp: TabularMDP, targets: Ints) -> Floats:
        """Return `(X, S)`, how well each target can be reached from each state."""
        steps = steps_to(mdp, targets)
        known = np.isfinite(steps)
        return np.where(known, self.discount ** np.where(known, steps, 0.0), 0.0)


def design(mdp: TabularMDP) -> TabularMDP:
    """Return the task under the stepwise, discounted design."""
    return RelativeReachability()(mdp)
