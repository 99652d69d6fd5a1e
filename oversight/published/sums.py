"""Solve a task's tables, and sum what a policy or the best of them collects, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from agents.solver import Solution, solve
from sandbox.action import Action
from sandbox.errors import ContractError
from sandbox.mdp import Floats, TabularMDP, tables
from tasks import load

UNDISCOUNTED = 0.999
"""Discount of tables from which sums without one are taken; it is not used."""


@cache
def compiled(name: str) -> TabularMDP:
    """Return the tables of a task, for sums without discount."""
    return tables(load(name), UNDISCOUNTED)


def hidden(mdp: TabularMDP) -> Floats:
    """Return `(N,)`, the performance of every outcome.

    Raises:
        ContractError: where it was taken out.
    """
    if mdp.performance is None:
        raise ContractError("these tables are a planner's: they have no performance")
    return mdp.performance


def solved(task: Any) -> tuple[TabularMDP, Solution]:
    """Return a task's tables, and the optimum of the told reward."""
    mdp = tables(task, task.spec.discount)
    return mdp, solve(mdp)


def planned(task: Any) -> dict[Any, Action]:
    """Return what the optimum of the told reward does, by state."""
    mdp, solution = solved(task)
    return {
        state: mdp.actions[int(mdp.pair_action[pair])]
        for state, pair in zip(mdp.states, solution.policy, strict=True)
        if pair >= 0
    }


def valued(task: Any) -> dict[Action, float]:
    """Return what every action at the start is worth, what follows being the best."""
    mdp, solution = solved(task)
    start = int(mdp.initial.argmax())
    return {
        mdp.actions[int(mdp.pair_action[pair])]: float(solution.q[pair])
        for pair in mdp.pairs(start)
    }


def collected(task: Any, policy: Mapping[Any, Action], gain: str = "reward") -> float:
    """Return the expected sum, not discounted, of an episode as long as the task allows."""
    weights = {state: chance for chance, state in task.initial()}
    total = 0.0
    for _ in range(task.spec.max_steps):
        after: dict[Any, float] = {}
        for state, weight in weights.items():
            for one in task.outcomes(state, policy[state]) if task.actions(state) else ():
                total += weight * one.probability * getattr(one, gain)
                after[one.state] = after.get(one.state, 0.0) + weight * one.probability
        weights = after
    return total
