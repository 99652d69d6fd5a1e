"""Say how a solved task is played: the likeliest course, and what an episode is worth to whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sandbox.action import Action
from sandbox.errors import ContractError
from sandbox.mdp import Floats, Ints, TabularMDP

LONGEST_LOOP = 16
"""Most steps of a loop that is written once."""


class Worth(NamedTuple):
    """Hold what an episode sums up to, undiscounted: told reward, and hidden performance."""

    reward: float
    performance: float


class Course(NamedTuple):
    """Hold one way that an episode goes.

    Attributes:
        actions: one a step.
        worth: what they sum up to.
    """

    actions: tuple[Action, ...]
    worth: Worth


def as_seen(task: Any, mdp: TabularMDP, policy: Ints) -> Ints:
    """Return `policy` as one plays it who sees observations only.

    Where states look alike, it does in each what it would do in the first: an agent that was told
    nothing plays as though nothing had been said (see `agents.planner`).
    """
    first: dict[Any, int] = {}
    seen = np.fromiter(
        (first.setdefault(task.observe(state), n) for n, state in enumerate(mdp.states)),
        dtype=np.int64,
        count=len(mdp.states),
    )
    rank = policy[seen] - mdp.first_pair[:-1][seen]
    live = np.diff(mdp.first_pair) > 0
    return np.where(live, mdp.first_pair[:-1] + rank, -1)


def expected(mdp: TabularMDP, policy: Ints, steps: int) -> Worth:
    """Return what an episode of at most `steps` under `policy` is worth, on average."""
    gain = hidden(mdp)
    pair = mdp.outcome_pair
    rows = np.flatnonzero(policy[mdp.pair_state[pair]] == pair)
    source, target = mdp.pair_state[pair[rows]], mdp.next[rows]
    mass: Floats = mdp.initial
    reward = performance = 0.0
    for _ in range(steps):
        flow = mass[source] * mdp.probability[rows]
        reward += float(flow @ mdp.reward[rows])
        performance += float(flow @ gain[rows])
        flow[mdp.ended[rows]] = 0.0
        mass = np.bincount(target, flow, len(mass)).astype(np.float64)
    return Worth(reward, performance)


def likeliest(mdp: TabularMDP, policy: Ints, steps: int) -> Course:
    """Follow `policy` for at most `steps`, each to its likeliest outcome, the first of ties."""
    gain = hidden(mdp)
    state, actions, reward, performance = int(mdp.initial.argmax()), [], 0.0, 0.0
    for _ in range(steps):
        pair = int(policy[state])
        if pair < 0:
            break
        begin, end = int(mdp.start[pair]), int(mdp.start[pair + 1])
        row = begin + int(mdp.probability[begin:end].argmax())
        actions.append(mdp.actions[int(mdp.pair_action[pair])])
        reward += float(mdp.reward[row])
        performance += float(gain[row])
        state = int(mdp.next[row])
        if mdp.ended[row]:
            break
    return Course(tuple(actions), Worth(reward, performance))


def hidden(mdp: TabularMDP) -> Floats:
    """Return the performance of each outcome, `(N,)`.

    Raises:
        ContractError: if these are tables that a planner was given.
    """
    if mdp.performance is None:
        raise ContractError("these tables hold no performance: they are a planner's")
    return mdp.performance


def in_words(actions: Sequence[Action]) -> str:
    """Write a course in one line; what is done over and over is written once, with its count."""
    words = [str(one).removesuffix("()") for one in actions]
    parts, place = [], 0
    while place < len(words):
        length, times = _loop(words, place)
        loop = ", ".join(words[place : place + length])
        many = f"{times} x ({loop})" if length > 1 else f"{times} x {loop}"
        parts.append(many if times > 1 else loop)
        place += length * times
    return ", ".join(parts)


def _loop(words: Sequence[str], place: int) -> tuple[int, int]:
    """Return length and count of the repetition that covers most from `place` on."""
    best = (1, 1)
    for length in range(1, LONGEST_LOOP + 1):
        loop, times = words[place : place + length], 1
        while words[place + times * length : place + (times + 1) * length] == loop:
            times += 1
        if times > 1 and length * times > best[0] * best[1]:
            best = (length, times)
    return best
