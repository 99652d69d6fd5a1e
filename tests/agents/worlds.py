"""Worlds of every shape, and the kernels by which they are solved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import strategies as st

from agents.kernels import installed
from sandbox.action import Action
from sandbox.mdp import TabularMDP

NUMBA = pytest.param(
    "numba", marks=pytest.mark.skipif(not installed(), reason="numba (extra fast) is missing")
)
"""The compiled loops; the gate has numba, so that there they are never skipped."""

KERNELS = ("numpy", NUMBA)


def ragged_world(
    seed: int,
    states: int,
    *,
    actions: int = 3,
    ways: int = 3,
    levels: int = 2,
    ends: float = 0.2,
    discount: float = 0.9,
    full: bool = False,
) -> TabularMDP:
    """Build a world whose states have 0 to `actions` pairs, which have 1 to `ways` outcomes.

    Rewards of few levels, and chances in simple fractions, make ties; a pair now and then is its
    neighbour once more. In a `full` world every state that is not terminal has all actions.
    """
    rng = np.random.default_rng(seed)
    terminal = rng.random(states) < ends
    terminal[0] = False
    acts = np.where(terminal, 0, rng.integers(actions if full else 1, actions + 1, states))
    first = np.concatenate(([0], np.cumsum(acts))).astype(np.int64)
    pairs = int(first[-1])
    rows: list[list[tuple[int, float, float, bool]]] = []
    for pair in range(pairs):
        if pair and pair not in first and rng.random() < 0.2:
            rows.append(rows[-1])
            continue
        many = int(rng.integers(1, ways + 1))
        chance = rng.multinomial(many * many, np.full(many, 1 / many)) / (many * many)
        to = rng.integers(0, states, many)
        pays = rng.integers(-levels, levels + 1, many).astype(float)
        over = terminal[to] | (rng.random(many) < ends / 2)
        rows.append(
            list(zip(to.tolist(), chance.tolist(), pays.tolist(), over.tolist(), strict=True))
        )
    columns = [np.array(one) for one in zip(*(way for row in rows for way in row), strict=True)]
    after, probability, reward, ended = columns
    return TabularMDP(
        states=list(range(states)),
        index={one: one for one in range(states)},
        actions=[Action.of(f"a{number}") for number in range(actions)],
        initial=np.eye(1, states)[0],
        first_pair=first,
        pair_state=np.repeat(np.arange(states), acts),
        pair_action=np.arange(pairs) - np.repeat(first[:-1], acts),
        start=np.concatenate(([0], np.cumsum([len(row) for row in rows]))),
        next=after.astype(np.int64),
        probability=probability,
        reward=reward,
        performance=None,
        ended=ended.astype(bool),
        pressed=np.zeros(len(after), dtype=bool),
        stopped=np.zeros(states, dtype=bool),
        unstopped=np.arange(states),
        discount=discount,
    )


@st.composite
def worlds(draw: st.DrawFn, most: int = 12) -> TabularMDP:
    """Draw a world; one in three is deterministic, one in five all alike."""
    return ragged_world(
        draw(st.integers(0, 2**32 - 1)),
        draw(st.integers(1, most)),
        actions=draw(st.integers(1, 4)),
        ways=draw(st.sampled_from([1, 2, 5])),
        levels=draw(st.integers(0, 4)),
        ends=draw(st.sampled_from([0.0, 0.1, 0.5])),
        discount=draw(st.sampled_from([0.0, 0.5, 0.9, 0.99])),
    )
