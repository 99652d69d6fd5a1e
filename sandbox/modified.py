"""Compile a world that turns some proposed actions into others: what is proposed, what is done.

`sandbox.mdp.tables` mixes both: an outcome there does not say which action led to it, and need not,
for a planner. A learner that sees what was done learns otherwise than one that does not. So such a
world is kept in two parts: the tables of the world in which every action is done as it stands, and
for each pair the chances of the pair that is done in its place.

Source: Langlois and Everitt 2021, How RL Agents Behave When Their Actions Are Modified, section 3
(the modified-action Markov decision process).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sandbox.action import Action
from sandbox.batch import Draw
from sandbox.errors import ContractError
from sandbox.mdp import Floats, Ints, TabularMDP, compile_task, running, tables
from sandbox.timestep import Outcome


@dataclass(frozen=True)
class ModifiedMDP:
    """Hold a world of modified actions. P pairs, M ways in which one is turned into another.

    Attributes:
        mdp: the same world with every action done as it stands; told rewards only.
        start: `(P+1,)` offsets into the ways.
        executed: `(M,)` pair that is done, of the same state.
        probability: `(M,)`, sums to 1 over each pair.
    """

    mdp: TabularMDP
    start: Ints
    executed: Ints
    probability: Floats

    @classmethod
    def plain(cls, mdp: TabularMDP) -> ModifiedMDP:
        """Return a world in which what is proposed is what is done."""
        pairs = np.arange(len(mdp.pair_state))
        start = np.arange(len(pairs) + 1)
        return cls(mdp.without_performance(), start, pairs, np.ones(len(pairs)))

    @cached_property
    def modifies(self) -> bool:
        """Tell whether any action can be turned into another."""
        return not np.array_equal(self.executed, np.arange(len(self.mdp.pair_state)))

    @cached_property
    def upto(self) -> Floats:
        """Return `(M,)`, the chance that a way or an earlier one of its pair is taken."""
        return running(self.probability, self.start)

    @cached_property
    def _draw(self) -> Draw:
        return Draw(self.start, self.upto)

    def done(self, proposed: Ints, uniform: Floats) -> Ints:
        """Return the pair that is done in the place of each of `proposed`, `(B,)`.

        Args:
            proposed: `(B,)` pairs.
            uniform: `(B,)` numbers in [0, 1), which draw it.
        """
        if not self.modifies:
            return proposed
        done: Ints = self.executed[self._draw(proposed, uniform)]
        return done


class _Unmodified:
    """See a task as if every action were done as it stands."""

    def __init__(self, task: Any) -> None:
        self.initial, self.actions = task.initial, task.actions
        self.stopped, self.unstopped = task.stopped, task.unstopped
        self._unmodified = task.unmodified

    def outcomes(self, state: Any, action: Action) -> Sequence[Outcome[Any]]:
        found: Sequence[Outcome[Any]] = self._unmodified(state, action)
        return found


def modified_tables(task: Any, discount: float) -> ModifiedMDP:
    """Return the two parts of `task`; a task without `actual` modifies nothing.

    A task that modifies has `actual(state, action)`, which gives each action that may be done in
    the place of a proposed one with its chance, and `unmodified(state, action)`, the outcomes of an
    action that is done. Mixed, they are the task's `outcomes`.

    Raises:
        ContractError: if what is done cannot be proposed there, or chances do not sum to 1.
    """
    mdp = tables(task, discount)
    if not modifies(task, mdp):
        return ModifiedMDP.plain(mdp)
    mdp = compile_task(_Unmodified(task), discount)
    start, executed, probability = [0], [], []
    for number, (state, action) in zip(mdp.pair_state.tolist(), _pairs(mdp), strict=True):
        pairs = {mdp.actions[mdp.pair_action[one]]: one for one in mdp.pairs(number)}
        ways = [way for way in task.actual(state, action) if way[0] > 0]
        if abs(sum(chance for chance, _ in ways) - 1.0) > 1e-9:  # noqa: PLR2004 (rounding)
            raise ContractError(f"{action} in {state}: what is done has chances that miss 1")
        for chance, done in ways:
            if done not in pairs:
                raise ContractError(f"{action} in {state}: {done} is done, but not offered there")
            executed.append(pairs[done])
            probability.append(chance)
        start.append(len(executed))
    ways_of = np.array(start, dtype=np.int64), np.array(executed, dtype=np.int64)
    return ModifiedMDP(mdp.without_performance(), *ways_of, np.array(probability))


def modifies(task: Any, mdp: TabularMDP) -> bool:
    """Tell whether `task`, whose tables are `mdp`, turns any action into another."""
    named = hasattr(task, "actual")
    return named and not all(_certain(task, *one) for one in _pairs(mdp))


def _pairs(mdp: TabularMDP) -> list[tuple[Any, Action]]:
    """Return state and action of each pair."""
    numbers = zip(mdp.pair_state.tolist(), mdp.pair_action.tolist(), strict=True)
    return [(mdp.states[state], mdp.actions[action]) for state, action in numbers]


def _certain(task: Any, state: Any, action: Action) -> bool:
    """Tell whether an action is always done as it stands."""
    return all(done == action for chance, done in task.actual(state, action) if chance > 0)
