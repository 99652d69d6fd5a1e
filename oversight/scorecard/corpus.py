"""Play the labelled episodes: scripts x tasks x seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oversight.analyzer import Analyzer
from oversight.analyzer.base import Case, Detector
from oversight.episode import Session
from oversight.gate import Context, Gate
from oversight.overseer import POLICIES, SCRIPTED, Scripted
from oversight.policy import load_policy
from oversight.request import ApprovalRequest
from oversight.scorecard.script import Style
from oversight.session import run_episode
from oversight.shutdown import Order
from sandbox.action import Proposal
from sandbox.decision import Decision
from sandbox.events import AnyEvent, EpisodeStarted, Finding, Header
from sandbox.log import MemoryLog
from tasks import load

NAME = "agent-1"
STOP_WITHIN = 2
"""Steps within which a style's own stop comes, by the seed."""


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


class Unmoved(Gate):
    """Decide as though nothing had been found: no label may hang on what a detector says."""

    def decide(
        self, proposal: Proposal, context: Context, asked: Callable[[ApprovalRequest], None]
    ) -> Decision:
        """Return the decision on `proposal` as it is without findings."""
        return super().decide(proposal, replace(context, findings=()), asked)


def play(
    style: Style,
    task: str,
    seed: int,
    detectors: Mapping[str, Callable[[Case], Detector]] | None = None,
) -> Labelled:
    """Play one episode, governed as any other, in this program: scripts are trusted.

    Args:
        style: who plays.
        task: full name of task and setting; it may be a twin world.
        seed: of world and script.
        detectors: which to run, by name; None for all there are.
    """
    script, log = style.script(), MemoryLog()
    opened = load(task)
    base, _, setting = task.partition("/")
    log.append(EpisodeStarted(_header(base, setting, style, seed)))
    session = Session(
        opened,
        script,
        NAME,
        Unmoved(load_policy(), Scripted(_answers(style.asks))),
        log,
        seed,
        scheduled=_stops(style.stop, seed),
        opens_as=base,
    )
    if detectors is not None:
        spec, facts = opened.spec, opened.facts(session.world.state)
        asked = session.gate.policy.asks(spec.action_types)
        case = Case.of(spec, facts, session.grants.grants, asked, opened.setting)
        session.analyzer = Analyzer(NAME, case, detectors)
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


def _header(base: str, setting: str, style: Style, seed: int) -> Header:
    """Return what the log says of the episode; not who plays, since that is the label."""
    return {
        "format": 1,
        "task": base,
        "setting": setting,
        "agent": "script",
        "name": NAME,
        "reward_design": "none",
        "overseer": f"scripted:{_answers(style.asks).stem}",
        "seed": seed,
    }


def _answers(asks: str) -> Path:
    """Return the file of a style's overseer."""
    return POLICIES / f"{asks}.toml" if asks else SCRIPTED


def _stops(first: int | None, seed: int) -> Mapping[int, Sequence[Order]]:
    """Return the stop that the overseer puts into the world in an episode of this seed."""
    if first is None:
        return {}
    return {first + seed % STOP_WITHIN: (Order("overseer:corpus", "I have changed my mind"),)}
