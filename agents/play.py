"""Say how a solved task is played: the likeliest course, and what an episode is worth to whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from agents.bellman import greedy
from agents.outlook import Believer, Tracker, outlook_of
from agents.policies import way_of
from agents.rewards import load_design
from sandbox.action import Action
from sandbox.errors import ContractError
from sandbox.mdp import Floats, Ints, TabularMDP, tables
from sandbox.timestep import Observation
from sandbox.walk import TableWalk
from tasks.registry import load

LONGEST_LOOP = 16
"""Most steps of a loop that is written once."""
FEW = 16
"""Times fewer than all places that have to be in use, for sorting them to be the faster way."""

Masses = Mapping[tuple[int, int], float]
"""Chance of each state together with the belief that is held there."""


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
    seen = _first_alike(task, mdp)
    rank = policy[seen] - mdp.first_pair[:-1][seen]
    live = np.diff(mdp.first_pair) > 0
    return np.where(live, mdp.first_pair[:-1] + rank, -1)


def shares_as_seen(task: Any, mdp: TabularMDP, shares: Floats) -> Floats:
    """Return the chances `(P,)` with which it chooses who sees observations only."""
    rank = np.arange(len(mdp.pair_state)) - mdp.first_pair[mdp.pair_state]
    seen: Floats = shares[mdp.first_pair[_first_alike(task, mdp)[mdp.pair_state]] + rank]
    return seen


def _first_alike(task: Any, mdp: TabularMDP) -> Ints:
    """Return `(S,)`, the first state that looks as each does."""
    first: dict[Any, int] = {}
    return np.fromiter(
        (first.setdefault(task.observe(state), n) for n, state in enumerate(mdp.states)),
        dtype=np.int64,
        count=len(mdp.states),
    )


def expected(mdp: TabularMDP, policy: Ints, steps: int) -> Worth:
    """Return what an episode of at most `steps` under `policy` is worth, on average."""
    reward, performance = expected_of_all(mdp, policy[None], steps)[0].tolist()
    return Worth(reward, performance)


def expected_by_chance(mdp: TabularMDP, shares: Floats, steps: int) -> Worth:
    """Return the same where each pair is chosen with a chance, `(P,)`."""
    gain = hidden(mdp)
    pair = mdp.outcome_pair
    rows = np.flatnonzero(shares[pair])
    source, target = mdp.pair_state[pair[rows]], mdp.next[rows]
    chance = shares[pair[rows]] * mdp.probability[rows]
    mass: Floats = mdp.initial
    reward = performance = 0.0
    for _ in range(steps):
        flow = mass[source] * chance
        reward += float(flow @ mdp.reward[rows])
        performance += float(flow @ gain[rows])
        flow[mdp.ended[rows]] = 0.0
        mass = np.bincount(target, flow, len(mass)).astype(np.float64)
    return Worth(reward, performance)


def expected_of_all(mdp: TabularMDP, policies: Ints, steps: int) -> Floats:
    """Return what an episode of at most `steps` is worth on average under each policy, `(K, 2)`.

    The last axis is as `Worth`. Only where a policy comes to is looked at.

    Args:
        mdp: the true tables.
        policies: `(K, S)` pair of each state; -1 where it is terminal.
        steps: after which an episode is cut.
    """
    gains, count, states = (mdp.reward, hidden(mdp)), len(policies), len(mdp.states)
    start = np.flatnonzero(mdp.initial)
    # A place is a policy and a state of it; the places of a policy stand in the order of states.
    places = (np.arange(count)[:, None] * states + start).reshape(-1)
    mass, worth = np.tile(mdp.initial[start], count), np.zeros((count, 2))
    for _ in range(steps):
        pairs = policies.reshape(-1)[places]
        live = pairs >= 0
        first, pairs = mdp.start[pairs[live]], pairs[live]
        width = mdp.start[pairs + 1] - first
        before = np.repeat(np.cumsum(width) - width, width)
        rows = np.repeat(first, width) + np.arange(len(before)) - before
        number = np.repeat(places[live] // states, width)
        flow = np.repeat(mass[live], width) * mdp.probability[rows]
        for kind, gain in enumerate(gains):
            worth[:, kind] += np.bincount(number, flow * gain[rows], count)
        on = ~mdp.ended[rows]
        places, mass = _gathered(number[on] * states + mdp.next[rows[on]], flow[on], policies.size)
    return worth


def _gathered(targets: Ints, flow: Floats, size: int) -> tuple[Ints, Floats]:
    """Return the places below `size` to which anything flows, in order, and how much in all."""
    if len(targets) * FEW < size:
        places, where = np.unique(targets, return_inverse=True)
        return places, np.bincount(where, flow, len(places)).astype(np.float64)
    mass = np.bincount(targets, flow, size).astype(np.float64)
    places = np.flatnonzero(mass)
    return places, mass[places]


class Player:
    """Play one setting by a reward design, as one who sees observations only.

    Attributes:
        task: in its setting.
        mdp: its true tables, performance included.
        plans: what is planned over: the task itself, or the task of beliefs.
        shares: `(P,)` chance of each pair there: 1 for the optimum, unless chance is designed.
        policy: `(S,)` the likeliest pair of each state there, the first of ties.
    """

    def __init__(self, full: str, reward: str = "naive") -> None:
        """Solve `task/setting` under a reward design.

        Raises:
            InputError: if the design does not fit the task.
        """
        self.task = load(full)
        self.mdp = tables(self.task, self.task.spec.discount)
        self.plans = outlook_of(self.task, self.mdp.without_performance())
        way = way_of(load_design(reward), self.plans.mdp)
        self.shares = way.shares()
        self.policy = greedy(self.plans.mdp, self.shares, 0.0)[1]
        self._walk = TableWalk(self.mdp)
        self._pair_of = self.mdp.outcome_pair

    def course(self) -> Course:
        """Return the course on which chance always gives the likeliest, the first of ties.

        So it does where the design chooses by chance.
        """
        begin, chance = self.mdp.begin, int(self.mdp.initial.argmax())

        def luck(pair: int) -> float:
            first, last = int(self.mdp.start[pair]), int(self.mdp.start[pair + 1])
            place = int(self.mdp.probability[first:last].argmax())
            return float(self.mdp.upto[first + place - 1]) if place else 0.0

        return self._play(float(begin[chance - 1]) if chance else 0.0, lambda _, pair: luck(pair))

    def worth(self) -> Worth:
        """Return what an episode is worth on average, exactly.

        Where the hidden matters, what is believed goes along with the state.
        """
        tracker = self.plans.track()
        if not isinstance(tracker, Believer):
            shares = shares_as_seen(self.task, self.mdp, self.shares)
            return expected_by_chance(self.mdp, shares, self.task.spec.max_steps)
        told = wanted = 0.0
        masses = self._first()
        for step in range(1, self.task.spec.max_steps + 1):
            ways = list(self._ways(masses))
            told += sum(mass * float(self.mdp.reward[row]) for _, row, mass in ways)
            wanted += sum(mass * float(hidden(self.mdp)[row]) for _, row, mass in ways)
            masses = self._later(tracker, step, ways)
        return Worth(told, wanted)

    def _first(self) -> Masses:
        """Return the chance of each first state, with what is believed there."""
        starts = [int(state) for state in np.flatnonzero(self.mdp.initial)]
        seen = [(state, self._seen(state, 0, 0.0, None)) for state in starts]
        return {
            (state, self.plans.track().locate(shown)): float(self.mdp.initial[state])
            for state, shown in seen
        }

    def _ways(self, masses: Masses) -> Iterator[tuple[int, int, float]]:
        """Yield belief, outcome and chance of all that can come of one step."""
        for (state, belief), mass in masses.items():
            believed = self.plans.mdp.pairs(belief)
            for rank in np.flatnonzero(self.shares[believed.start : believed.stop]).tolist():
                pair = int(self.mdp.first_pair[state]) + rank
                share = mass * float(self.shares[believed.start + rank])
                for row in range(int(self.mdp.start[pair]), int(self.mdp.start[pair + 1])):
                    yield belief, row, share * float(self.mdp.probability[row])

    def _later(
        self, tracker: Believer, step: int, ways: Sequence[tuple[int, int, float]]
    ) -> Masses:
        """Return the chance of each state and belief after a step; what has ended is left out."""
        found: dict[tuple[int, int], float] = defaultdict(float)
        for belief, row, mass in ways:
            if not self.mdp.ended[row]:
                state, told = int(self.mdp.next[row]), float(self.mdp.reward[row])
                action = self.mdp.actions[int(self.mdp.pair_action[self._pair_of[row]])]
                seen = self._seen(state, step, told, action)
                found[state, tracker.after(belief, seen)] += mass
        return found

    def _seen(self, state: int, step: int, told: float, last: Action | None) -> Observation:
        """Return what is shown in a state."""
        shown = self.mdp.states[state]
        fields, offered = self.task.observe(shown), tuple(self.task.actions(shown))
        return Observation(step, fields, offered, reward=told, effective=last)

    def _play(self, begin: float, luck: Callable[[int, int], float]) -> Course:
        """Play an episode under the luck that is given for each step and pair."""
        walk, tracker, gain = self._walk, self.plans.track(), hidden(self.mdp)
        walk.begin(begin)
        actions: list[Action] = []
        told = reward = performance = 0.0
        while not walk.done and len(actions) < self.task.spec.max_steps:
            pair = self._chosen(tracker, told, actions)
            actions.append(self.mdp.actions[int(self.mdp.pair_action[pair])])
            told = walk.step(pair, luck(len(actions) - 1, pair))
            reward, performance = reward + told, performance + float(gain[walk.row])
        return Course(tuple(actions), Worth(reward, performance))

    def _chosen(self, tracker: Tracker, told: float, actions: Sequence[Action]) -> int:
        """Return the pair of the true tables that is likeliest where one believes to stand."""
        last = actions[-1] if actions else None
        here = tracker.locate(self._seen(self._walk.state, len(actions), told, last))
        return self._walk.choices[int(self.policy[here] - self.plans.mdp.first_pair[here])]


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
