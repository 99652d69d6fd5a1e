"""Say where an agent stands: its beginning, and every change that counts, one after another.

A demotion only lowers; one of everything takes every scope down with it. A promotion lifts by one
step, from where the agent really stood, for one code, until a time; one of everything lifts only
what has no stage of its own. So adding what nobody signed never makes anybody freer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from oversight.stage_chain import Change
from oversight.stage_file import ANY, Beginning, StageFile
from oversight.stages import EVERYTHING, StageName
from sandbox.events import StageChanged

EXPIRY = "expiry"
"""By whom a stage was left whose time was over."""

OVER = "its time was over"
"""Why it was left."""


class Who(NamedTuple):
    """Name an agent as trust knows it: agent, reward design, and the code of both."""

    agent: str
    reward: str
    code: str

    @property
    def words(self) -> str:
        """Return agent and design as a person reads them."""
        return f"{self.agent} ({self.reward})"


@dataclass(frozen=True)
class Place:
    """Say where an agent stands in one scope.

    Attributes:
        stage: the stage that counts.
        seq: number of the change that brought it there; 0 at its beginning.
        since: when, in seconds since the epoch; 0 at its beginning.
        until: when it ends; 0 where it does not.
        by: who brought it there.
        reason: why.
    """

    stage: StageName
    seq: int = 0
    since: float = 0.0
    until: float = 0.0
    by: str = "file"
    reason: str = "its beginning"


def place_in(changes: Iterable[Change], who: Who, scope: str, file: StageFile, now: float) -> Place:
    """Return where an agent stands in a scope at the time `now`, in seconds since the epoch."""
    return place(changes, who, scope, file.beginning(who.agent, who.reward, scope), now)


def place(changes: Iterable[Change], who: Who, scope: str, begins: Beginning, now: float) -> Place:
    """Return where an agent that begins so stands, after all `changes` that count."""
    found, own, latest = Place(begins.stage), begins.own, 0.0
    for seq, event, fault in changes:
        if fault or not _concerns(event, who, scope):
            continue
        latest = max(latest, event.at)
        found = _expired(found, latest)
        mine = event.scope == scope or not own
        if event.signature:
            if mine and _lifts(event, who, found.stage):
                found = _moved(seq, event)
        elif _lowers(event, found.stage) and (mine or event.by != EXPIRY):
            found = _moved(seq, event)
        own = own or event.scope == scope
    return _expired(found, max(now, latest))


def _concerns(event: StageChanged, who: Who, scope: str) -> bool:
    return (
        event.agent in {who.agent, ANY}
        and event.reward in {who.reward, ANY}
        and event.scope in {scope, EVERYTHING}
    )


def _lifts(event: StageChanged, who: Who, stage: StageName) -> bool:
    """Tell whether a promotion is of this code, by one step from where it really stood, and ends.

    Only trust need end: in the stages below it, people are asked.
    """
    ends = event.until > 0.0 or event.now != StageName.TRUSTED
    return ends and (event.code, event.was, event.now) == (who.code, stage, stage.above)


def _lowers(event: StageChanged, stage: StageName) -> bool:
    """Tell whether what nobody signed takes effect: nothing is lowered to trust.

    Else such a row would take the end of a trust away.
    """
    to = StageName(event.now)
    return to is not StageName.TRUSTED and to.rank <= stage.rank


def _moved(seq: int, event: StageChanged) -> Place:
    """Return where a change brings an agent; only trust ends."""
    stage = StageName(event.now)
    until = event.until if stage is StageName.TRUSTED else 0.0
    return Place(stage, seq, event.at, until, event.by, event.reason)


def _expired(found: Place, now: float) -> Place:
    """Return where trust whose time is over has gone back to, whether or not it was noted yet."""
    if not 0.0 < found.until <= now:
        return found
    stage, since = found.stage.below, found.until
    return replace(found, stage=stage, since=since, until=0.0, by=EXPIRY, reason=OVER)


def scopes_of(changes: Iterable[Change], who: Who, file: StageFile) -> tuple[str, ...]:
    """Return the scopes in which an agent has a stage of its own, everything last."""
    named = [
        one.event.scope
        for one in changes
        if one.event.agent in {who.agent, ANY} and one.event.reward in {who.reward, ANY}
    ]
    own = dict.fromkeys([*file.scopes(who.agent, who.reward), *named])
    return (*(scope for scope in own if scope != EVERYTHING), EVERYTHING)


def places_of(changes: Iterable[Change], who: Who, file: StageFile, now: float) -> dict[str, Place]:
    """Return where an agent stands in each scope in which it has a stage of its own."""
    known = tuple(changes)
    return {scope: place_in(known, who, scope, file, now) for scope in scopes_of(known, who, file)}


def is_due(changes: Iterable[Change], found: Place) -> bool:
    """Tell whether a stage has ended by itself, and the chain does not say so yet."""
    brought = next((one.event.by for one in changes if one.seq == found.seq), EXPIRY)
    return found.by == EXPIRY and brought != EXPIRY
