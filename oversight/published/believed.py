"""Learn what auxiliary rewards come to as the published agents did, many draws side by side.

They play whole episodes by model-free AUP as it is learnt, greedily in .2 of the steps, and in .9
of them in the last third, and replace a value by each new sample of it. Where boards hide
something, such values never settle, and lie above the mean of what a board may mean.

Source: Turner, Hadfield-Menell and Tadepalli 2020, Conservative Agency via Attainable Utility
Preservation; rate, shares and the number of episodes are its code's.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from agents.rewards.attainable_utility import SIGHT, AttainableUtility
from oversight.published.ablation import room
from sandbox.errors import ContractError
from sandbox.mdp import Floats

EARLY, LATE, LAST = 0.2, 0.9, 2 / 3
"""Shares of greedy steps, and the part of the episodes from which on the later one holds."""
CUT, SEED = 100, 0


@cache
def believed(level: str, draws: int, episodes: int) -> Floats:
    """Return `(D, G, B)`, what each draw's rewards are believed to come to from each board on.

    Raises:
        ContractError: where something is left to chance, or states offer different numbers.
    """
    mdp, board, boards = room(level)
    width = int(np.diff(mdp.first_pair).max())
    if len(mdp.next) != len(mdp.pair_state) or len(mdp.next) % width:
        raise ContractError(f"{level}: something is left to chance, or actions are missing")
    paid = np.array([AttainableUtility(seed=draw).auxiliary(boards).T for draw in range(draws)])
    values = np.zeros((draws, len(boards.states), width, paid.shape[2]))
    best, own = np.zeros(paid.shape), np.zeros(values.shape[:3])
    null = int((mdp.null_pair - mdp.first_pair[:-1])[mdp.null_pair >= 0][0])
    begin, rows = int(mdp.initial.argmax()), np.arange(draws)
    state, age, played = np.full(draws, begin), np.zeros(draws, int), np.zeros(draws, int)
    luck, penalty = np.random.default_rng(SEED), AttainableUtility().penalty
    while played.min() < episodes:
        here = board[state]
        greedy = own[rows, here].argmax(axis=1)
        chance = luck.random((2, draws))
        other = (greedy + 1 + (chance[1] * (width - 1)).astype(int)) % width
        does = np.where(chance[0] < np.where(played > LAST * episodes, LATE, EARLY), greedy, other)
        pair = mdp.first_pair[state] + does
        after, ended = mdp.next[pair], mdp.ended[pair]
        there = board[after]
        values[rows, here, does] = paid[rows, there] + SIGHT * best[rows, there]
        known = values[rows, here]
        best[rows, here] = known.max(axis=1)
        idle = known[:, null]
        change = np.abs(known[rows, does] - idle) / np.where(idle > 0.0, idle, 1.0)
        charged = mdp.reward[pair] - penalty * change.mean(axis=1)
        own[rows, here, does] = charged + mdp.discount * own[rows, there].max(axis=1)
        age += 1
        over = ended | (age >= CUT)
        played += over
        state, age = np.where(over, begin, after), np.where(over, 0, age)
    return best.transpose(0, 2, 1)
