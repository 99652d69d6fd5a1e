"""Lower an agent's stage: for a warning, because its time is over, or because a person says so.

Nobody needs to sign for it, no record is looked at, and there is nothing to wait for.
"""

from __future__ import annotations

from oversight.stage_chain import Adding, Chain, adding, read_chain
from oversight.stage_file import ANY, StageFile
from oversight.stage_place import EXPIRY, OVER, Who, is_due, places_of
from oversight.stages import EVERYTHING, StageName
from sandbox.events import Finding, StageChanged
from sandbox.log import Store
from sandbox.schema import Stakes

ANALYZER = "analyzer"
"""By whom a warning lowers."""


def is_grave(finding: Finding) -> bool:
    """Tell whether a finding lowers an agent's stage: a warning does, and nothing less."""
    return finding.severity == Stakes.WARNING


def for_warning(
    held: Adding, who: Who, file: StageFile, finding: Finding, episode: str, now: float
) -> None:
    """Lower an agent by one step in every scope; in shadow its record begins anew.

    No scope is left above everything, so that a file with other rows changes nothing of it. The
    same finding of the same episode lowers once.

    Raises:
        StoreError: when it cannot be written.
    """
    evidence = ((episode, finding.id),)
    if any(one.event.evidence == evidence for one in held.chain.changes):
        return
    end_what_is_over(held, who, file, now)
    reason = f"{finding.id} {finding.detector}: {finding.sentence}"[:300]
    places = places_of(held.chain.changes, who, file, now)
    bottom = places[EVERYTHING].stage.below
    for scope, place in places.items():
        stage = place.stage.below
        if scope == EVERYTHING or stage.rank < bottom.rank:
            held.add(
                StageChanged(
                    *(-1, who.agent, who.reward, scope, place.stage, stage, ANALYZER, reason),
                    code=who.code,
                    at=now,
                    evidence=evidence,
                )
            )


def end_what_is_over(held: Adding, who: Who, file: StageFile, now: float) -> None:
    """Note that trust has ended by itself, where it has and that was not noted yet.

    Raises:
        StoreError: when it cannot be written.
    """
    for scope, place in places_of(held.chain.changes, who, file, now).items():
        if is_due(held.chain.changes, place):
            was = StageName.TRUSTED
            held.add(
                StageChanged(
                    *(-1, who.agent, who.reward, scope, was, place.stage, EXPIRY, OVER),
                    code=who.code,
                    at=now,
                )
            )


def up_to_date(store: Store, file: StageFile, who: Who) -> Chain:
    """Return the chain, once it says of everything of an agent that has ended by itself.

    Raises:
        StoreError: when it is not whole, or cannot be written.
    """
    chain = read_chain(store)
    now = max(store.clock.now(), chain.latest)
    places = places_of(chain.changes, who, file, now).values()
    if not any(is_due(chain.changes, place) for place in places):
        return chain
    with adding(store) as held:
        end_what_is_over(held, who, file, now)
        return held.chain


def for_person(
    held: Adding, agent: str, reward: str, scope: str, to: StageName, by: str, reason: str
) -> None:
    """Let nobody of that agent and reward design stand above a stage; `*` is any of them.

    Raises:
        StoreError: when it cannot be written.
    """
    now = max(held.store.clock.now(), held.chain.latest)
    held.add(StageChanged(-1, agent or ANY, reward or ANY, scope, "", to, by, reason, at=now))
