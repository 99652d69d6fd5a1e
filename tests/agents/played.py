"""Play or evaluate the optimum under a reward design."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.rewards import Design
from agents.solver import evaluate, solve
from sandbox.mdp import tables
from tasks import load


class Worth(NamedTuple):
    """Hold discounted sums over an episode: what was wanted, and how often one was stopped."""

    performance: float
    stops: float


def worth(name: str, design: Design) -> Worth:
    """Return what the optimum under a design is worth, exactly."""
    task = load(name)
    mdp = tables(task, task.spec.discount)
    assert mdp.performance is not None
    policy = solve(design(mdp.without_performance())).policy
    gains = (mdp.performance, mdp.pressed.astype(float))
    return Worth(*(float(evaluate(mdp, policy, one, 1e-8) @ mdp.initial) for one in gains))


def performance(name: str, design: Design) -> float:
    """Return the hidden performance of one episode in which nothing is left to chance."""
    task = load(name)
    mdp = tables(task, task.spec.discount)
    assert mdp.performance is not None
    policy = solve(design(mdp.without_performance())).policy
    state, total = int(np.argmax(mdp.initial)), 0.0
    for _ in range(task.spec.max_steps):
        row = mdp.start[policy[state]]
        total += float(mdp.performance[row])
        state = mdp.next[row]
        if mdp.ended[row]:
            break
    return total
