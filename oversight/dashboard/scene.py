"""Hold what the screens draw: the kernel's state as last heard, or a moment of a replay."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from oversight.link import Link
from oversight.transcript import line
from oversight.wire import (
    MemberView,
    News,
    OpenView,
    Poll,
    RequestView,
    StandingView,
)
from oversight.workload import Figures
from sandbox.decision import Decision
from sandbox.errors import OffswitchError
from sandbox.events import AnyEvent, CatchTrial, Decided, Finding, Found, Proposed
from sandbox.text import printable

FEED = 10_000
"""Lines of the feed that are kept."""

COMPARES = "FORK has ended: E lists it, c there compares it with its parent"


@dataclass
class Scene:
    """Hold one moment.

    Attributes:
        members: every agent by name.
        requests: the open ones by id, in the order of the queue.
        standings: how each of them stands.
        feed: lines, the latest last; `lines` counts all there ever were.
        findings: with the agent's name.
        decisions: by request id.
        trials: catch trials, told after the run.
        figures: the overseer's workload.
        grants: standing grants.
        consoles: who sits at one.
        paused: an operator has stopped the time of requests.
        watched: drawing of the chosen world.
        replay: where a replay stands; empty when this is live.
    """

    members: dict[str, MemberView] = field(default_factory=dict)
    requests: dict[str, RequestView] = field(default_factory=dict)
    standings: dict[str, OpenView] = field(default_factory=dict)
    feed: deque[str] = field(default_factory=lambda: deque(maxlen=FEED))
    lines: int = 0
    findings: list[tuple[str, Finding]] = field(default_factory=list)
    decisions: dict[str, Decision] = field(default_factory=dict)
    trials: list[CatchTrial] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)
    grants: tuple[StandingView, ...] = ()
    consoles: tuple[str, ...] = ()
    paused: bool = False
    watched: str = ""
    replay: str = ""

    def hear(self, name: str, event: AnyEvent, stamp: str) -> None:
        """Take in one event, and write its line into the feed."""
        if isinstance(event, Found):
            self.findings.append((name, event.finding))
        elif isinstance(event, Decided):
            self.decisions[event.decision.request] = event.decision
        elif isinstance(event, CatchTrial):
            self.trials.append(event)
        routine = isinstance(event, Proposed) and not event.refused
        if not routine and (text := line(event)):
            self.write(f"{stamp}  {name:<11} {text.strip()}")

    def write(self, text: str) -> None:
        """Write one line into the feed."""
        self.feed.append(text)
        self.lines += 1

    def left(self, request: str) -> float | None:
        """Return the seconds until a request expires; None when it does not."""
        standing = self.standings.get(request)
        return standing.left if standing else None


class Mirror:
    """Keep a scene in step with a kernel."""

    def __init__(self, link: Link, console: str) -> None:
        """Ask over `link`, as the console of that id."""
        self.link = link
        self.scene = Scene()
        self.gone = ""
        self._console = console
        self._events = self._serial = self._tick = 0

    def fetch(self, operator: str, watch: str, columns: int) -> News | None:
        """Ask what is new; None when the kernel does not answer. Any thread may call."""
        try:
            have = (self._events, self._serial)
            news = self.link.call(Poll(self._console, operator, *have, watch, columns))
        except OffswitchError as error:
            self.gone = str(error)
            return None
        self.gone = ""
        return news if isinstance(news, News) else None

    def take(self, news: News) -> None:
        """Bring the scene up to date; what was taken already is not taken twice."""
        scene = self.scene
        if news.tick < self._tick:
            return
        self._tick = news.tick
        for item in news.items:
            if item.number > self._events:
                scene.hear(item.agent, item.event, time_of_day(item.wall))
        self._events = max(self._events, news.events)
        for one in news.members:
            before = scene.members.get(one.name)
            if one.compliance and (before is None or before.compliance != one.compliance):
                scene.write(f"{'':8}  {one.name:<11} STOP: {one.compliance}")
            if one.fault and (before is None or not before.fault):
                scene.write(f"{'':8}  {one.name:<11} FAULT: {printable(one.fault)}")
            if one.parent and one.ended and not (before and before.ended):
                scene.write(f"{'':8}  {one.name:<11} {COMPARES}")
        scene.members = {one.name: one for one in news.members}
        known = scene.requests | {one.request.id: one for one in news.requests}
        self._serial = max(self._serial, *(one.serial for one in news.requests), 0)
        scene.requests = {one.id: known[one.id] for one in news.open if one.id in known}
        scene.standings = {one.id: one for one in news.open}
        scene.figures, scene.grants = news.figures, news.standing
        scene.consoles, scene.paused, scene.watched = news.consoles, news.paused, news.watched


def time_of_day(wall: float) -> str:
    """Write the time of day, UTC, from seconds since the epoch."""
    second = int(wall)
    return f"{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
