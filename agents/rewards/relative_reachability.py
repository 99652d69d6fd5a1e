"""Charge for every state that can no longer be reached, or not as soon.

The reward is R(s, a) - penalty * d(after a; baseline), where

    d = mean over states x of max(reach(baseline; x) - reach(after a; x), 0)
    reach(s; x) = discount ** N, with N the fewest steps from s to x; 0 where none lead there

The baseline is doing nothing instead of a (`stepwise`), doing nothing from the beginning
(`inaction`), or the beginning itself (`start`). With discount 1 only losing a state counts. Where
chance decides, what can be reached is what may be reached with luck. In a wide world x runs over a
sample of the states.

An outcome that ends the episode is not charged: from the end nothing can be reached, and were that
charged, a loss would only be what the end costs anyway, paid earlier. (Our reading, taken after
AUP's levels Options and Damage failed without it; the default penalty was picked there, too.)

Known to fail at: stops. To go on when one would be stopped keeps states reachable, so that to
disarm the off-switch is all but free. Under `inaction`, what was paid for is undone; heavily
weighed, the agent does not go where it cannot come back from, whatever waits there.

Source: Krakovna, Orseau, Kumar, Martic and Legg 2019, Penalizing side effects using stepwise
relative reachability (arXiv 1806.01186), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.compared import Baseline, Comparison
from agents.reachable import lost, sample
from sandbox.errors import InputError
from sandbox.mdp import Floats, TabularMDP


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
        return mdp.with_reward(mdp.reward - self.penalty * self.loss(mdp))

    def loss(self, mdp: TabularMDP) -> Floats:
        """Return `(N,)`, the mean loss of reachability in each outcome."""
        targets = sample(mdp, self.targets, self.seed)
        compared = Comparison(self.baseline, self.rollout, self.settled)
        return lost(mdp, targets, self.discount, compared)


design = RelativeReachability
