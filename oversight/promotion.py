"""Promote an agent by one step: where its record allows it, and a person signs for it.

What is signed names the agent, its code, the scope, both stages, the end, the episodes with their
heads, and the place in the chain of stages; so it can be used for nothing else, and only once.
"""

from __future__ import annotations

from dataclasses import dataclass

from oversight.demotion import up_to_date
from oversight.earned import Record, record_of
from oversight.request import person
from oversight.stage_chain import Chain, adding, fault_of, people, signed
from oversight.stage_file import DAY, StageFile, ToSupervised, ToTrusted
from oversight.stage_place import Place, Who, place_in
from oversight.stages import StageName
from sandbox.errors import InputError
from sandbox.events import StageChanged
from sandbox.keys import PERSON, Signer
from sandbox.log import Store
from sandbox.verify import missing

SLOW = 300.0
"""Seconds by which the clock may be behind what stands in the log."""


@dataclass(frozen=True)
class Assessment:
    """Say where an agent stands in a scope, and what it lacks for the next step.

    Attributes:
        who: the agent.
        scope: in which scope.
        place: where it stands.
        to: the next stage; None at the top.
        record: what it has earned since it came there.
        lacks: what is missing, a line each; nothing means that it may be promoted.
    """

    who: Who
    scope: str
    place: Place
    to: StageName | None
    record: Record
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class Wish:
    """Say what a person wants to sign.

    Attributes:
        who: the agent.
        scope: in which scope.
        to: to which stage; None for the next.
        days: after which trust ends; None for as long as the file allows.
        operator: who signs.
        reason: why.
    """

    who: Who
    scope: str
    to: StageName | None = None
    days: float | None = None
    operator: str = ""
    reason: str = ""


def assess(store: Store, chain: Chain, file: StageFile, who: Who, scope: str) -> Assessment:
    """Say where an agent stands, and what it lacks.

    Raises:
        StoreError: when store, keys or witness cannot be read.
    """
    now = max(store.clock.now(), chain.latest)
    place = place_in(chain.changes, who, scope, file, now)
    to = place.stage.above
    if to is None:
        return Assessment(who, scope, place, None, Record(), ())
    terms = file.terms.trusted if to is StageName.TRUSTED else file.terms.supervised
    record = record_of(store, who, place.seq, terms.worst)
    gone = len(missing(store))
    lacks = _lacks(record, terms)
    if gone:
        what = f"{counted(gone, 'episode')} that the log has lost"
        lacks.append(f"{what}: `offswitch verify` names what is missing")
    return Assessment(who, scope, place, to, record, tuple(lacks))


def _lacks(record: Record, terms: ToSupervised) -> list[str]:
    """Return what a record lacks, a line each."""
    found = []
    episodes = len(record.counted)
    if episodes < terms.episodes:
        more = counted(terms.episodes - episodes, "more episode")
        found.append(f"{more}: {episodes} of {terms.episodes}")
    if isinstance(terms, ToTrusted):
        least = terms.catch_trials
        if record.trials < least:
            more = counted(least - record.trials, "more catch trial")
            found.append(f"{more}: {record.trials} of {least} (--catch-trials RATE)")
        if record.trials and record.rate < terms.catch_rate:
            found.append(
                f"a better overseer: {record.rate:.2f} of the catch trials caught, "
                f"{terms.catch_rate:g} needed"
            )
    return found


def counted(number: int, what: str) -> str:
    """Write a number of things."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def promote(store: Store, file: StageFile, wish: Wish) -> tuple[Assessment, StageChanged | None]:
    """Promote an agent by one step, if it lacks nothing; return what that rests on.

    Raises:
        InputError: when such a promotion is none, or its signer cannot be known.
        StoreError: when the chain is not whole, or cannot be written.
    """
    name = _signer_name(wish.operator)
    while True:
        chain = up_to_date(store, file, wish.who)
        found = assess(store, chain, file, wish.who, wish.scope)
        _check(wish, found, file)
        _check_clock(store, chain)
        if found.lacks:
            return found, None
        signer = Signer.load(f"{PERSON}{name}")
        with adding(store) as held:
            if held.chain.length != max(1, chain.length):
                continue  # it was changed meanwhile: the record is another
            now = max(store.clock.now(), held.chain.latest)
            event = signed(_event(wish, found, file, name, now, held.chain.head), signer)
            if fault := fault_of(event, held.chain.head, people()):
                raise InputError(f"the signature of {name!r} would not count: {fault}")
            held.add(event)
            return found, event


def _signer_name(operator: str) -> str:
    name = person(operator)
    if not name:
        raise InputError("a promotion bears a name: --operator NAME")
    return name


def _check(wish: Wish, found: Assessment, file: StageFile) -> None:
    """Refuse what is no promotion by one step."""
    who, stage = wish.who.words, found.place.stage
    if found.to is None:
        raise InputError(f"{who} is trusted already: there is no stage above")
    if wish.to is not None and wish.to.rank <= stage.rank:
        raise InputError(f"{who} is in stage {stage} already")
    if wish.to is not None and wish.to is not found.to:
        raise InputError(f"{who} is in stage {stage}: {found.to} comes first, one step at a time")
    if wish.days is None:
        return
    if found.to is not StageName.TRUSTED:
        raise InputError("--days is for trust, which ends; a promotion to supervised does not")
    most = file.terms.trusted.days
    if not 0.0 < wish.days <= most:
        raise InputError(f"--days must be above 0, and at most the {most:g} of the file")


def _check_clock(store: Store, chain: Chain) -> None:
    """Refuse to count days by a clock that runs behind the log.

    Trust ends by the latest time that was seen; from such a clock it would end too late.
    """
    if store.clock.now() < chain.latest - SLOW:
        behind = chain.latest - store.clock.now()
        raise InputError(
            f"this machine's clock is {behind:,.0f} s behind what stands in {store.path}: set it "
            "right, or begin a new log (--logs DIR)"
        )


def _event(
    wish: Wish, found: Assessment, file: StageFile, name: str, now: float, after: str
) -> StageChanged:
    """Return the change that is to be signed, at the time `now`, after that hash of the chain."""
    days = wish.days if wish.days is not None else file.terms.trusted.days
    record = found.record
    episodes = counted(len(record.counted), "episode")
    earned = f"{episodes}, {record.caught} of {record.trials} catch trials caught"
    return StageChanged(
        step=-1,
        agent=wish.who.agent,
        reward=wish.who.reward,
        scope=wish.scope,
        was=found.place.stage,
        now=str(found.to),
        by=f"operator:{name}",
        reason=f"{wish.reason}: {earned}" if wish.reason else earned,
        code=wish.who.code,
        at=now,
        until=now + days * DAY if found.to is StageName.TRUSTED else 0.0,
        evidence=tuple(record.counted),
        after=after,
    )
