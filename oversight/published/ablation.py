"""Plan and play as the published agents of Attainable Utility Preservation did.

All of them take the board that they see for the state of the world, and learn for each auxiliary
reward what every board is worth. Two, Vanilla and model-free AUP, then learn what to do on each
board. The other four plan nine steps ahead in the real world, and charge for an act what it has
changed, by those values, at the end of the plan, nothing being done from the act on.

Learning is replaced by what it would come to if boards were states: the optimum of the tables of
boards, in which each state that shows a board is as likely as any other (`believed` learns them as
published, for the level where that matters). One thing more is ours: the code compares what is to
be had after the act with what is to be had by doing nothing for one step more, not with the most
that is, so that doing nothing has a charge, which the paper's formula has not. The formula was
taken; of the cells tried the other way, none changed sides.

That boards are taken for states decides one cell. Where a sushi was stopped looks like where it is
on its way, so that who has stopped it believes to have lost little, and who let it be eaten has
lost all boards with a sushi: `Starting state` holds it up (Interference), as the authors' code does
by the same moves. Model-free AUP dawdles there, since a wait costs little, and in a third of draws
is not at the goal by the ninth step.

Source: Turner, Hadfield-Menell and Tadepalli 2020, Conservative Agency via Attainable Utility
Preservation; numbers (30 rewards, 9 steps, discount .996, lambda 1/1.501) are its code's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from agents.bellman import action_values, greedy
from agents.many import solve_many
from agents.rewards.attainable_utility import PRECISION, SIGHT, AttainableUtility
from agents.solver import TOLERANCE, solve
from sandbox.errors import ContractError
from sandbox.mdp import Floats, Ints, TabularMDP, tables
from tasks import load

STEPS = 9
"""How long an agent plans and acts."""
FEW = 100
"""States up to which many rewards are solved side by side, where there is chance."""
NEAR = PRECISION / (1.0 - SIGHT)
"""How near to the optimum the values of boards are, which are up to 250."""
WIDE = 80
"""Columns of the drawing of a board; none is as wide."""
LEARNERS = {
    "Vanilla": AttainableUtility(penalty=0.0),
    "Model-free AUP": AttainableUtility(rollout=0),
}
"""Agents that learn what to do on each board."""
PLANNERS = {
    "AUP": AttainableUtility(),
    "Starting state": AttainableUtility(baseline="start"),
    "Inaction": AttainableUtility(baseline="inaction"),
    "Decrease-only": AttainableUtility(decrease_only=True),
}
"""Agents that plan; how long they do nothing after an act is `STEPS`' to say."""


class Room(NamedTuple):
    """Hold one level.

    Attributes:
        mdp: its tables.
        board: `(S,)` number of the board that each state shows.
        boards: the tables of who takes boards for states.
    """

    mdp: TabularMDP
    board: Ints
    boards: TabularMDP


@cache
def room(level: str) -> Room:
    """Return a level of the five by name."""
    task = load(f"aup_{level}")
    mdp = tables(task, task.spec.discount)
    board = shown(task, mdp.states)
    return Room(mdp, board, blurred(mdp, board))


def shown(task: Any, states: Sequence[Any]) -> Ints:
    """Return `(S,)`, the number of the board that each state shows."""
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(task.render(one, WIDE), len(seen)) for one in states])


def blurred(mdp: TabularMDP, board: Ints) -> TabularMDP:
    """Return the tables of boards, each state that shows a board being as likely as any other.

    Raises:
        ContractError: where states that show one board offer different actions.
    """
    place = np.arange(len(mdp.pair_state)) - mdp.first_pair[mdp.pair_state]
    width = int(place.max()) + 1
    key, first, pair = np.unique(
        board[mdp.pair_state] * width + place, return_index=True, return_inverse=True
    )
    states = np.bincount(pair)
    if (mdp.pair_action != mdp.pair_action[first][pair]).any():
        raise ContractError("states that show one board offer different actions")
    row = pair[mdp.outcome_pair]
    order = np.argsort(row, kind="stable")
    count = int(board.max()) + 1
    here = np.bincount(key // width, minlength=count)
    seen = list(range(count))
    return replace(
        mdp,
        states=seen,
        index={one: one for one in seen},
        initial=np.bincount(board, mdp.initial, count).astype(np.float64),
        first_pair=np.concatenate([[0], np.cumsum(here)]),
        pair_state=key // width,
        pair_action=mdp.pair_action[first],
        start=np.concatenate([[0], np.cumsum(np.bincount(row))]),
        next=board[mdp.next][order],
        probability=(mdp.probability / states[row])[order],
        reward=mdp.reward[order],
        performance=None,
        ended=mdp.ended[order],
        pressed=mdp.pressed[order],
        stopped=np.zeros(count, dtype=bool),
        unstopped=np.arange(count),
    )


class Taste(NamedTuple):
    """Hold what a draw of auxiliary rewards makes of the boards.

    Attributes:
        paid: `(G, B)` for entering a board.
        left: `(G, B)` to be had from it on.
    """

    paid: Floats
    left: Floats


@cache
def taste(level: str, draw: int) -> Taste:
    """Return one draw of the auxiliary rewards."""
    boards = room(level).boards
    drawn = AttainableUtility(seed=draw)
    paid = drawn.auxiliary(boards)
    if len(boards.states) <= FEW and len(boards.next) > len(boards.pair_state):
        # With chance, and so few states, all rewards side by side are several times as fast.
        return Taste(paid, solve_many(boards, paid[:, boards.next], NEAR).value)
    return Taste(paid, drawn.attainable(boards))


def learnt(agent: AttainableUtility, level: str, draw: int) -> list[Ints]:
    """Return what a learner does in each of the steps, `(S,)` pairs."""
    where = room(level)
    told = where.boards.reward
    if agent.penalty:
        one = taste(level, draw)
        change = agent.change(where.boards, one.paid + SIGHT * one.left)
        told = told - agent.penalty * change[where.boards.outcome_pair]
    policy = solve(where.boards.with_reward(told)).policy
    place = policy - where.boards.first_pair[:-1]
    found = np.where(policy[where.board] >= 0, where.mdp.first_pair[:-1] + place[where.board], -1)
    return [found] * STEPS


def planned(agent: AttainableUtility, level: str, left: Floats) -> list[Ints]:
    """Return what a planner does in each of the steps, `(S,)` pairs.

    Args:
        agent: with the knobs of its row.
        level: by name.
        left: `(G, B)` what it believes each auxiliary reward comes to from each board on.
    """
    where = room(level)
    attained = left[:, where.board]
    value = np.zeros(len(where.mdp.states))
    plan: list[Ints] = []
    for later in range(STEPS):
        sees = replace(agent, rollout=later, settled=STEPS)
        charge = agent.penalty * sees.change(where.mdp, attained)
        charged = where.mdp.with_reward(where.mdp.reward - charge[where.mdp.outcome_pair])
        value, policy = greedy(charged, action_values(charged, value), TOLERANCE)
        plan.insert(0, policy)
    return plan


def played(level: str, plan: Sequence[Ints]) -> tuple[str, float]:
    """Return the moves of a plan, by their first letters, and its performance.

    Raises:
        ContractError: where something is left to chance.
    """
    mdp = room(level).mdp
    if len(mdp.next) != len(mdp.pair_state) or mdp.performance is None:
        raise ContractError(f"{level}: a move is left to chance, or its performance is hidden")
    state, moves, total = int(mdp.initial.argmax()), "", 0.0
    for policy in plan:
        pair = int(policy[state])
        moves += mdp.actions[int(mdp.pair_action[pair])].name[0]
        total += float(mdp.performance[pair])
        if mdp.ended[pair]:
            break
        state = int(mdp.next[pair])
    return moves, total


def outcome(agent: str, level: str, draw: int) -> tuple[str, float]:
    """Return what an agent of the table does under a draw of auxiliary rewards."""
    if agent in LEARNERS:
        return played(level, learnt(LEARNERS[agent], level, draw))
    return played(level, planned(PLANNERS[agent], level, taste(level, draw).left))
