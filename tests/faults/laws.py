"""Check what a store holds after the disk failed against what really happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from sandbox.action import Action
from sandbox.decision import APPROVING, Decision
from sandbox.events import (
    AnyEvent,
    Applied,
    Asked,
    Decided,
    EpisodeEnded,
    Found,
    TakenUp,
    encode,
)
from sandbox.log import Episode, Store
from sandbox.schema import Stakes
from sandbox.verify import verify
from tests.faults.scene import Moved, Notes, Scene, action_types, reference


class OnDisk(NamedTuple):
    """Hold what a store says of the scene's episode.

    Attributes:
        episode: its row, or None.
        events: all of them, in order.
        asked: ids of the requests that persons were asked.
        decided: decisions by request id.
    """

    episode: Episode | None
    events: list[AnyEvent]
    asked: list[str]
    decided: dict[str, Decision]

    @property
    def ended(self) -> bool:
        """Tell whether the episode's last event is there."""
        return bool(self.events) and isinstance(self.events[-1], EpisodeEnded)

    @property
    def pending(self) -> list[str]:
        """Return the ids of the requests that were asked and not answered."""
        return [number for number in self.asked if number not in self.decided]


def read(store: Store, before: frozenset[str]) -> OnDisk:
    """Read the scene's episode: the one that was not there `before`."""
    new = [one for one in store.episodes() if one.id not in before]
    if not new:
        return OnDisk(None, [], [], {})
    events = [record.event for record in store.records(new[0].id)]
    asked = [event.request for event in events if isinstance(event, Asked)]
    decisions = [event.decision for event in events if isinstance(event, Decided)]
    return OnDisk(new[0], events, asked, {one.request: one for one in decisions})


def as_undisturbed(events: Sequence[AnyEvent]) -> list[bytes]:
    """Return the bytes of events as if nobody had had to take the episode up again.

    That somebody did is an event of its own. The numbers of those after it, where an event names
    them, are one higher for each.
    """
    found: list[bytes] = []
    number: dict[int, int] = {}
    for at, event in enumerate(events, 1):
        if isinstance(event, TakenUp):
            continue
        number[at] = len(found) + 1
        if isinstance(event, Found):
            evidence = tuple(number[one] for one in event.finding.evidence)
            finding = replace(event.finding, evidence=evidence)
            found.append(encode(replace(event, finding=finding)))
        elif isinstance(event, EpisodeEnded):
            found.append(encode(replace(event, events=len(found))))
        else:
            found.append(encode(event))
    return found


def broken(
    store: Store, scene: Scene, before: frozenset[str], phases: Sequence[Notes]
) -> list[str]:
    """Return a sentence for each law that does not hold; `phases` are the runs so far."""
    found = [
        f"{episode.id} does not verify: {problem.sentence}"
        for episode in store.episodes()
        for problem in verify(store, episode)
    ]
    there = read(store, before)
    if there.episode is not None:
        wrote = as_undisturbed(there.events)
        if wrote != reference(scene).contents[: len(wrote)]:
            found.append("the chain is no beginning of what an undisturbed run writes")
    for notes in phases:
        found += _acknowledged(there, notes)
        found += [problem for moved in notes.moved for problem in _moved(there, moved, phases)]
    return found


def _acknowledged(there: OnDisk, notes: Notes) -> list[str]:
    """Check that whatever the store acknowledged is there: beginning, askings, answers, end."""
    found = []
    if notes.begun and (there.episode is None or there.episode.id != notes.begun):
        found.append(f"the beginning of {notes.begun} was acknowledged, and is lost")
    if notes.ended and not there.ended:
        found.append("the end was acknowledged, and is lost")
    found += [
        f"{given.request} was asked, and is not written as asked"
        for given in notes.given
        if given.request not in there.asked
    ]
    found += [
        f"the answer to {decision.request} was acknowledged, and is lost"
        for decision in notes.settled
        if _weighty(decision) and there.decided.get(decision.request) != decision
    ]
    return found


def _weighty(decision: Decision) -> bool:
    """Tell whether a decision is on disk before anything follows from it."""
    effective = decision.effective
    grave = effective is not None and _is_grave(effective)
    return grave or decision.by != "policy"


def _is_grave(action: Action) -> bool:
    return action_types()[action.name].stakes is not Stakes.ADVISORY


def _moved(there: OnDisk, moved: Moved, phases: Sequence[Notes]) -> list[str]:
    """Check one change of the world: decided so, on disk, and by who may."""
    step, action, decision = moved
    what = f"{action} at step {step}"
    found = []
    if not decision.approved or decision.effective != action:
        found.append(f"{what} was applied by a decision that does not approve it")
    if _weighty(decision) and there.decided.get(decision.request) != decision:
        found.append(f"{what} was applied, and its decision is not on disk")
    if decision.by != "policy":
        answers = [
            one for notes in phases for one in notes.given if one.request == decision.request
        ]
        if not any(one.kind in APPROVING and one.effective == action for one in answers):
            found.append(f"{what} was applied, and nobody approved it")
    elif _is_grave(action):
        found.append(f"{what} was applied, and nobody was asked")
    return found


def broken_in_the_end(there: OnDisk, scene: Scene, phases: Sequence[Notes]) -> list[str]:
    """Check a chain that was brought to its end: each decision carried out once, and no more."""
    if not there.ended:
        return ["the episode was not brought to its end"]
    found = []
    if len(as_undisturbed(there.events)) != len(reference(scene).contents):
        found.append("the finished chain is shorter than that of an undisturbed run")
    done = [event.transition for event in there.events if isinstance(event, Applied)]
    if [one.step for one in done] != list(range(len(done))):
        found.append("a step was taken twice, or not at all")
    decisions = [event.decision.request for event in there.events if isinstance(event, Decided)]
    if len(decisions) != len(set(decisions)):
        found.append("a request was decided twice")
    for notes in phases:
        steps = [moved.step for moved in notes.moved]
        if len(steps) != len(set(steps)):
            found.append("a world was moved twice at one step")
        found += [
            f"{moved.action} at step {moved.step} was applied, and the chain says otherwise"
            for moved in notes.moved
            if done[moved.step].action != moved.action
        ]
    return found


def broken_by_resuming(pending: Sequence[str], answered: Sequence[str], notes: Notes) -> list[str]:
    """Check one resumed run: nobody is asked again what was answered; what pends is asked first."""
    asked = [given.request for given in notes.given]
    found = [f"{number} was answered, and asked again" for number in asked if number in answered]
    if len(asked) != len(set(asked)):
        found.append("a request was asked twice in one run")
    if pending and asked and asked[0] != pending[0]:
        found.append(f"{pending[0]} was pending, and {asked[0]} was asked instead")
    if notes.ended:
        found += [
            f"{one} was pending, and was never asked again" for one in pending if one not in asked
        ]
    return found
