"""Compile a task into tables: every reachable state, every action, every outcome, numbered.

The layout is that of a compressed sparse row: `first_pair[s]:first_pair[s+1]` are the
(state, action) pairs of state s, `start[p]:start[p+1]` the outcomes of pair p. Terminal states
have no pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sandbox.action import Action
from sandbox.errors import ContractError, TooLargeError
from sandbox.timestep import Outcome

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Compilable(Protocol):
    """Say what compiling needs of a task; `tasks.spec.Task` has more."""

    def initial(self) -> Sequence[tuple[float, Any]]:
        """Return the states in which an episode can begin, with probabilities."""

    def actions(self, state: Any) -> Sequence[Action]:
        """Return what can be proposed in `state`; empty when terminal."""

    def outcomes(self, state: Any, action: Action) -> Sequence[Outcome[Any]]:
        """Return what can come of `action` in `state`."""

    def stopped(self, state: Any) -> bool:
        """Tell whether the person's stop has come into the world."""

    def unstopped(self, state: Any) -> Any:
        """Return the same state, had the person not asked to stop."""


@dataclass(frozen=True)
class TabularMDP:
    """Hold a task as tables. S states, P pairs, N outcomes.

    Attributes:
        states: S states, in breadth-first order.
        index: number of each state.
        actions: every action, numbered in order of first use.
        initial: `(S,)` probability that an episode begins there.
        first_pair: `(S+1,)` offsets into the pairs.
        pair_state: `(P,)` state of each pair.
        pair_action: `(P,)` number of the pair's action.
        start: `(P+1,)` offsets into the outcomes.
        next: `(N,)` next state.
        probability: `(N,)`, sums to 1 over each pair.
        reward: `(N,)` told.
        performance: `(N,)` hidden; None in what a planner is given.
        ended: `(N,)` the episode ends here.
        pressed: `(N,)` the person's stop falls in this outcome.
        stopped: `(S,)` the stop has come into the world.
        unstopped: `(S,)` number of the same state without the stop.
        discount: per step.
        null_action: what lets a step pass; None where the tables were made without a task.
    """

    states: list[Any]
    index: dict[Any, int]
    actions: list[Action]
    initial: Floats
    first_pair: Ints
    pair_state: Ints
    pair_action: Ints
    start: Ints
    next: Ints
    probability: Floats
    reward: Floats
    performance: Floats | None
    ended: Flags
    pressed: Flags
    stopped: Flags
    unstopped: Ints
    discount: float
    null_action: Action | None = None

    def without_performance(self) -> TabularMDP:
        """Return the tables as a planner may see them: nothing hidden."""
        return replace(self, performance=None)

    def with_reward(self, reward: Floats) -> TabularMDP:
        """Return the same world under another reward, `(N,)`."""
        return replace(self, reward=reward)

    @cached_property
    def upto(self) -> Floats:
        """Return `(N,)`, the chance that an outcome or an earlier one of its pair comes true."""
        return running(self.probability, self.start)

    @cached_property
    def begin(self) -> Floats:
        """Return `(S,)`, the chance that an episode begins in a state or an earlier one."""
        begin = np.cumsum(self.initial)
        begin[np.flatnonzero(self.initial)[-1] :] = np.inf
        return begin

    @property
    def outcome_pair(self) -> Ints:
        """Return the pair of each outcome, `(N,)`."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    @property
    def null_pair(self) -> Ints:
        """Return the pair of each state that lets a step pass, `(S,)`; -1 in a terminal one.

        Raises:
            ContractError: if the tables name no null action, or a running state does not offer it.
        """
        if self.null_action is None:
            raise ContractError("these tables name no null action: set `null_action`")
        named = np.array([one == self.null_action for one in self.actions], dtype=bool)
        rows = np.flatnonzero(named[self.pair_action])
        found = np.full(len(self.states), -1, dtype=np.int64)
        found[self.pair_state[rows]] = rows
        lacking = np.flatnonzero((found < 0) & (np.diff(self.first_pair) > 0))
        if lacking.size:
            state = self.states[lacking[0]]
            raise ContractError(f"the null action {self.null_action} is not offered in {state}")
        return found

    def pairs(self, state: int) -> range:
        """Return the numbers of the pairs of `state`."""
        return range(int(self.first_pair[state]), int(self.first_pair[state + 1]))


def running(probability: Floats, start: Ints) -> Floats:
    """Return `(N,)`, the sum up to each place of its row, rows begin at `start`; the last is inf.

    Summed in the order of the rows, as a world does, so that both draw alike; the last is infinite,
    whatever rounding left of 1.
    """
    upto = probability.copy()
    first, last = start[:-1], start[1:] - 1
    for place in range(1, int(np.max(last - first, initial=0)) + 1):
        rows = (first + place)[last - first >= place]
        upto[rows] += upto[rows - 1]
    upto[last] = np.inf
    return upto


class _Rows:
    """Gather rows while states are discovered."""

    def __init__(self) -> None:
        self.first_pair = [0]
        self.pair_action: list[int] = []
        self.start = [0]
        self.rows: list[tuple[int, float, float, float, bool, bool]] = []
        self.actions: dict[Action, int] = {}


def tables(task: Compilable, discount: float) -> TabularMDP:
    """Return the tables of `task`: by its own vectorised encoder when it has one."""
    encode = getattr(task, "encode", None)
    made: TabularMDP = compile_task(task, discount) if encode is None else encode(discount)
    spec = getattr(task, "spec", None)
    return replace(made, null_action=getattr(spec, "null_action", None))


def compile_task(task: Compilable, discount: float, limit: int = 2_000_000) -> TabularMDP:
    """Enumerate the reachable states of `task`, breadth first, into tables.

    Raises:
        TooLargeError: if there are more than `limit` states.
        ContractError: if the probabilities of an action do not sum to 1.
    """
    index: dict[Any, int] = {}
    states: list[Any] = []

    def number(state: Any) -> int:
        found = index.setdefault(state, len(states))
        if found == len(states):
            states.append(state)
        return found

    begin = [(probability, number(state)) for probability, state in task.initial()]
    rows = _Rows()
    unstopped: list[int] = []
    done = 0
    while done < len(states):
        if len(states) > limit:
            raise TooLargeError(f"the task has more than {limit:,} states: give it an encoder")
        unstopped.append(number(task.unstopped(states[done])))
        _expand(task, states[done], number, rows)
        done += 1
    initial = np.zeros(len(states))
    for probability, state in begin:
        initial[state] += probability
    stopped = np.fromiter((task.stopped(state) for state in states), dtype=bool)
    return _tables(states, index, initial, rows, stopped, np.array(unstopped), discount)


def _expand(task: Compilable, state: Any, number: Any, rows: _Rows) -> None:
    """Add the pairs and outcomes of one state."""
    for action in task.actions(state):
        total = 0.0
        for one in task.outcomes(state, action):
            total += one.probability
            rows.rows.append(
                (
                    number(one.state),
                    one.probability,
                    one.reward,
                    one.performance,
                    one.termination is not None,
                    one.pressed,
                )
            )
        if abs(total - 1.0) > 1e-9:  # noqa: PLR2004 (rounding of at most a few dozen terms)
            raise ContractError(f"{action} in {state}: probabilities sum to {total}, not 1")
        rows.pair_action.append(rows.actions.setdefault(action, len(rows.actions)))
        rows.start.append(len(rows.rows))
    rows.first_pair.append(len(rows.pair_action))


def _tables(
    states: list[Any],
    index: dict[Any, int],
    initial: Floats,
    rows: _Rows,
    stopped: Flags,
    unstopped: Ints,
    discount: float,
) -> TabularMDP:
    """Turn the gathered rows into arrays."""
    columns = list(zip(*rows.rows, strict=True)) or [()] * 6
    first = np.array(rows.first_pair, dtype=np.int64)
    return TabularMDP(
        states=states,
        index=index,
        actions=list(rows.actions),
        initial=initial,
        first_pair=first,
        pair_state=np.repeat(np.arange(len(states)), np.diff(first)),
        pair_action=np.array(rows.pair_action, dtype=np.int64),
        start=np.array(rows.start, dtype=np.int64),
        next=np.array(columns[0], dtype=np.int64),
        probability=np.array(columns[1], dtype=np.float64),
        reward=np.array(columns[2], dtype=np.float64),
        performance=np.array(columns[3], dtype=np.float64),
        ended=np.array(columns[4], dtype=bool),
        pressed=np.array(columns[5], dtype=bool),
        stopped=stopped,
        unstopped=unstopped.astype(np.int64),
        discount=discount,
    )
