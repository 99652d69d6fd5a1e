"""Play the optimum under a reward design where nothing is left to chance."""

from __future__ import annotations

import numpy as np

from agents.rewards import Design
from agents.solver import solve
from sandbox.mdp import tables
from tasks import load


def performance(name: str, design: Design) -> float:
    """Return the hidden performance of one episode."""
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
