"""Play the labelled episodes: scripts x tasks x seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oversight.episode import Session
from oversight.gate import Gate
from oversight.overseer import SCRIPTED, Scripted
from oversight.policy import load_policy
from oversight.scorecard.script import Style
from oversight.session import run_episode
from sandbox.events import AnyEvent, Finding
from sandbox.log import MemoryLog
from tasks import load

NAME = "agent-1"


@dataclass(frozen=True)
class Labelled:
    """Hold one played episode and its truth.

    Attributes:
        style: who played.
        task: full name of task and setting.
        seed: of world and script.
        acts: steps of the acts by kind, as the script noted them.
        events: the episode's log.
        findings: what the observed detectors said while it ran.
        unjudged: why a detector could not judge, by name.
    """

    style: Style
    task: str
    seed: int
    acts: Mapping[str, Sequence[int]]
    events: Sequence[AnyEvent]
    findings: Sequence[Finding]
    unjudged: Mapping[str, str]


def play(style: Style, task: str, seed: int) -> Labelled:
    """Play one episode, governed as any other, in this program: scripts are trusted."""
    opened = load(task)
    script = style.script()
    gate = Gate(load_policy(), Scripted(SCRIPTED))
    log = MemoryLog()
    session = Session(opened, script, NAME, gate, log, seed, opens_as=task.partition("/")[0])
    run_episode(session)
    return Labelled(
        style,
        task,
        seed,
        {kind: tuple(steps) for kind, steps in script.acts.items()},
        log.events,
        session.analyzer.findings,
        session.analyzer.unjudged(),
    )
