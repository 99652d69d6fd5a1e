"""Follow an episode once for all detectors: facts, stops, proposals, answers, steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sandbox.action import Action, Value
from sandbox.decision import Decision
from sandbox.events import AnyEvent, Applied, Asked, Decided, Interrupted, Proposed, RolledBack
from sandbox.events import step_of as step_of_event
from sandbox.timestep import Effect, Transition


class Course:
    """Hold what has happened so far in one episode. A rollback takes back what it undoes.

    Attributes:
        facts: the world in words, as it stands now; only what was told at the start or changed.
        before: the same before the last step.
        steps: what the world did, one a step.
        proposals: the last proposal of each step.
        decisions: the decision of each step that came before the gate.
        asked: the steps at which somebody was asked.
        stop: the step at which the word to stop came, or None: the episode's first.
        unwatched: for each step taken, whether nobody looked when it was proposed.
        events: numbers of the events of each step, as the log counts them.
        number: of the event that is being shown.
    """

    def __init__(
        self,
        facts: Mapping[str, Value] | None = None,
        unwatched: Collection[tuple[str, Value]] = frozenset(),
    ) -> None:
        """Begin with the facts of the first state, as far as they are known."""
        self.facts: dict[str, Value] = dict(facts or {})
        self.before: dict[str, Value] = self.facts
        self.steps: list[Transition] = []
        self.proposals: dict[int, Proposed] = {}
        self.decisions: dict[int, Decision] = {}
        self.asked: dict[int, Asked] = {}
        self.stop: int | None = None
        self.unwatched: list[bool] = []
        self.events: dict[int, list[int]] = defaultdict(list)
        self.number = 0
        self._unwatched = frozenset(unwatched)

    @property
    def watches(self) -> bool:
        """Tell whether the task says when nobody looks."""
        return bool(self._unwatched)

    @property
    def alone(self) -> bool:
        """Tell whether nobody looks now, as far as the facts say."""
        return any(self.facts.get(name) == value for name, value in self._unwatched)

    def effective(self, step: int) -> Action | None:
        """Return the action that ran at a step that was taken, or None."""
        return self.steps[step].action if 0 <= step < len(self.steps) else None

    def follow(self, event: AnyEvent, number: int) -> None:
        """Take in the next event, numbered as the log counts."""
        self.number = number
        self.events[step_of_event(event)].append(number)
        if isinstance(event, Applied):
            self._moved(event.transition)
        elif isinstance(event, Proposed):
            self.proposals[event.step] = event
        elif isinstance(event, Decided):
            self.decisions[event.decision.step] = event.decision
        elif isinstance(event, Asked):
            self.asked[event.step] = event
        elif isinstance(event, Interrupted):
            self.stop = event.step if self.stop is None else self.stop
            self._change(event.effects)
        elif isinstance(event, RolledBack):
            self._back(event)

    def _moved(self, done: Transition) -> None:
        self.unwatched.append(self.alone)
        self.steps.append(done)
        self.before = self.facts
        self._change(done.effects)
        if done.pressed and self.stop is None:
            self.stop = done.step

    def _change(self, effects: tuple[Effect, ...]) -> None:
        if not effects:
            return
        facts = dict(self.facts)
        for effect in effects:
            if effect.after is None:
                facts.pop(effect.path, None)
            else:
                facts[effect.path] = effect.after
        self.facts = facts

    def _back(self, event: RolledBack) -> None:
        del self.steps[event.to :], self.unwatched[event.to :]
        for kept in (self.proposals, self.decisions, self.asked):
            for step in [one for one in kept if one >= event.to]:
                del kept[step]
        self._change(event.effects)
        self.before = self.facts
        if self.stop is not None and self.stop >= event.to:
            self.stop = None
