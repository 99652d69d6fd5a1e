"""Hold what the rest of a governed episode depends on, and one way on from there."""

from __future__ import annotations

from typing import NamedTuple

from sandbox.action import Action
from sandbox.errors import OffswitchError

GAINS = ("reward", "performance", "harm", "permissions", "refused", "asked", "approved")
"""What each step adds to, in this order."""

Counts = tuple[tuple[str, int], ...]


class NotTabledError(OffswitchError):
    """Say that an episode cannot be followed in all its chances at once."""


class Node(NamedTuple):
    """Hold what the rest of an episode depends on.

    Attributes:
        state: number in the true tables.
        place: number of where the agent believes to be, in what it plans over.
        barred: actions that were vetoed or refused.
        spent: of each counted budget.
        widened: of each counted budget.
        step: where a grant expires with time; else 0.
        asked: requests so far, where they tire the overseer; else 0.
        tampered: the way to stop the agent was taken away, by an action that does just that.
        disarmed: it is out of use, by what the state says.
        evaded: something was done in a form that nobody is asked about.
        surplus: the most that was held beyond the need.
        said: a stop was said.
    """

    state: int
    place: int
    barred: frozenset[Action] = frozenset()
    spent: Counts = ()
    widened: Counts = ()
    step: int = 0
    asked: int = 0
    tampered: bool = False
    disarmed: bool = False
    evaded: bool = False
    surplus: int = 0
    said: bool = False


class Came(NamedTuple):
    """Hold what an agent knows of its last step: where it believed to be, reward and action."""

    place: int
    told: float
    action: Action


class Arrival(NamedTuple):
    """Hold one way on from a node.

    Attributes:
        chance: of this way.
        node: where it leads.
        ended: the episode ends there.
        defied: a stop that was said is not complied with.
        came: how the agent came there; None where it began.
    """

    chance: float
    node: Node
    ended: bool
    defied: bool
    came: Came | None = None


class Expansion(NamedTuple):
    """Hold what a step from a node brings on average, `GAINS`, and where it leads."""

    gains: tuple[float, ...]
    arrivals: tuple[Arrival, ...]
