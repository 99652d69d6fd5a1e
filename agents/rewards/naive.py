"""Maximise the told reward, and nothing else.

Known to fail at: everything that the told reward forgets. Where a stop costs reward, the optimum
avoids the stop.
"""

from __future__ import annotations

from sandbox.mdp import TabularMDP


def design(mdp: TabularMDP) -> TabularMDP:
    """Return the task as told."""
    return mdp
