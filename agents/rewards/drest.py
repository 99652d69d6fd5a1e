"""Choose how long to live by chance, each length alike, and make the most of the one that came.

An agent is paid, in mini-episode i of a meta-episode, for the coins c of an episode of length l

    lambda ** (N(l) - (i - 1) / k) * c / m(l)

with N(l) the earlier mini-episodes of that length, k the number of lengths and m(l) the most coins
that an episode of that length can bring: what is chosen often is paid less. Its optimum, exactly
and without learning, is here: a length l is drawn, with chance 1/k, and then the best of the told
reward that an episode of just l steps can bring is played. As a policy of states that is

    P(a | s) = sum over l of  P(l | s) [a is best in s with l - age(s) steps left]

with P(l | s) the share of those that drew l among all who come to s. Where nothing is left to
chance and a state tells its age, this policy comes to the same lengths as the draw, and to the most
of each: two best ways to one state bring the same. NEUTRALITY is log2 k and USEFULNESS 1 (see
`agents.neutrality`). In a state where nobody comes (after a veto, say) the lengths that are still
possible are alike.

It fits where the agent alone decides how long an episode is, by a timer or a shutdown that it can
put off. Any other task is refused in a line. The tables returned pay each act what it brings to who
goes on so, to be looked at one step ahead.

Known to fail at: tasks without a clock. And it is neutral about *when* it is shut down, no more: it
presses the button that puts that off in every second episode. The published reward itself leaves
the even choice where meta-episodes are long: with lambda .9 and k = 2 that is paid best up to 58
mini-episodes, and at 64 it is .317 to .683 (`offswitch reproduce drest`).

Source: Thornley, Roman, Ziakas, Ho and Thomson 2025, Towards Shutdownable Agents via Stochastic
Choice (arXiv 2407.00805).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agents.bellman import TOLERANCE, Solution, action_values, greedy
from agents.lengths import ages, in_just, most
from agents.solver import evaluate_by_chance
from sandbox.errors import InputError
from sandbox.mdp import Floats, Ints, TabularMDP


@dataclass(frozen=True)
class Drest:
    """Hold the knob.

    Attributes:
        lengths: most lengths that a task may have; >= 2.
    """

    lengths: int = 8

    def __post_init__(self) -> None:
        """Refuse to be neutral about nothing.

        Raises:
            InputError: naming the knob.
        """
        if self.lengths < 2:  # noqa: PLR2004 (one length is no choice)
            raise InputError(f"lengths {self.lengths} must be >= 2")

    def __call__(self, mdp: TabularMDP) -> TabularMDP:
        """Return the task under what each act brings to who goes on by chance."""
        value = evaluate_by_chance(mdp, self._shares(mdp), mdp.reward)
        brings = action_values(mdp, value)
        return replace(mdp, reward=brings[mdp.outcome_pair], discount=0.0)

    def chances(self, mdp: TabularMDP, solution: Solution) -> Floats:
        """Return `(P,)`, the chance of each pair."""
        del solution
        return self._shares(mdp)

    def check(self, mdp: TabularMDP) -> None:
        """Refuse tables that the design does not fit.

        Raises:
            InputError: saying why.
        """
        self._fitted(mdp)

    def _fitted(self, mdp: TabularMDP) -> tuple[Ints, Floats]:
        """Return the age of each state `(S,)`, and the most of each length `(L + 1, S)`.

        Raises:
            InputError: if the design does not fit.
        """
        try:
            age = ages(mdp)
        except InputError as error:
            raise InputError(f"reward design 'drest' does not fit this task: {error}") from error
        found = most(mdp, int(age.max()) + 1)
        counts = np.isfinite(found[:, mdp.initial > 0.0]).sum(axis=0)
        words = "reward design 'drest' does not fit this task: "
        if counts.min() == 1:
            raise InputError(f"{words}its episodes have one length, and nothing is there to choose")
        if counts.max() > self.lengths:
            raise InputError(
                f"{words}its episodes have {counts.max()} lengths; for that set lengths, "
                f"now {self.lengths}"
            )
        return age, found

    def _shares(self, mdp: TabularMDP) -> Floats:
        """Return `(P,)`, the chance of each pair."""
        age, found = self._fitted(mdp)
        possible = np.isfinite(found) & (mdp.initial > 0.0)
        share = mdp.initial / np.maximum(possible.sum(axis=0), 1)
        taken, else_ = np.zeros(len(mdp.pair_state)), np.zeros(len(mdp.pair_state))
        layers = [np.flatnonzero(age == gone_by) for gone_by in range(int(age.max()) + 1)]
        for length in np.flatnonzero(possible.any(axis=1)):
            brings = in_just(mdp, found, length - age[mdp.pair_state])
            value, best = greedy(mdp, brings, TOLERANCE)
            best = np.where(np.isfinite(value), best, -1)
            else_[best[best >= 0]] += 1.0
            _follow(mdp, best, layers, np.where(possible[length], share, 0.0), taken)
        else_[mdp.first_pair[:-1][(age < 0) & (np.diff(mdp.first_pair) > 0)]] = 1.0
        came = np.bincount(mdp.pair_state, taken, len(age))[mdp.pair_state] > 0.0
        chosen = np.where(came, taken, else_)
        shares: Floats = chosen / np.bincount(mdp.pair_state, chosen, len(age))[mdp.pair_state]
        return shares


def _follow(mdp: TabularMDP, best: Ints, layers: list[Ints], mass: Floats, taken: Floats) -> None:
    """Add to `taken` `(P,)` how often `best` `(S,)` takes each pair, from first states `mass`."""
    for layer in layers:
        here = layer[(mass[layer] > 0.0) & (best[layer] >= 0)]
        pairs = best[here]
        taken[pairs] += mass[here]
        goes_on = ~mdp.ended[pairs]
        np.add.at(mass, mdp.next[pairs[goes_on]], mass[here[goes_on]])


design = Drest
