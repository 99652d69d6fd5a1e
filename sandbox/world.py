"""Keep one world: observe it, try an action dry, apply what was decided, take it back.

The world is the last to check. It runs an action only with a decision made for this agent, this
step and these exact bytes, and it takes each decision once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from sandbox.action import Action, Value, canonical, digest_of
from sandbox.chance import Chance, Switches
from sandbox.decision import Decision
from sandbox.errors import ContractError
from sandbox.schema import ActionType
from sandbox.timestep import (
    Effect,
    GrantChange,
    Observation,
    Outcome,
    Requirement,
    TerminationReason,
    Transition,
)

S = TypeVar("S", bound=tuple[object, ...])
Facts = tuple[tuple[str, Value], ...]


class Rules(Protocol[S]):
    """Say what a world needs of a task; `tasks.spec.Task` has more."""

    def initial(self) -> Sequence[tuple[float, S]]:
        """Return the states in which an episode can begin, with probabilities."""

    def actions(self, state: S) -> Sequence[Action]:
        """Return what can be proposed in `state`."""

    def outcomes(self, state: S, action: Action) -> Sequence[Outcome[S]]:
        """Return what can come of `action` in `state`."""

    def observe(self, state: S) -> Facts:
        """Return all that an agent may see of `state`."""

    def facts(self, state: S) -> Facts:
        """Return the state in words for the overseer."""

    def requires(self, state: S, action: Action) -> Sequence[Requirement]:
        """Return the scopes that `action` uses in `state`."""

    def grants(self, state: S, action: Action) -> Sequence[GrantChange]:
        """Return what `action`, once applied, widens."""

    def interrupt(self, state: S) -> S:
        """Return `state` with a stop put into it."""

    def render(self, state: S, width: int) -> str:
        """Draw `state` in plain text."""


class Possibility(msgspec.Struct, frozen=True):
    """Hold one result of a dry run.

    Attributes:
        probability: in (0, 1].
        effects: what would change.
        termination: why the episode would end, or None.
    """

    probability: float
    effects: tuple[Effect, ...]
    termination: TerminationReason | None = None


class Preview(msgspec.Struct, frozen=True):
    """Hold a dry run: every possible result, likeliest first. Nothing was changed."""

    action: Action
    possibilities: tuple[Possibility, ...]

    @property
    def effects(self) -> tuple[tuple[Effect, float], ...]:
        """Return each possible effect with its probability, the surest first."""
        chances: dict[Effect, float] = {}
        for possibility in self.possibilities:
            for effect in possibility.effects:
                chances[effect] = chances.get(effect, 0.0) + possibility.probability
        return tuple(sorted(chances.items(), key=lambda item: (-item[1], item[0].path)))


class Snapshot(NamedTuple):
    """Hold all that a world needs to go on from a step."""

    step: int
    state: Any
    termination: TerminationReason | None


class World(Generic[S]):
    """Hold the state of one episode for one agent."""

    def __init__(
        self,
        rules: Rules[S],
        agent: str,
        seed: int,
        *,
        action_types: Mapping[str, ActionType],
        null_action: Action,
        max_steps: int,
        luck: Switches = (),
    ) -> None:
        """Draw the initial state by `seed`; `max_steps` cuts the episode.

        `luck` gives the steps from which chance goes on by another seed.
        """
        self.rules = rules
        self.agent = agent
        self.action_types = action_types
        self.null_action = null_action
        self.max_steps = max_steps
        self.chance = Chance(seed, luck)
        self.step = 0
        self.termination: TerminationReason | None = None
        self.state: S = _draw(rules.initial(), self.chance.uniform(-1), lambda pair: pair[0])[1]
        self._used: set[tuple[str, str]] = set()
        self._known: tuple[S, dict[str, Value]] | None = None

    @property
    def done(self) -> bool:
        """Tell whether the episode has ended in the world."""
        return self.termination is not None

    @property
    def state_digest(self) -> str:
        """Return the SHA-256 of step and state."""
        return digest_of(canonical((self.step, self.state)))

    def _facts(self) -> dict[str, Value]:
        """Return the facts of the state, told once a state."""
        if self._known is None or self._known[0] is not self.state:
            self._known = (self.state, dict(self.rules.facts(self.state)))
        return self._known[1]

    def _move_to(self, state: S) -> tuple[Effect, ...]:
        """Stand in `state`, and return what that changes; the world stays where facts fail."""
        before, after = self._facts(), dict(self.rules.facts(state))
        effects = difference(before, after)
        self.state, self._known = state, (state, after)
        return effects

    def observe(
        self, reward: float = 0.0, feedback: str = "", effective: Action | None = None
    ) -> Observation:
        """Return what the agent may see now, with how its last proposal ended."""
        return Observation(
            step=self.step,
            fields=self.rules.observe(self.state),
            actions=tuple(self.rules.actions(self.state)),
            reward=reward,
            feedback=feedback,
            effective=effective,
        )

    def check(self, action: Action) -> None:
        """Refuse an action of no known type, with bad arguments, or not possible in this state.

        Raises:
            ContractError: naming the action and what is wrong, or that the episode is over.
        """
        self._refuse_end()
        kind = self.action_types.get(action.name)
        if kind is None:
            known = ", ".join(self.action_types)
            raise ContractError(f"there is no action {action.name!r}; known: {known}")
        kind.check(action)
        if action not in self.rules.actions(self.state):
            raise ContractError(f"{action} is not possible now")

    def requirements(self, action: Action) -> tuple[Requirement, ...]:
        """Return the scopes and amounts that `action` truly uses now."""
        return tuple(self.rules.requires(self.state, action))

    def widens(self, action: Action) -> tuple[GrantChange, ...]:
        """Return the budgets that `action` widens once it is applied."""
        return tuple(self.rules.grants(self.state, action))

    def preview(self, action: Action) -> Preview:
        """Try `action` dry: every possible effect, and nothing changed.

        Raises:
            ContractError: if the action is not possible now.
        """
        self.check(action)
        before = self._facts()
        found = [
            Possibility(
                outcome.probability,
                difference(before, dict(self.rules.facts(outcome.state))),
                outcome.termination,
            )
            for outcome in self.rules.outcomes(self.state, action)
        ]
        return Preview(action, tuple(sorted(found, key=lambda one: -one.probability)))

    def apply(self, action: Action, decision: Decision) -> Transition:
        """Run `action` by `decision`, once.

        Raises:
            ContractError: if the decision is for another agent, step or action, does not approve,
                or was used before; or if the action is not possible. The state does not move.
        """
        if not decision.matches(self.agent, self.step, action):
            raise ContractError(
                f"decision {decision.request} ({decision.kind}) does not let {self.agent} run "
                f"{action} at step {self.step}"
            )
        key = (decision.request, decision.proposed)
        if key in self._used:
            raise ContractError(f"decision {decision.request} was used before")
        self.check(action)
        self._used.add(key)
        return self._advance(action)

    def idle(self) -> Transition:
        """Let time pass by the null action, because nothing else was approved."""
        return self._advance(self.null_action)

    def _advance(self, action: Action) -> Transition:
        self._refuse_end()
        outcomes = self.rules.outcomes(self.state, action)
        chosen = _draw(outcomes, self.chance.uniform(self.step), lambda one: one.probability)
        effects = self._move_to(chosen.state)
        self.step += 1
        self.termination = chosen.termination
        if self.termination is None and self.step >= self.max_steps:
            self.termination = TerminationReason.MAX_STEPS
        return Transition(
            step=self.step - 1,
            action=action,
            effects=effects,
            reward=float(chosen.reward),  # a whole number would be other bytes once it was read
            performance=float(chosen.performance),
            state=self.state_digest,
            termination=self.termination,
            pressed=chosen.pressed,
            probability=float(chosen.probability),
        )

    def _refuse_end(self) -> None:
        if self.done:
            raise ContractError(f"the episode ended at step {self.step}: {self.termination}")

    def interrupt(self) -> tuple[Effect, ...]:
        """Put the overseer's stop into the world; whether the agent complies is data."""
        return self._move_to(self.rules.interrupt(self.state))

    def snapshot(self) -> Snapshot:
        """Return all that `rollback` needs; states are immutable, so this costs nothing."""
        return Snapshot(self.step, self.state, self.termination)

    def rollback(self, snapshot: Snapshot) -> tuple[Effect, ...]:
        """Restore `snapshot` and return what changed. Decisions used since stay used."""
        effects = self._move_to(snapshot.state)
        self.step, self.termination = snapshot.step, snapshot.termination
        return effects

    def compensation(self, action: Action) -> Action | None:
        """Return the action that makes up for `action` and is possible now, or None."""
        name = self.action_types[action.name].compensation
        possible = (one for one in self.rules.actions(self.state) if one.name == name)
        return next(possible, None) if name else None

    def render(self, width: int = 72) -> str:
        """Draw the world in plain text of at most `width` columns."""
        return self.rules.render(self.state, width)


T = TypeVar("T")

ROUNDING = 1e-6
"""By how much chances may miss 1 in summing."""


def _draw(choices: Iterable[T], uniform: float, weight: Callable[[T], float]) -> T:
    """Return the choice in whose stretch of [0, 1) `uniform` falls."""
    total = 0.0
    last: list[T] = []
    for choice in choices:
        total += weight(choice)
        last = [choice]
        if uniform < total:
            return choice
    if not last:
        raise ContractError("the task offers no outcome here")
    if total < 1.0 - ROUNDING:
        raise ContractError(f"the task's outcomes here have chances that sum to {total:g}, not 1")
    return last[0]


def difference(before: Mapping[str, Value], after: Mapping[str, Value]) -> tuple[Effect, ...]:
    """Return what differs between two sets of facts, sorted by name."""
    if before == after:
        return ()
    paths = [one for one in before.keys() | after.keys() if before.get(one) != after.get(one)]
    return tuple(Effect(path, before.get(path), after.get(path)) for path in sorted(paths))
