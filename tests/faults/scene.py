"""Play one governed episode on any store, and note outside the store what really happened."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from oversight.request import Answer, ApprovalRequest
from oversight.run import Plan, Stage, open_session
from oversight.session import Session, run_episode
from sandbox.action import Action
from sandbox.chance import Chance
from sandbox.clock import ManualClock
from sandbox.decision import Decision, DecisionKind
from sandbox.episode_log import EpisodeLog
from sandbox.events import AnyEvent, Decided
from sandbox.log import Store
from sandbox.schema import ActionType
from sandbox.timestep import Transition
from tasks import load

TASK = "flight_booking/bos-feb"
POLICY = Path(__file__).with_name("asking.toml")
PAGES = 1000
"""Pages of SQLite's log after which it goes over into the store's file, if nobody says other."""

SHARES = (
    (0.5, DecisionKind.APPROVE),
    (0.7, DecisionKind.EDIT),
    (0.9, DecisionKind.VETO),
    (1.0, DecisionKind.EXPIRE),
)
"""How often a person says what, as a running sum."""


class Given(NamedTuple):
    """Hold one answer at the moment when it was given."""

    request: str
    kind: DecisionKind
    effective: Action | None


class Moved(NamedTuple):
    """Hold one change of the world at the moment when it was made."""

    step: int
    action: Action
    decision: Decision


@dataclass
class Notes:
    """Note what persons said and what the world did, apart from any store.

    Attributes:
        given: answers, in order.
        moved: what the world was made to do by a decision, in order.
        settled: decisions whose writing was acknowledged.
        begun: id of the episode; empty until its beginning was acknowledged.
        ended: whether the end was acknowledged.
    """

    given: list[Given] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    settled: list[Decision] = field(default_factory=list)
    begun: str = ""
    ended: bool = False


class Person:
    """Answer as a person would who always answers the same request the same way."""

    name = "person"

    def __init__(self, seed: int, notes: Notes) -> None:
        """Draw answers by `seed`, and note each."""
        self._chance, self._notes = Chance(seed), notes
        self.session: Session | None = None

    def answer(self, request: ApprovalRequest) -> Answer:
        """Approve, edit, veto, or let the request expire."""
        draw = self._chance.uniform(int(request.id[2:]), "answer")
        kind = next(kind for upto, kind in SHARES if draw < upto)
        edited = self._instead(request) if kind is DecisionKind.EDIT else None
        if kind is DecisionKind.EDIT and edited is None:
            kind = DecisionKind.APPROVE
        effective = edited or (request.proposal.action if kind is DecisionKind.APPROVE else None)
        self._notes.given.append(Given(request.id, kind, effective))
        by = "deadline" if kind is DecisionKind.EXPIRE else "operator:kim"
        return Answer(kind, by, request.digest, f"it is {kind}", edited)

    def _instead(self, request: ApprovalRequest) -> Action | None:
        """Return another action of the same name that is possible now."""
        assert self.session is not None
        world, wanted = self.session.world, request.proposal.action
        possible = (one for one in world.rules.actions(world.state) if one.name == wanted.name)
        return next((one for one in possible if one != wanted), None)


class Scene(NamedTuple):
    """Name one short episode."""

    agent: str
    seed: int


SCENES = tuple(
    Scene(agent, seed)
    for agent, seed in (
        ("greedy", 3),
        ("greedy", 20),
        ("greedy", 22),
        ("greedy", 41),
        ("compliant", 3),
        ("compliant", 20),
    )
)
"""Each holds an approval, an edit, a veto, an expiry, and what nobody is asked about."""


def watch(session: Session, notes: Notes) -> None:
    """Note each change of the world, and each decision that the store has acknowledged."""
    apply, publish = session.world.apply, session.publish

    def outward(action: Action, decision: Decision) -> Transition:
        notes.moved.append(Moved(session.world.step, action, decision))
        return apply(action, decision)

    def published(event: AnyEvent) -> None:
        if isinstance(event, Decided):
            notes.settled.append(event.decision)
        publish(event)

    session.world.apply = outward  # type: ignore[method-assign]
    session.publish = published


def play(scene: Scene, store: Store, notes: Notes, pages: int = PAGES) -> None:
    """Run the scene's episode to its end; a log of `pages` pages is brought into the store's file.

    Raises:
        StoreError: when it could not be written; nothing more was done.
    """
    person = Person(scene.seed, notes)
    plan = Plan(TASK, agent=scene.agent, seed=scene.seed, in_process=True, policy=POLICY)
    session = open_session(plan, Stage(store, person))
    follow(session, person, notes, pages)


def follow(session: Session, person: Person, notes: Notes, pages: int) -> None:
    """Run an open session to its end, and note what happens.

    Raises:
        StoreError: when it could not be written; nothing more was done.
    """
    person.session = session
    notes.begun = session.log.episode
    log = session.log if isinstance(session.log, EpisodeLog) else session.log._log  # type: ignore[attr-defined]
    log._db.conn.execute(f"PRAGMA wal_autocheckpoint={pages}")
    watch(session, notes)
    run_episode(session)
    notes.ended = True


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder in memory where there is one: thousands of small files are written."""
    memory = Path("/dev/shm")
    root = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=root) as name:
        yield Path(name).resolve()


@functools.cache
def action_types() -> Mapping[str, ActionType]:
    """Return what can be done in the scenes."""
    return load(TASK).spec.action_types


def contents(store: Store, episode: str) -> list[bytes]:
    """Return the bytes of an episode's events."""
    return [record.content.encode() for record in store.records(episode)]


@dataclass(frozen=True)
class Reference:
    """Hold what a run that nothing disturbs writes.

    Attributes:
        contents: the bytes of its events.
        given: what the person answered, in order.
    """

    contents: list[bytes]
    given: list[Given]


@functools.cache
def reference(scene: Scene) -> Reference:
    """Play the scene undisturbed, on an ordinary disk."""
    notes = Notes()
    with folder() as place:
        store = Store(place / "offswitch.db", clock=ManualClock())
        play(scene, store, notes)
        found = Reference(contents(store, notes.begun), notes.given)
        store.close()
    return found
