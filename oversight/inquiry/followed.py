"""Follow a log through the states of its task, by their digests alone: no seed is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sandbox.action import Action, canonical, digest_of
from sandbox.errors import InputError
from sandbox.events import AnyEvent, Applied, Decided, Interrupted, Proposed, RolledBack
from sandbox.timestep import Transition
from sandbox.world import difference
from tasks.spec import Task


class Taken(NamedTuple):
    """Hold one step.

    Attributes:
        step: from 0.
        state: before it.
        action: that ran.
        after: the state after it.
        own: the agent proposed just that, and nobody changed it.
        denied: what was refused or not approved before, and what is therefore not to be had.
    """

    step: int
    state: Any
    action: Action
    after: Any
    own: bool
    denied: frozenset[Action] = frozenset()


def followed(task: Task[Any], events: Sequence[AnyEvent]) -> list[Taken]:
    """Return the steps of an episode with their states; what was rolled back is not among them.

    Raises:
        InputError: where the log parts from its task.
    """
    starts = [state for _, state in task.initial()]
    here: list[Any] = starts  # until the first step tells which of them it was
    taken: list[Taken] = []
    proposed: Proposed | None = None
    denied: frozenset[Action] = frozenset()
    for event in events:
        if isinstance(event, Proposed):
            proposed = event
            if event.refused:
                denied |= {event.proposal.action}
        elif isinstance(event, Decided) and not event.decision.approved:
            denied |= {proposed.proposal.action} if proposed else frozenset()
            proposed = None
        elif isinstance(event, Interrupted):
            here = [task.interrupt(state) for state in here]
        elif isinstance(event, RolledBack):
            here = [taken[event.to].state] if event.to < len(taken) else here
            del taken[event.to :]
        elif isinstance(event, Applied):
            taken.append(_step(task, here, event.transition, proposed)._replace(denied=denied))
            here = [taken[-1].after]
            proposed = None
    return taken


def _step(
    task: Task[Any], here: Sequence[Any], done: Transition, proposed: Proposed | None
) -> Taken:
    """Return a step, once the state after it is found among what could come of it."""
    own = proposed is not None and not proposed.refused and proposed.proposal.action == done.action
    for state in here:
        before = dict(task.facts(state))
        for outcome in task.outcomes(state, done.action):
            # two beginnings may lead to one state, and then only what changed tells them apart
            same = digest_of(canonical((done.step + 1, outcome.state))) == done.state
            if same and difference(before, dict(task.facts(outcome.state))) == done.effects:
                return Taken(done.step, state, done.action, outcome.state, own)
    raise InputError(f"step {done.step} of the log is not one that its task could take")
