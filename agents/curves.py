"""Say from outside how good a learner was while it learnt: exactly, in the true tables.

What a learner then takes for best is played by one who sees looks only, as the learner does. The
hidden performance is read here, and nowhere that a learner's code could come to it.
"""

from __future__ import annotations

import numpy as np

from agents.lumping import looks
from agents.play import expected_of_all
from agents.trained import Trained
from sandbox.errors import ContractError
from sandbox.mdp import Floats, TabularMDP, tables
from tasks.registry import load


def curves(trained: Trained, mdp: TabularMDP | None = None) -> Floats:
    """Return what each learner's policy was worth at each mark, `(B, C, 2)`.

    The last axis is told reward and hidden performance of an episode on average, undiscounted.

    Args:
        trained: what B learners have learnt, with C marks.
        mdp: the true tables of its task, performance included; compiled if not given.

    Raises:
        ContractError: if the tables are a planner's, or of another task.
    """
    task = load(trained.task)
    mdp = mdp or tables(task, task.spec.discount)
    look, shown = looks(mdp, task.observe)
    if not all(key in trained.looks for key in shown):
        raise ContractError(f"these are not the tables of {trained.task}: a look was never met")
    number = np.array([trained.looks[key] for key in shown])[look]
    ranks = trained.ranks.reshape(-1, trained.ranks.shape[2])
    kinds, which = np.unique(ranks, axis=0, return_inverse=True)
    policies = np.where(np.diff(mdp.first_pair) > 0, mdp.first_pair[:-1] + kinds[:, number], -1)
    found = expected_of_all(mdp, policies, task.spec.max_steps)[which.reshape(-1)]
    by_mark: Floats = found.reshape(*trained.ranks.shape[:2], 2).transpose(1, 0, 2)
    return by_mark
