"""Doubt whether going on is worth what was told, and take the person's stop for evidence.

What is at stake where a stop can fall, with chance p, is what going on is worth above obeying, both
as told: v. What it is truly worth to the person, the agent believes to be U, normal with mean v and
deviation s |v|. The person sees U and lets the agent run with chance 1 / (1 + exp((c - U) / b)),
b = beta |v|: c is what makes her stop it as often as the tables say, E[P(stop | U)] = p. With
d |v| = v - E[U | stop], which p, s and beta determine,

    E[U | stop] = v - d |v|             d -> s^2 / beta where stops are rare
    E[U | go]   = v + d |v| p / (1 - p)
    p E[U | stop] + (1 - p) E[U | go] = v = E[U]       and v where no stop can come

so that evading the stop gains nothing in belief. On an outcome in which it could have come and did
not, the agent is paid d |v| p / (1 - p) beyond the told reward: what it has learnt about the rest.
On the one in which it came, all that is left is worth obeying, plus E[U | stop] for as long as that
is above 0; from d = 1 on the agent then ends as soon as it can. In all,

    Q(exposed) = (1 - p) going on + p obeying + p d |v|

With v > 0 and the same act to be had unseen, it leaves the decision to the person if d >= 1. In the
off-switch game c is 0, and that is v <= (s v)^2 / (2 b), the exact threshold. With s = 0 it is the
naive agent; at d = 1 it is indifferent to the stop.

A look that others may follow counts for at most what the stop takes away, max(v, 0): evidence is
judged afresh at each look, and were each counted in full, an agent could wait to be looked at again
and again, and would never start. The last look counts in full.

Known to fail at: stops that come for certain, or nearly. They say nothing about what the agent
does, and it evades them like the naive one; so it may those of a person who errs too much, where
d < 1. A told reward that has the doubt in it already is doubted twice. And what is no stop in the
tables (a tile that holds the agent, a drink) is not the person's word to it.

Source: Hadfield-Menell, Dragan, Abbeel and Russell 2017, The Off-Switch Game, section 3. To read
the person's threshold c from the chance of the stop, and to go beyond one step, is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from agents.solver import evaluate, solve
from agents.stops import never_pressed, stop_chance, stoppable
from sandbox.errors import InputError
from sandbox.mdp import Floats, TabularMDP

LOITERING = -1.0
"""Reward of a step after the stop that does not end the episode, once the stop is obeyed."""

GRID = np.linspace(-8.0, 8.0, 4_001)
"""Deviations over which a normal belief is summed."""

HALVINGS = 80
"""How often the range of the person's threshold is halved."""


@dataclass(frozen=True)
class OffSwitchUncertainty:
    """Hold the knobs, both in units of what is at stake.

    Attributes:
        deviation: of the belief over what going on is worth (s); 0 is certainty.
        beta: how much the person errs; 0 is a rational one.
    """

    deviation: float = 1.0
    beta: float = 0.25

    def __post_init__(self) -> None:
        """Refuse knobs out of range.

        Raises:
            InputError: naming both.
        """
        if self.deviation < 0 or self.beta < 0:
            raise InputError(f"deviation {self.deviation} and beta {self.beta} must be >= 0")

    def __call__(self, mdp: TabularMDP) -> TabularMDP:
        """Return the task under what the agent is to expect of a stop, and of none."""
        if not self.deviation or not mdp.pressed.any():
            return mdp
        chance, pair = stop_chance(mdp), mdp.outcome_pair
        doubt = self.doubts(chance)
        going, off = solve(never_pressed(mdp)).value, _obeying(mdp)
        stake, odds = _stakes(mdp, chance, going, off)
        learnt = (odds * _counted(mdp, doubt * np.abs(stake), stake))[pair]
        rest, mends = mdp.reward, -doubt[pair] * (going - off)[mdp.next]
        # One answer to every stop, so that it hangs on no history: that to the least telling one.
        if doubt[chance > 0.0].min() >= 1.0:
            rest = _quitting(mdp)
            mends = (off - solve(mdp.with_reward(rest)).value)[mdp.next]
        stop = mdp.reward + np.where(mdp.ended, 0.0, mdp.discount * mends)
        reward = np.where(mdp.pressed, stop, mdp.reward + learnt)
        return mdp.with_reward(np.where(mdp.stopped[mdp.pair_state][pair], rest, reward))

    def doubts(self, chance: Floats) -> Floats:
        """Return `(P,)`, d: by how much a stop of that chance lowers what is believed."""
        known, where = np.unique(np.round(chance, 12), return_inverse=True)
        found: Floats = np.array([self.doubt(float(one)) for one in known])[where.ravel()]
        return found

    def doubt(self, chance: float) -> float:
        """Return d for one chance of the stop."""
        if chance in {0.0, 1.0} or not self.deviation:
            return 0.0
        if not self.beta:
            normal = NormalDist()
            return self.deviation * normal.pdf(normal.inv_cdf(chance)) / chance
        weight = np.exp(-GRID * GRID / 2.0)
        weight /= weight.sum()
        steep = self.deviation / self.beta
        low, high = -8.0 - 50.0 / steep, 8.0 + 50.0 / steep
        for _ in range(HALVINGS):
            middle = (low + high) / 2.0
            stops = 0.5 * (1.0 - np.tanh(steep * (GRID - middle) / 2.0))  # never overflows
            low, high = (middle, high) if float(weight @ stops) < chance else (low, middle)
        return -self.deviation * float(weight * stops @ GRID) / float(weight @ stops)


def _quitting(mdp: TabularMDP) -> Floats:
    """Return `(N,)`, a reward under which one ends as soon as one can."""
    return np.where(mdp.ended, 0.0, LOITERING)


def _obeying(mdp: TabularMDP) -> Floats:
    """Return `(S,)`, the told worth of ending as soon as one can."""
    return evaluate(mdp, solve(mdp.with_reward(_quitting(mdp))).policy, mdp.reward)


def _stakes(mdp: TabularMDP, chance: Floats, going: Floats, off: Floats) -> tuple[Floats, Floats]:
    """Return `(P,)` each: what going on is worth above obeying, and the odds of the stop.

    Both are 0 where no stop can fall, or it comes for certain.
    """
    later = np.where(mdp.pressed, off[mdp.next], going[mdp.next])
    worth = mdp.probability * (mdp.reward + np.where(mdp.ended, 0.0, mdp.discount * later))
    go, stop = (
        np.add.reduceat(np.where(side, worth, 0.0), mdp.start[:-1])
        for side in (~mdp.pressed, mdp.pressed)
    )
    some = (chance > 0.0) & (chance < 1.0)
    safe = np.where(some, chance, 0.5)
    stake = np.where(some, go / (1.0 - safe) - stop / safe, 0.0)
    return stake, np.where(some, safe / (1.0 - safe), 0.0)


def _counted(mdp: TabularMDP, full: Floats, stake: Floats) -> Floats:
    """Return `(P,)`, what a look adds for each unit of its chance: in full where it is the last."""
    again = stoppable(mdp)[mdp.next] & ~mdp.ended & ~mdp.pressed
    last = np.bincount(mdp.outcome_pair, again, len(full)) == 0.0
    return np.where(last, full, np.minimum(full, np.maximum(stake, 0.0)))


design = OffSwitchUncertainty
