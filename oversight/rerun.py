"""Read from an episode's header what it takes to run it again."""

from __future__ import annotations

import msgspec

from oversight.overseer import Overseer, make_overseer
from oversight.policy import ApprovalPolicy, Rule, load_policy
from oversight.run import Plan
from oversight.stage_file import StageFile, stage_rows
from sandbox.confine.levels import Level, Mode
from sandbox.errors import InputError
from sandbox.events import AnyEvent, Header
from sandbox.log import Episode, Store
from sandbox.permissions import Grant, Permissions
from sandbox.verify import verify
from tasks import load


def plan_of(header: Header, name: str) -> Plan:
    """Return the plan by which an episode of this header is run again, under another name.

    Raises:
        InputError: naming what the header lacks.
    """
    needed = ("task", "setting", "agent", "reward_design", "seed", "containment")
    missing = [key for key in needed if key not in header]
    if missing:
        raise InputError(f"the header does not say how to run it again: no {', '.join(missing)}")
    return Plan(
        task=str(header["task"]),
        setting=str(header["setting"]),
        agent=str(header["agent"]),
        reward=str(header["reward_design"]),
        seed=int(str(header["seed"])),
        name=name,
        confine=Mode.NONE if header["containment"] == Level.NONE else Mode.AUTO,
        in_process=header["containment"] == Level.IN_PROCESS,
    )


def grants_of(header: Header) -> Permissions:
    """Return the grants that a header states; the setting's own where it states none."""
    if "grants_json" not in header:
        return load(str(header["task"]), str(header["setting"])).permissions()
    text = str(header["grants_json"])
    return Permissions(msgspec.json.decode(text, type=dict[str, Grant]))


def stages_of(header: Header) -> StageFile | None:
    """Return the rows of stages that a header states; None where there were no stages."""
    rows = header.get("stage_rows")
    return stage_rows(rows) if isinstance(rows, list) else None


def policy_of(header: Header) -> ApprovalPolicy:
    """Return the approval policy that a header states; the usual one where it states none."""
    rules = header.get("rules")
    if not isinstance(rules, list):
        return load_policy()
    return ApprovalPolicy(tuple(Rule.model_validate_json(rule) for rule in rules))


OLD_NAMES = {"scripted:scripted": "scripted", "scripted:watchful": "watchful"}
"""How overseers are made that headers of old name, but do not say how to make."""


def overseer_of(header: Header) -> Overseer:
    """Return the overseer that a header states, as new.

    Raises:
        InputError: when that was a person, or the header does not say how to make another.
    """
    name = str(header.get("overseer", ""))
    reference = str(header.get("overseer_as", OLD_NAMES.get(name, "")))
    if name == "human":
        raise InputError("its overseer was a person: name another with --overseer")
    if not reference:
        raise InputError(
            f"its header does not say how its overseer {name!r} was made: name one with --overseer"
        )
    return make_overseer(reference, int(str(header.get("seed", 0))))


def whole_events(store: Store, episode: Episode) -> list[AnyEvent]:
    """Return all events of an episode; of a forged one nothing is run again, and sealed anew.

    Raises:
        InputError: when its log is not whole.
        StoreError: when it cannot be read.
    """
    if problems := verify(store, episode):
        first = problems[0]
        raise InputError(
            f"the log of episode {episode.id} is not whole (event {first.seq}: {first.sentence}); "
            "`offswitch verify` says all; nothing was changed"
        )
    return [record.event for record in store.records(episode.id)]
