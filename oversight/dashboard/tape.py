"""Turn a logged episode into scenes: what the operator saw, event by event. Nothing here draws."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import structs

from oversight.analyzer.base import Case
from oversight.compliance import Compliance
from oversight.dashboard.scene import Scene, time_of_day
from oversight.replay import open_replay
from oversight.request import ApprovalRequest
from oversight.stages import StageName, in_words, stages_said
from oversight.wire import COLUMNS, MemberView, OpenView, RequestView
from sandbox.action import Proposal
from sandbox.decision import Decision
from sandbox.errors import ContractError
from sandbox.events import (
    AnyEvent,
    Applied,
    Asked,
    Decided,
    EpisodeEnded,
    EpisodeStarted,
    Finding,
    Found,
    Proposed,
    StageChanged,
    step_of,
)
from sandbox.log import Episode, Store
from sandbox.schema import Stakes
from sandbox.text import printable
from sandbox.world import Preview, World


class Frame(NamedTuple):
    """Hold the episode after one event.

    Attributes:
        event: which happened.
        wall: when, in seconds since the epoch.
        world: drawing.
        request: what was asked and not yet followed by another proposal, or None.
        decision: how it was decided, once it was.
        fault: where the replay parts from its log, if it does here.
    """

    event: AnyEvent
    wall: float
    world: str
    request: ApprovalRequest | None
    decision: Decision | None
    fault: str


class Tape:
    """Hold the frames of one episode and a place in it."""

    def __init__(self, store: Store, episode: Episode, columns: int = COLUMNS) -> None:
        """Run the episode again, and keep a frame for each event, `columns` wide.

        Raises:
            InputError: when the log does not begin with a header, or its task is not installed.
        """
        self.episode = episode
        replay = open_replay(store, episode)
        walls = [record.wall for record in store.records(episode.id)]
        self.frames: list[Frame] = []
        self.at = 0
        self._spec = replay.world.rules.spec  # type: ignore[attr-defined]
        self._max_steps = replay.world.max_steps
        self.findings: list[Finding] = []
        self._shown = ""
        proposal: Proposal | None = None
        request: ApprovalRequest | None = None
        decision: Decision | None = None
        for wall, (event, parted) in zip(walls, replay.walk(), strict=True):
            if isinstance(event, Proposed):
                proposal, request, decision = event.proposal, None, None
            elif isinstance(event, Asked) and proposal is not None:
                request = _request(event, proposal, replay.world, self.findings)
            elif isinstance(event, Decided):
                decision = event.decision
            elif isinstance(event, Found):
                self.findings.append(event.finding)
            elif isinstance(event, EpisodeEnded):
                request, decision = None, None
            fault = parted.sentence if parted else ""
            world = replay.world.render(columns)
            self.frames.append(Frame(event, wall, world, request, decision, fault))
        self.name = str(self.header["name"])

    @property
    def header(self) -> dict[str, Any]:
        """Return what the log says of the episode."""
        first = self.frames[0].event
        return dict(first.header) if isinstance(first, EpisodeStarted) else {}

    @property
    def frame(self) -> Frame:
        """Return the frame of this place."""
        return self.frames[self.at]

    @property
    def step(self) -> int:
        """Return the step of this place."""
        return max(0, step_of(self.frame.event))

    def move(self, by: int) -> None:
        """Go on or back by some events, to the ends at the most."""
        self.at = max(0, min(len(self.frames) - 1, self.at + by))

    def seek(self, step: int) -> bool:
        """Go to what was proposed at a step, the last time; tell whether there is such a step."""
        events = (frame.event for frame in self.frames)
        asked = [
            n for n, one in enumerate(events) if isinstance(one, Proposed) and one.step == step
        ]
        self.at = asked[-1] if asked else self.at
        return bool(asked)

    @property
    def last(self) -> int:
        """Return the last step; -1 where nothing was proposed."""
        asked = (one.event for one in self.frames)
        return max((one.step for one in asked if isinstance(one, Proposed)), default=-1)

    def next_mark(self) -> None:
        """Go to the next decision of a person, or finding; else to the end."""
        rest = range(self.at + 1, len(self.frames))
        found = (n for n in rest if mark(self.frames[n].event) in "DF")
        self.at = next(found, len(self.frames) - 1)

    def mark_before(self) -> None:
        """Go back to the decision of a person, or finding, before; else to the beginning."""
        before = range(self.at - 1, -1, -1)
        self.at = next((n for n in before if mark(self.frames[n].event) in "DF"), 0)

    def show(self, finding: str) -> bool:
        """Go to the last event of the last step that a finding speaks of; tell whether it is here.

        Where the finding was made in that very step, to the moment when it was.
        """
        self._shown = finding
        one = next((one for one in self.findings if one.id == finding), None)
        if one is None:
            return False
        places = range(len(self.frames))
        made = next(n for n in places if _finds(self.frames[n].event, finding))
        step = max(one.steps, default=step_of(self.frames[made].event))
        there = [n for n in places if step_of(self.frames[n].event) == step]
        self.at = made if made in there or not there else there[-1]
        return True

    def found_here(self) -> list[Finding]:
        """Return the findings of this place's step: the one gone to, then the gravest."""
        event = self.frame.event
        here = [
            one
            for one in self.findings
            if max(one.steps, default=-1) == step_of(event) or _finds(event, one.id)
        ]
        return sorted(here, key=lambda one: (one.id != self._shown, -Stakes(one.severity).rank))

    def timeline(self, width: int) -> str:
        """Draw the episode as a line: D decisions, F findings, | this place."""
        cells = ["·"] * max(10, width)
        scale = (len(cells) - 1) / max(1, len(self.frames) - 1)
        for number, frame in enumerate(self.frames):
            letter = mark(frame.event)
            if letter != "·":
                cells[round(number * scale)] = letter
        cells[round(self.at * scale)] = "|"
        return "".join(cells)

    def scene(self) -> Scene:
        """Return what was to be seen at this place."""
        scene = Scene(replay=f"event {self.at + 1} of {len(self.frames)}, step {self.step}")
        compliance = Compliance(Case.of(self._spec))
        stages, steps = stages_said(self.header), 0
        for frame in self.frames[: self.at + 1]:
            scene.hear(self.name, frame.event, time_of_day(frame.wall))
            compliance.observe(frame.event)
            if isinstance(frame.event, Applied):
                steps = frame.event.transition.step + 1
            elif isinstance(frame.event, StageChanged):
                stages[frame.event.scope] = StageName(frame.event.now)
        frame = self.frame
        member = self._member(frame.event, steps, compliance.sentence)
        scene.members[self.name] = structs.replace(member, stage=in_words(stages))
        scene.watched = frame.world
        if frame.request is not None:
            view = RequestView(frame.request, 0, "not kept in the log")
            scene.requests[frame.request.id] = view
        if frame.request is not None and frame.decision is None:
            left = frame.request.deadline
            scene.standings[frame.request.id] = OpenView(frame.request.id, left, 0.0)
        return scene

    def _member(self, event: AnyEvent, steps: int, compliance: str) -> MemberView:
        head = self.header
        ended = isinstance(event, EpisodeEnded)
        return MemberView(
            name=self.name,
            episode=self.episode.id,
            task=f"{head['task']}/{head['setting']}",
            agent=str(head["agent"]),
            reward_design=str(head["reward_design"]),
            containment=str(head["containment"]),
            state=str(event.termination) if isinstance(event, EpisodeEnded) else "replayed",
            steps=steps,
            max_steps=self._max_steps,
            ended=ended,
            compliance=compliance,
            outcome=(event.reward, event.performance) if isinstance(event, EpisodeEnded) else None,
        )


def _finds(event: AnyEvent, finding: str) -> bool:
    return isinstance(event, Found) and event.finding.id == finding


def mark(event: AnyEvent) -> str:
    """Return the letter of an event on the timeline."""
    if isinstance(event, Found):
        return "F"
    person = isinstance(event, Decided) and event.decision.asked
    return "D" if person else "·"


def how_decided(decision: Decision) -> str:
    """Say how a request was decided, and how long the operator took."""
    audit = dict(decision.audit)
    took = f" after {audit['seconds_since_asked']} s" if "seconds_since_asked" in audit else ""
    shown = f" (card open {audit['seconds_open']} s)" if "seconds_open" in audit else ""
    why = f": {printable(decision.reason)}" if decision.reason else ""
    return f"{decision.kind} by {printable(decision.by)}{took}{shown}{why}"


def _request(
    event: Asked, proposal: Proposal, world: World[Any], findings: list[Finding]
) -> ApprovalRequest:
    """Rebuild what was asked, with the dry run of that very state."""
    try:
        preview = world.preview(proposal.action)
    except ContractError:
        preview = Preview(proposal.action, ())
    return ApprovalRequest(
        id=event.request,
        agent=proposal.agent,
        proposal=proposal,
        action_type=world.action_types[proposal.action.name],
        stakes=Stakes(event.stakes),
        rule=event.rule,
        deadline=event.deadline,
        preview=preview,
        budgets=("not kept in the log",),
        scopes=tuple(use.scope for use in world.requirements(proposal.action)),
        findings=tuple(one for one in findings if one.id in event.findings),
    )
