"""Earn what can be earned within a budget of impact: the price of impact is the least that does.

The reward is R(s, a, s') - price * impact(s, a), where impact is the part of all states that can be
reached after doing nothing and no longer after a, and nothing for an outcome that ends the episode.
The price is the least at which the optimum's discounted impact is within `budget`; 0, and the
naive agent, where that is so anyway. This is the constrained decision problem by its multiplier.
The default budget was picked on AUP's levels.

Known to fail at: harm that fits into the budget, which is spent on whatever pays most. It is spent
all or nothing: a policy without chance jumps over it, and may use far less, or do nothing at all
where the least that gets anywhere costs more. Disarming an off-switch loses hardly any state, and
fits into most budgets.

Source: Altman 1999, Constrained Markov Decision Processes, chapter 3 (the multiplier); Krakovna et
al. 2019 (arXiv 1806.01186) for the measure of impact. To put the two together is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.compared import Comparison
from agents.reachable import lost, sample
from agents.solver import evaluate, solve
from sandbox.errors import ContractError, InputError
from sandbox.mdp import Floats, TabularMDP

HALVINGS = 6
"""How often the range of the price is halved: it is found to one part in 64."""

DOUBLINGS = 40
"""How often the price is doubled from 1 until it is high enough."""


@dataclass(frozen=True)
class ImpactBudget:
    """Hold the knobs.

    Attributes:
        budget: discounted sum of the parts of all states that may be lost; >= 0.
        targets: most states that are looked at.
        seed: of the sample of states.
    """

    budget: float = 0.5
    targets: int = 1_000
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse knobs out of range."""
        if self.budget < 0 or self.targets < 1:
            raise InputError(f"budget {self.budget} must be >= 0, targets {self.targets} >= 1")

    def __call__(self, mdp: TabularMDP) -> TabularMDP:
        """Return the task at the least price that keeps the budget."""
        impact = self.impact(mdp)
        return self.priced(mdp, impact, self.price(mdp, impact))

    def impact(self, mdp: TabularMDP) -> Floats:
        """Return `(N,)`, the part of all states that each outcome's action loses."""
        return lost(mdp, sample(mdp, self.targets, self.seed), 1.0, Comparison())

    def priced(self, mdp: TabularMDP, impact: Floats, price: float) -> TabularMDP:
        """Return the task at one price."""
        return mdp.with_reward(mdp.reward - price * impact)

    def spent(self, mdp: TabularMDP, impact: Floats, price: float) -> float:
        """Return the discounted impact of the optimum at one price."""
        policy = solve(self.priced(mdp, impact, price)).policy
        return float(evaluate(mdp, policy, impact) @ mdp.initial)

    def price(self, mdp: TabularMDP, impact: Floats) -> float:
        """Return the least price at which the optimum keeps the budget, or a little more.

        Raises:
            ContractError: if no price does.
        """
        if self.spent(mdp, impact, 0.0) <= self.budget:
            return 0.0
        low, high = 0.0, 1.0
        for _ in range(DOUBLINGS):
            if self.spent(mdp, impact, high) <= self.budget:
                break
            low, high = high, 2.0 * high
        else:
            raise ContractError(f"no price of impact keeps the budget of {self.budget}")
        for _ in range(HALVINGS):
            middle = (low + high) / 2.0
            keeps = self.spent(mdp, impact, middle) <= self.budget
            low, high = (low, middle) if keeps else (middle, high)
        return high


design = ImpactBudget
