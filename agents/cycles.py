"""Find where a policy leads: to an end, or into a loop that it never leaves.

An agent that gains more by going round than by arriving goes round for ever. Followed along the
likeliest outcomes, a policy of finitely many states ends or repeats a state; from there on it
repeats everything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.action import Action
from sandbox.mdp import Ints, TabularMDP

SHOWN = 8
"""Most actions that a sentence names."""


@dataclass(frozen=True)
class Lasso:
    """Hold the way of a policy along the likeliest outcomes: a prefix, then a loop or an end.

    Attributes:
        prefix: states before the loop; all of the way where the episode ends.
        loop: states of one lap; empty where the episode ends.
        approach: actions of the prefix.
        actions: actions of the loop.
        told: told reward of one lap; of the whole way where the episode ends.
        wanted: performance of the same; None where the tables hold none.
    """

    prefix: tuple[int, ...]
    loop: tuple[int, ...]
    approach: tuple[Action, ...]
    actions: tuple[Action, ...]
    told: float
    wanted: float | None

    @property
    def sentence(self) -> str:
        """Return the way in one sentence."""
        wanted = "" if self.wanted is None else f", {self.wanted:.1f} wanted"
        if not self.loop:
            way = f"ends after {_steps(len(self.prefix))}: {_named(self.approach)}"
            return f"{way}{self.told:.1f} told{wanted}"
        way = f"reaches a loop of {_steps(len(self.loop))} after {len(self.prefix)}"
        return f"{way}: {_named(self.actions)}{self.told:.1f} told a lap{wanted}"


def _steps(count: int) -> str:
    return f"{count} step" if count == 1 else f"{count} steps"


def _named(actions: tuple[Action, ...]) -> str:
    """Return the actions in words; the middle of a long way is left out."""
    names = [str(one) if one.arguments else one.name for one in actions]
    if len(names) > SHOWN:
        names = [*names[: SHOWN - 2], "...", names[-1]]
    return "".join(f"{name}, " for name in names)


def likeliest(mdp: TabularMDP, pair: int) -> int:
    """Return the number of the likeliest outcome of `pair`; of equals the first."""
    first, last = int(mdp.start[pair]), int(mdp.start[pair + 1])
    return first + int(np.argmax(mdp.probability[first:last]))


def lasso(mdp: TabularMDP, policy: Ints, start: int | None = None) -> Lasso:
    """Follow `policy` from `start` until the episode ends or a state comes again.

    Args:
        mdp: the task.
        policy: `(S,)` chosen pair of each state; -1 where it is terminal.
        start: a state; the likeliest initial one when None.
    """
    state = int(np.argmax(mdp.initial)) if start is None else start
    seen: dict[int, int] = {}
    rows: list[int] = []
    while state not in seen and policy[state] >= 0:
        seen[state] = len(rows)
        row = likeliest(mdp, int(policy[state]))
        rows.append(row)
        if mdp.ended[row]:
            break
        state = int(mdp.next[row])
    looped = policy[state] >= 0 and not mdp.ended[rows[-1]]
    turn = seen[state] if looped else len(rows)
    states = tuple(seen)
    taken = tuple(mdp.actions[int(mdp.pair_action[policy[one]])] for one in states)
    lap = rows[turn:] or rows
    return Lasso(
        prefix=states[:turn],
        loop=states[turn:],
        approach=taken[:turn],
        actions=taken[turn:],
        told=float(mdp.reward[lap].sum()),
        wanted=None if mdp.performance is None else float(mdp.performance[lap].sum()),
    )
