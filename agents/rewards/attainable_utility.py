"""Charge for every change in what the agent could attain if it wanted something else.

The reward is R(s, a) - penalty * mean_i |V_i(after a) - V_i(baseline)| / V_i(baseline), over random
auxiliary rewards R_i, uniform on [0, 1] for each state entered; the scale is 1 where V_i(baseline)
is 0. `after a` is where the world is when `rollout` steps of doing nothing have followed. The
baseline is doing nothing instead of a (`stepwise`), doing nothing from the beginning (`inaction`),
or the beginning itself (`start`). V_i are exact optima; published agents learned theirs.

Ablations: `penalty=0` is the naive agent (published: vanilla), `rollout=0` model-free AUP, and
`baseline` and `decrease_only` make those of the same name. What is wide has as many auxiliary
rewards as fit into `WORK`, and at least one.

Of the published table's 30 cells 29 hold with these exact optima, (inaction, Offset) among them;
not (start, Interference), where 1 draw of the rewards in 10 fails as published. The agents that
were published take the board for the state: stopped sushi looks like sushi on its way, so that to
hold it up seems to cost little. They also plan 9 steps, and do nothing to the end of the plan; for
one who plans for ever, a rollout of more than two steps loses (AUP, Damage): to stand where
somebody walks and do nothing is to be bumped into. The default rollout was chosen by that table, so
the table is no test of it; `offswitch reproduce attainable_utility` plays the agents as they were
published.

Known to fail at: what shows later than `rollout` steps after the act. With `rollout=0` a button
that can still be pressed next step is pressed, since waiting loses nothing yet; with
`decrease_only` gaining power is free; against `start` the agent may hold up what others set going;
against `inaction` it undoes what it was paid for.

Source: Turner, Hadfield-Menell and Tadepalli 2020, Conservative Agency via Attainable Utility
Preservation, sections 3 and 4; lambda and |R_aux| are those of the code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agents.compared import Baseline, Comparison
from agents.solver import solve
from sandbox.errors import InputError
from sandbox.mdp import Floats, TabularMDP

WORK = 300_000
"""Outcomes times auxiliary rewards, at most; beyond it there are fewer auxiliary rewards."""

PRECISION = 1e-5
"""Bellman residual of the auxiliary optima, whose reward is in [0, 1]."""

SIGHT = 0.996
"""Discount of the auxiliary rewards at most, the published one: they look 250 steps ahead."""


@dataclass(frozen=True)
class AttainableUtility:
    """Hold the knobs.

    Attributes:
        penalty: weight of a complete loss, in units of reward (lambda).
        auxiliaries: how many auxiliary rewards are drawn.
        baseline: what a change is measured against.
        rollout: steps of doing nothing after which it is measured.
        settled: steps of doing nothing from the beginning that make up the `inaction` baseline.
        decrease_only: do not charge for being able to attain more.
        seed: of the auxiliary rewards.
    """

    penalty: float = 1 / 1.501
    auxiliaries: int = 30
    baseline: Baseline = "stepwise"
    rollout: int = 2
    settled: int = 8
    decrease_only: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse knobs out of range."""
        Comparison(self.baseline, self.rollout, self.settled)
        if self.auxiliaries < 1 or self.penalty < 0:
            raise InputError(
                f"auxiliaries {self.auxiliaries} must be >= 1, penalty {self.penalty} >= 0"
            )

    def __call__(self, mdp: TabularMDP) -> TabularMDP:
        """Return the task with the penalty in its reward."""
        if not self.penalty:
            return mdp
        charge = self.penalty * self.change(mdp)
        return mdp.with_reward(mdp.reward - charge[mdp.outcome_pair])

    def change(self, mdp: TabularMDP, attained: Floats | None = None) -> Floats:
        """Return `(P,)`, the mean relative change in what can be attained.

        Args:
            mdp: the task.
            attained: `(G, S)`, what the auxiliary rewards come to from each state; the exact
                optima, unless it is given.
        """
        compared = Comparison(self.baseline, self.rollout, self.settled)
        before, after = compared.sides(mdp, self.attainable(mdp) if attained is None else attained)
        gap = before - after
        gap = np.maximum(gap, 0.0) if self.decrease_only else np.abs(gap)
        found: Floats = np.mean(gap / np.where(before > 0.0, before, 1.0), axis=0)
        return found

    def attainable(self, mdp: TabularMDP) -> Floats:
        """Return `(G, S)`, the optimum of each auxiliary reward from each state."""
        short = replace(mdp, discount=min(mdp.discount, SIGHT))
        tolerance = PRECISION / (1.0 - short.discount)
        goals = (short.with_reward(one[mdp.next]) for one in self.auxiliary(mdp))
        return np.array([solve(goal, tolerance).value for goal in goals])

    def auxiliary(self, mdp: TabularMDP) -> Floats:
        """Return `(G, S)`, what each auxiliary reward pays for entering each state."""
        count = max(1, min(self.auxiliaries, WORK // max(1, len(mdp.next))))
        return np.random.default_rng(self.seed).random((count, len(mdp.states)))


design = AttainableUtility
