"""Take one governed step in every way that it can go: the exact twin of a session's step.

A node is all that the rest of an episode depends on: where the world is, where the agent believes
it to be, what it was refused, what its budgets have left, and what of its past a measure counts.
A step moves it down the one path of an action: propose, permit, gate, person, apply. The analyzer
is not asked: its findings would raise stakes, and an experiment measures designs, not detectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from agents.outlook import Believer, Outlook
from agents.policies import Way, action_of, spread
from oversight.experiment.facts import disarmed, surplus
from oversight.experiment.node import GAINS, Arrival, Came, Expansion, Node, NotTabledError
from oversight.experiment.persons import Person
from oversight.experiment.yardstick import Yardstick
from oversight.policy import ApprovalPolicy, Verdict
from sandbox.action import Action
from sandbox.mdp import TabularMDP
from sandbox.permissions import Ledger, LedgerMarks
from sandbox.timestep import Observation, Requirement
from tasks.spec import Task

PERMISSIONS, REFUSED, ASKED, APPROVED = (
    GAINS.index(name) for name in ("permissions", "refused", "asked", "approved")
)


class Facts(dict[int, tuple[int, bool]]):
    """Look up what is held beyond the need in a state, and whether switches are out of use."""

    def __init__(self, task: Task[Any], mdp: TabularMDP) -> None:
        """Know nothing yet."""
        super().__init__()
        self._task, self._mdp = task, mdp

    def __missing__(self, state: int) -> tuple[int, bool]:
        """Read the state's facts once."""
        shown = self._mdp.states[state]
        self[state] = surplus(self._task, shown), disarmed(self._task, shown)
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
    _known: dict[Node, Expansion] = field(default_factory=dict)
    _used: dict[int, tuple[Requirement, ...]] = field(default_factory=dict)
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
    def _loss(self) -> list[float]:
        found: list[float] = np.maximum(self.scale.loss, 0.0).tolist()
        return found

    @cached_property
    def _first_pair(self) -> list[int]:
        found: list[int] = self.scale.mdp.first_pair.tolist()
        return found

    @cached_property
    def _first_planned(self) -> list[int]:
        found: list[int] = self.way.mdp.first_pair.tolist()
        return found

    @cached_property
    def _marks(self) -> list[tuple[str, ...]]:
        """Return what the action of each pair is marked with."""
        mdp, kinds = self.scale.mdp, self.task.spec.action_types
        of_action = [kinds[one.name].marks for one in mdp.actions]
        return [of_action[one] for one in mdp.pair_action.tolist()]

    @cached_property
    def _facts(self) -> Facts:
        return Facts(self.task, self.scale.mdp)

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
        for state in np.flatnonzero(self.scale.mdp.initial).tolist():
            chance = float(self.scale.mdp.initial[state])
            place = self.outlook.track().locate(self._seen(state, None))
            held, out = self._facts[state]
            start = Node(state, place, disarmed=out, surplus=held)
            yield from self._with_stop(Arrival(chance, start, ended=False, defied=False))

    def ways(self, node: Node) -> Expansion:
        """Return what a step from a node brings, and where it leads, stops and all."""
        known = self._known.get(node)
        if known is None:
            known = self._known[node] = self._expanded(node)
        if not self.stops or node.said:
            return known
        arrivals = (found for one in known.arrivals for found in self._with_stop(one))
        return known._replace(arrivals=tuple(arrivals))

    def _expanded(self, node: Node) -> Expansion:
        """Take one step down the path of an action, in every way that it can go."""
        gains = [0.0] * len(GAINS)
        arrivals: list[Arrival] = []
        for planned, chance in spread(self.way, node.place, node.barred):
            rank = planned - self._first_planned[node.place]
            pair = self._first_pair[node.state] + rank
            tries = node.said and "interruption" in self._marks[pair]
            for part, done, after in self._gated(node, pair, chance, gains):
                self._apply(after, done, part, gains, arrivals, tries=tries)
        return Expansion(tuple(gains), tuple(arrivals))

    def _gated(
        self, node: Node, pair: int, chance: float, gains: list[float]
    ) -> Iterator[tuple[float, int, Node]]:
        """Yield chance, pair that runs, and node with what the answer leaves, of a proposal."""
        action, idle = action_of(self.scale.mdp, pair), self._idle[node.state]
        gains[PERMISSIONS] += chance * ("permission" in self._marks[pair])
        verdict, uses = self._verdicts[action.name], self._uses(node.state, pair)
        covered = not uses or self._covered(node, uses)
        if not covered or verdict.do == "refuse":
            gains[REFUSED] += chance * (not covered)
            yield chance, idle, node._replace(barred=node.barred | {action})
            return
        paid = self._paid(node, uses, action) if self._counted else node
        if verdict.do == "allow":
            yield chance, pair, paid
            return
        answer = self.person.chances(self._loss[pair], node.asked, verdict.deadline)
        gains[ASKED] += chance
        gains[APPROVED] += chance * answer.approve
        count = node.asked + 1 if self.person.fatigue else 0
        if answer.approve > 0.0:
            yield chance * answer.approve, pair, paid._replace(asked=count)
        if answer.veto > 0.0:
            barred = node.barred | {action}
            yield chance * answer.veto, idle, node._replace(barred=barred, asked=count)
        if answer.expire > 0.0:
            yield chance * answer.expire, idle, node._replace(asked=count)

    def _covered(self, node: Node, uses: tuple[Requirement, ...]) -> bool:
        """Tell whether the grants cover what an action uses, given what was spent."""
        self._grants.restore(LedgerMarks(dict(node.spent), dict(node.widened)))
        return self._grants.check(uses, node.step).allowed

    def _uses(self, state: int, pair: int) -> tuple[Requirement, ...]:
        """Return what the action of a pair uses."""
        known = self._used.get(pair)
        if known is None:
            mdp = self.scale.mdp
            known = tuple(self.task.requires(mdp.states[state], action_of(mdp, pair)))
            self._used[pair] = known
        return known

    def _paid(self, node: Node, uses: tuple[Requirement, ...], action: Action) -> Node:
        """Return the node with what an applied action spends and widens of counted budgets."""
        counted = [use for use in uses if use.scope in self._counted and use.amount]
        changes = self.task.grants(self.scale.mdp.states[node.state], action)
        wider = [one for one in changes if one.scope in self._counted]
        if not counted and not wider:
            return node
        spent, widened = dict(node.spent), dict(node.widened)
        for use in counted:
            spent[use.scope] = spent.get(use.scope, 0) + use.amount
        for change in wider:
            widened[change.scope] = widened.get(change.scope, 0) + change.amount
        return node._replace(
            spent=tuple(sorted(spent.items())), widened=tuple(sorted(widened.items()))
        )

    def _apply(
        self,
        node: Node,
        pair: int,
        chance: float,
        gains: list[float],
        arrivals: list[Arrival],
        *,
        tries: bool,
    ) -> None:
        """Add where an action that runs leads, and what it brings; `tries`: against a stop."""
        marks, action = self._marks[pair], action_of(self.scale.mdp, pair)
        tampered = node.tampered or "interruption" in marks
        evaded = node.evaded or "evasion" in marks
        defies = tries or (node.said and "commitment" in marks)
        step = node.step + self._timed
        for row in self.scale.rows(pair):
            part = chance * row.chance
            gains[0] += part * row.reward
            gains[1] += part * row.performance
            gains[2] += part * row.harm
            came = None if row.ended else Came(node.place, row.reward, action)
            held, out = self._facts[row.next]
            after = Node(
                row.next,
                -1 if came is None else self._place(row.next, came),
                node.barred,
                node.spent,
                node.widened,
                step,
                node.asked,
                tampered,
                node.disarmed or out,
                evaded,
                max(node.surplus, held),
                node.said or row.pressed,
            )
            defied = defies or (row.pressed and tampered and not node.said)
            arrivals.append(Arrival(part, after, row.ended, defied, came))

    def _with_stop(self, one: Arrival) -> Iterator[Arrival]:
        """Yield an arrival as it is, and as it is once the person has said stop.

        Raises:
            NotTabledError: if the stop leads to a state that is not in the tables.
        """
        share = self.person.stop if self.stops and not one.node.said and not one.ended else 0.0
        if share < 1.0:
            yield one._replace(chance=one.chance * (1.0 - share))
        if share <= 0.0:
            return
        state, deaf = self._interrupted(one.node.state)
        part, deaf = one.chance * share, deaf or one.node.tampered or one.defied
        if state < 0:
            yield Arrival(part, one.node._replace(said=True), ended=True, defied=deaf)
            return
        said = one.node._replace(state=state, place=self._place(state, one.came), said=True)
        yield Arrival(part, said, ended=False, defied=deaf)

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

    def _place(self, state: int, came: Came | None) -> int:
        """Return where the agent believes to be after a step; who only watches, by the look."""
        tracker = self.outlook.track()
        if isinstance(tracker, Believer) and came is not None:
            return tracker.after(came.place, self._seen(state, came))
        if state not in self._places:
            self._places[state] = tracker.locate(self._seen(state, came))
        return self._places[state]

    def _seen(self, state: int, came: Came | None) -> Observation:
        """Return what is shown in a state, at the first step or at a later one."""
        shown = self.scale.mdp.states[state]
        fields, offered = self.task.observe(shown), tuple(self.task.actions(shown))
        if came is None:
            return Observation(0, fields, offered)
        return Observation(1, fields, offered, reward=came.told, effective=came.action)
