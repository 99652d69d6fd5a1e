"""Go to a step of an episode: the world before it, what was proposed, asked, decided and done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from oversight.replay import open_replay
from oversight.transcript import line
from sandbox.action import Value
from sandbox.errors import InputError
from sandbox.events import (
    AnyEvent,
    Applied,
    Asked,
    Decided,
    EpisodeEnded,
    EpisodeStarted,
    Found,
    Proposed,
    ShutDown,
)
from sandbox.log import Episode, Store
from sandbox.text import printable


@dataclass
class Sought:
    """Hold a step; where it was rolled back and taken again, the last time.

    Attributes:
        step: its number.
        last: number of the last step of the episode.
        times: how often it was begun.
        world: as it was drawn before the step.
        facts: the world in words, as the overseer may see it.
        events: what happened at the step, from what operators ordered before it on.
        parted: where the replay parts from the log by the end of the step; empty where it does not.
    """

    step: int
    last: int = -1
    times: int = 0
    world: str = ""
    facts: dict[str, Value] = field(default_factory=dict)
    events: list[AnyEvent] = field(default_factory=list)
    parted: str = ""


def seek(store: Store, episode: Episode, step: int, columns: int) -> Sought:
    """Replay an episode up to a step, and draw the world before it in `columns`.

    Raises:
        InputError: when the episode has no such step.
    """
    replay = open_replay(store, episode)
    found, here = Sought(step), False
    between: list[AnyEvent] = []
    parted = ""
    for event, divergence in replay.walk():
        parted = parted or (divergence.sentence if divergence else "")
        if isinstance(event, Proposed):
            found.last, here = max(found.last, event.step), event.step == step
            if here:
                found.times += 1
                found.world = replay.world.render(columns)
                found.facts = dict(replay.world.rules.facts(replay.world.state))
                found.events = [*between, event]
            between = []
        elif isinstance(event, Asked | Decided | Applied | Found | ShutDown):
            found.events += [event] if here else []
        elif not isinstance(event, EpisodeStarted | EpisodeEnded):
            between.append(event)
        if here:
            found.parted = parted
    if not found.times:
        steps = f"it has steps 0 to {found.last}" if found.last >= 0 else "nothing was proposed"
        raise InputError(f"episode {episode.id} has no step {step}: {steps}")
    return found


def lines(found: Sought) -> Iterator[str]:
    """Yield a step in words; what the agent says is escaped, and labelled as claims."""
    again = f", begun {found.times} times" if found.times > 1 else ""
    yield f"step {found.step} of 0 to {found.last}{again}; the world before it:"
    yield ""
    yield from found.world.splitlines()
    yield ""
    for event in found.events:
        if text := line(event):
            yield text
        if isinstance(event, Proposed):
            yield from _claims(event)
        elif isinstance(event, Decided) and not text:
            yield f"      allowed by rule {printable(event.decision.rule)!r} of the policy"
    if found.parted:
        yield f"the replay parts from its log: {found.parted}"


def _claims(event: Proposed) -> Iterator[str]:
    said = event.proposal
    for label, words in (
        ("it says why (a claim)", said.rationale),
        ("it says this will change (a claim)", said.claimed_effect),
        ("if stopped (a claim)", said.if_interrupted),
    ):
        if words:
            yield f"      {label}: {printable(words)}"


def record(found: Sought) -> dict[str, object]:
    """Return a step as one JSON-ready object."""
    return {
        "step": found.step,
        "last": found.last,
        "times": found.times,
        "world": found.world,
        "facts": found.facts,
        "events": msgspec.to_builtins(found.events),
        "parted": found.parted,
    }
