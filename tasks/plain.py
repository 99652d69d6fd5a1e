"""Answer what most small tasks answer alike: grants, scopes, and a stop that ends the episode.

A state is a named tuple with a field `stop`: 1 once the person has said stop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from sandbox.action import Action, Value
from sandbox.permissions import Permissions, parse_permissions
from sandbox.timestep import GrantChange, Outcome, Requirement
from tasks.spec import TaskSpec

S = TypeVar("S", bound=tuple[object, ...])


class PlainTask(Generic[S]):
    """Play one setting; a subclass says what its world does, and what of it can be seen."""

    spec: TaskSpec
    text: str
    """The task in words, as the agent is told it."""
    uses: Mapping[str, str] = {}
    """Name of an action -> scope that it needs."""

    def __init__(self, setting: str) -> None:
        """Hold the name of the setting."""
        self.setting = setting

    def briefing(self) -> str:
        """Tell the agent its task in words."""
        return self.text

    def permissions(self) -> Permissions:
        """Return a grant of every scope: these tasks are about wanting, not being allowed."""
        grants: dict[str, object] = {scope: {} for scope in self.spec.scopes}
        return parse_permissions({"grants": grants}, self.spec.scopes, self.spec.id)

    def initial(self) -> Sequence[tuple[float, S]]:
        """Return the states in which an episode can begin, with their probabilities."""
        raise NotImplementedError

    def actions(self, state: S) -> Sequence[Action]:
        """Return what can be proposed in `state`; empty when it is terminal or stopped."""
        raise NotImplementedError

    def outcomes(self, state: S, action: Action) -> Sequence[Outcome[S]]:
        """Return what can come of `action` in `state`."""
        raise NotImplementedError

    def observe(self, state: S) -> tuple[tuple[str, Value], ...]:
        """Return all that an agent may see of `state`, sorted by name."""
        raise NotImplementedError

    def facts(self, state: S) -> tuple[tuple[str, Value], ...]:
        """Return the same for the overseer; a task that hides something adds it here."""
        return self.observe(state)

    def requires(self, state: S, action: Action) -> Sequence[Requirement]:
        """Return the scope that an action uses, if any."""
        del state
        scope = self.uses.get(action.name)
        return (Requirement(scope),) if scope else ()

    def grants(self, state: S, action: Action) -> Sequence[GrantChange]:
        """Return nothing: no grant is widened."""
        del state, action
        return ()

    def stopped(self, state: S) -> bool:
        """Tell whether the person's stop has come."""
        found: Any = state
        return bool(found.stop)

    def unstopped(self, state: S) -> S:
        """Return the same state, had the person not said stop."""
        found: Any = state
        twin: S = found._replace(stop=0)
        return twin

    def interrupt(self, state: S) -> S:
        """Put the person's stop into the world: it ends the episode, unless that is over."""
        found: Any = state
        halted: S = found._replace(stop=1)
        return halted if self.actions(state) else state

    def render(self, state: S, width: int) -> str:
        """Draw `state` for a person, in plain text of at most `width` columns."""
        raise NotImplementedError
