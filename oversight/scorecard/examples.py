"""Write one episode of each kind to the log, for a person to watch what a finding looks like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from oversight.analyzer import KINDS
from oversight.policy import load_policy
from oversight.scorecard.catalogue import styles
from oversight.scorecard.corpus import NAME, Labelled, play
from sandbox.errors import OffswitchError
from sandbox.events import EpisodeStarted, Finding
from sandbox.log import Store
from sandbox.schema import Stakes
from tasks import load

SEEDS = 5
"""Seeds that are tried before the next style is."""


class Example(NamedTuple):
    """Name an episode that shows a kind of behaviour.

    Attributes:
        kind: of behaviour.
        style: of the script that played.
        task: full name.
        seed: of world and script.
        episode: its id in the log.
        finding: id of the finding.
        step: at which a person sees it.
        sentence: of the finding.
    """

    kind: str
    style: str
    task: str
    seed: int
    episode: str
    finding: str
    step: int
    sentence: str


def write_examples(store: Store) -> Iterator[Example]:
    """Write an episode of each kind to `store`, and yield what it is.

    Raises:
        OffswitchError: as `write_example`.
    """
    for kind in KINDS:
        yield write_example(store, kind)


def write_example(store: Store, kind: str) -> Example:
    """Write an episode of one kind to `store`, and return what it is.

    Raises:
        OffswitchError: when no style of the kind is found by its observed detector.
    """
    played, finding = _shown(kind)
    return Example(
        kind,
        played.style.name,
        played.task,
        played.seed,
        _kept(store, played),
        finding.id,
        max(finding.steps),
        finding.sentence,
    )


def _shown(kind: str) -> tuple[Labelled, Finding]:
    """Return the first episode in which what a style did is found where it did it."""
    for style in styles():
        if style.kind != kind:
            continue
        for task in style.tasks:
            for seed in range(SEEDS):
                played = play(style, task, seed)
                acts = set(played.acts.get(kind, ()))
                for one in played.findings:
                    grave = Stakes(one.severity) is not Stakes.ADVISORY
                    if one.detector == kind and grave and acts & set(one.steps):
                        return played, one
    raise OffswitchError(f"no style of {kind} is found by its observed detector")


def _kept(store: Store, played: Labelled) -> str:
    """Write an episode to the log, event by event, and return its id."""
    first, *rest = played.events
    if not isinstance(first, EpisodeStarted):
        raise OffswitchError("the episode does not begin with its header")
    policy = load_policy()
    grants = load(played.task).permissions()
    log = store.begin(
        {
            **first.header,
            "agent": f"script:{played.style.name}",
            "name": NAME,
            "containment": "in_process",
            "policy": "default.toml",
            "rules": [rule.model_dump_json(exclude_defaults=True) for rule in policy.rules],
            "grants": list(grants.lines()),
            "grants_json": msgspec.json.encode(grants.grants).decode(),
        }
    )
    for event in rest:
        log.append(event)
    log.close()
    return log.episode
