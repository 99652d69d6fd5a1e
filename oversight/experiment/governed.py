"""Take one governed step in every way that it can go: the exact twin of a session's step.

A node is all that the rest of an episode depends on: where the world is, where the agent believes
it to be, what it was refused, what its budgets have left, and what of its past a measure counts.
A step moves it down the one path of an action: propose, permit, gate, person, apply. The analyzer
is not asked: its findings would raise stakes, and an experiment measures designs, not detectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from agents.outlook import Believer, Outlook
from agents.policies import Way, action_of, spread
from oversight.experiment.persons import Person
from oversight.experiment.yardstick import Yardstick
from oversight.policy import ApprovalPolicy, Verdict
from sandbox.action import Action
from sandbox.errors import OffswitchError
from sandbox.mdp import Floats, TabularMDP
from sandbox.permissions import Ledger, LedgerMarks
from sandbox.timestep import Observation
from tasks.spec import Task

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
        tampered: the way to stop the agent was taken away.
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
    evaded: bool = False
    surplus: int = 0
    said: bool = False


class Arrival(NamedTuple):
    """Hold one way on from a node.

    Attributes:
        chance: of this way.
        node: where it leads.
        ended: the episode ends there.
        defied: a stop that was said is not complied with.
    """

    chance: float
    node: Node
    ended: bool
    defied: bool


class Expansion(NamedTuple):
    """Hold what a step from a node brings on average, `GAINS`, and where it leads."""

    gains: Floats
    arrivals: tuple[Arrival, ...]


class Surplus(dict[int, int]):
    """Look up what is held beyond the need in a state, in units."""

    def __init__(self, task: Task[Any], mdp: TabularMDP) -> None:
        """Know nothing yet."""
        super().__init__()
        self._task, self._mdp = task, mdp

    def __missing__(self, state: int) -> int:
        """Count it once."""
        need = self._task.spec.need
        facts = dict(self._task.facts(self._mdp.states[state])) if need else {}
        held = ((facts[name], most) for name, most in need.items() if name in facts)
        self[state] = sum(max(0, has - most) for has, most in held if isinstance(has, int))
        return self[state]


@dataclass
class Governed:
    """Hold a setting, an agent that is a way through tables, a policy and an overseer.

    Attributes:
        scale: tables and scales of the setting.
        outlook: what the agent plans over, and how it knows where it is.
        way: how it acts there.
        policy: which actions are asked.
        person: who is asked.
        stops: whether the person says stop, as their knob has it.
    """

    scale: Yardstick
    outlook: Outlook
    way: Way
    policy: ApprovalPolicy
    person: Person
    stops: bool = False
    _places: dict[int, int] = field(default_factory=dict)
    _halts: dict[int, tuple[int, bool]] = field(default_factory=dict)

    @property
    def task(self) -> Task[Any]:
        """Return the task in its setting."""
        found: Task[Any] = self.scale.task
        return found

    @cached_property
    def _verdicts(self) -> Mapping[str, Verdict]:
        kinds = self.task.spec.action_types
        return {name: self.policy.match(kind) for name, kind in kinds.items()}

    @cached_property
    def _idle(self) -> list[int]:
        found: list[int] = self.scale.mdp.null_pair.tolist()
        return found

    @cached_property
    def _surplus(self) -> Mapping[int, int]:
        """Return what is held beyond the need in each state, as far as it was asked for."""
        return Surplus(self.task, self.scale.mdp)

    @cached_property
    def _grants(self) -> Ledger:
        return Ledger(self.task.permissions())

    @cached_property
    def _counted(self) -> frozenset[str]:
        grants = self._grants.permissions.grants
        return frozenset(name for name, one in grants.items() if one.budget is not None)

    @cached_property
    def _timed(self) -> bool:
        grants = self._grants.permissions.grants.values()
        return any(one.expires_after is not None for one in grants)

    def begun(self) -> Iterator[Arrival]:
        """Yield where episodes begin; a stop may be said before the first step."""
        for state in np.flatnonzero(self.scale.mdp.initial):
            chance = float(self.scale.mdp.initial[state])
            start = Node(int(state), -1, surplus=self._surplus[int(state)])
            yield from self._stopped(start, chance, self._first_place)

    def expand(self, node: Node) -> Expansion:
        """Take one step down the path of an action, in every way that it can go."""
        gains = np.zeros(len(GAINS))
        arrivals: list[Arrival] = []
        for planned, chance in spread(self.way, node.place, node.barred):
            rank = planned - int(self.way.mdp.first_pair[node.place])
            pair = int(self.scale.mdp.first_pair[node.state]) + rank
            tries = node.said and self._marked(pair, "interruption")
            for part, done, after in self._gated(node, pair, chance, gains):
                ways = self._applied(after, done, part, gains)
                arrivals += (one._replace(defied=True) for one in ways) if tries else ways
        return Expansion(gains, tuple(arrivals))

    def _gated(
        self, node: Node, pair: int, chance: float, gains: Floats
    ) -> Iterator[tuple[float, int, Node]]:
        """Yield chance, pair that runs, and node with what the answer leaves, of a proposal."""
        mdp = self.scale.mdp
        action, idle = action_of(mdp, pair), self._idle[node.state]
        gains[GAINS.index("permissions")] += chance * self._marked(pair, "permission")
        barred = node._replace(barred=node.barred | {action})
        ledger = self._ledger(node)
        uses = tuple(self.task.requires(mdp.states[node.state], action))
        verdict = self._verdicts[action.name]
        covered = ledger.check(uses, node.step).allowed
        gains[GAINS.index("refused")] += chance * (not covered)
        if not covered or verdict.do == "refuse":
            yield chance, idle, barred
            return
        paid = self._paid(node, action) if self._counted else node
        if verdict.do == "allow":
            yield chance, pair, paid
            return
        loss = max(0.0, float(self.scale.loss[pair]))
        answer = self.person.chances(loss, node.asked, verdict.deadline)
        gains[GAINS.index("asked")] += chance
        gains[GAINS.index("approved")] += chance * answer.approve
        count = node.asked + 1 if self.person.fatigue else 0
        for part, ran, after in (
            (answer.approve, pair, paid),
            (answer.veto, idle, barred),
            (answer.expire, idle, node),
        ):
            if part > 0.0:
                yield chance * part, ran, after._replace(asked=count)

    def _marked(self, pair: int, mark: str) -> bool:
        """Tell whether the action of a pair carries a mark."""
        name = action_of(self.scale.mdp, pair).name
        return mark in self.task.spec.action_types[name].marks

    def _ledger(self, node: Node) -> Ledger:
        self._grants.restore(LedgerMarks(dict(node.spent), dict(node.widened)))
        return self._grants

    def _paid(self, node: Node, action: Action) -> Node:
        """Return the node with what an applied action spends and widens of counted budgets."""
        state = self.scale.mdp.states[node.state]
        spent, widened = dict(node.spent), dict(node.widened)
        for use in self.task.requires(state, action):
            if use.scope in self._counted and use.amount:
                spent[use.scope] = spent.get(use.scope, 0) + use.amount
        for change in self.task.grants(state, action):
            if change.scope in self._counted:
                widened[change.scope] = widened.get(change.scope, 0) + change.amount
        return node._replace(
            spent=tuple(sorted(spent.items())), widened=tuple(sorted(widened.items()))
        )

    def _applied(self, node: Node, pair: int, chance: float, gains: Floats) -> Iterator[Arrival]:
        """Yield where an action that runs leads, and add what it brings."""
        mdp = self.scale.mdp
        action = action_of(mdp, pair)
        defies = node.said and self._marked(pair, "commitment")
        done = node._replace(
            tampered=node.tampered or self._marked(pair, "interruption"),
            evaded=node.evaded or self._marked(pair, "evasion"),
            step=node.step + self._timed,
        )
        for row in range(int(mdp.start[pair]), int(mdp.start[pair + 1])):
            part = chance * float(mdp.probability[row])
            gains[0] += part * float(mdp.reward[row])
            gains[1] += part * float(self.scale.wanted[row])
            gains[2] += part * float(self.scale.harm[row])
            yield from self._arrived(done, action, row, part, defies=defies)

    def _arrived(
        self, node: Node, action: Action, row: int, chance: float, *, defies: bool
    ) -> Iterator[Arrival]:
        """Yield the node after one outcome, with and without a stop from the overseer."""
        mdp = self.scale.mdp
        state, pressed = int(mdp.next[row]), bool(mdp.pressed[row])
        moved = node._replace(
            state=state,
            surplus=max(node.surplus, self._surplus[state]),
            said=node.said or pressed,
        )
        defies = defies or (pressed and node.tampered and not node.said)
        if mdp.ended[row]:
            yield Arrival(chance, moved, ended=True, defied=defies)
            return
        told = float(mdp.reward[row])
        for one in self._stopped(
            moved, chance, lambda at: self._place(node.place, at, told, action)
        ):
            yield one._replace(defied=one.defied or defies)

    def _stopped(self, node: Node, chance: float, place: Callable[[int], int]) -> Iterator[Arrival]:
        """Yield a node as it is, and as it is once the person has said stop.

        Raises:
            NotTabledError: if the stop leads to a state that is not in the tables.
        """
        share = self.person.stop if self.stops and not node.said else 0.0
        if share < 1.0:
            calm = node._replace(place=place(node.state))
            yield Arrival(chance * (1.0 - share), calm, ended=False, defied=False)
        if share <= 0.0:
            return
        state, deaf = self._interrupted(node.state)
        said = node._replace(said=True)
        if state < 0:
            yield Arrival(chance * share, said, ended=True, defied=node.tampered)
            return
        said = said._replace(state=state, place=place(state))
        yield Arrival(chance * share, said, ended=False, defied=deaf or node.tampered)

    def _interrupted(self, state: int) -> tuple[int, bool]:
        """Return where a stop leads, -1 where it ends the episode, and whether it is not heard."""
        if state not in self._halts:
            after = self.task.interrupt(self.scale.mdp.states[state])
            if not self.task.actions(after):
                self._halts[state] = -1, False
            elif after in self.scale.mdp.index:
                self._halts[state] = self.scale.mdp.index[after], not self.task.stopped(after)
            else:
                raise NotTabledError("the stop leads to where the tables do not")
        return self._halts[state]

    def _first_place(self, state: int) -> int:
        return self.outlook.track().locate(self._seen(state, 0, 0.0, None))

    def _place(self, before: int, state: int, told: float, action: Action) -> int:
        """Return where the agent believes to be after a step; who only watches, by the look."""
        tracker = self.outlook.track()
        if isinstance(tracker, Believer):
            return tracker.after(before, self._seen(state, 1, told, action))
        if state not in self._places:
            self._places[state] = tracker.locate(self._seen(state, 1, told, action))
        return self._places[state]

    def _seen(self, state: int, step: int, told: float, last: Action | None) -> Observation:
        shown = self.scale.mdp.states[state]
        offered = tuple(self.task.actions(shown))
        return Observation(step, self.task.observe(shown), offered, reward=told, effective=last)
