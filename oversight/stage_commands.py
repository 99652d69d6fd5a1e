"""Carry out `stages`, `promote` and `demote`; imported only once one is chosen."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import Any

from agents.code import code_of
from agents.registry import check_agent
from agents.rewards import load_design
from oversight import promotion
from oversight.commands import DONE, FAILED, print_rows, store_of
from oversight.demotion import for_person
from oversight.earned import Record, header_of
from oversight.flags import stages_of
from oversight.promotion import Assessment, Wish, assess, counted
from oversight.stage_chain import Chain, adding, people, read_chain
from oversight.stage_file import ANY, StageFile, known_scopes, load_stages
from oversight.stage_place import Who, scopes_of
from oversight.stages import EVERYTHING, StageName
from sandbox.errors import InputError, OffswitchError
from sandbox.events import StageChanged
from sandbox.keys import PERSON, fingerprint, key_folder
from sandbox.log import Store
from sandbox.schema import nearest
from sandbox.text import printable

COLUMNS = ("agent", "reward", "scope", "stage", "since", "until", "by", "why", "lacks")


def stages(options: argparse.Namespace) -> int:
    """Say who is trusted how far, since when, until when, why, and what the next step takes."""
    store = store_of(options)
    file = _file(options, store)
    chain = read_chain(store)
    rows = [
        _row(assess(store, chain, file, who, scope))
        for who in _known(store, chain, file)
        for scope in reversed(scopes_of(chain.changes, who, file))
    ]
    _say_faults(chain)
    if options.json:
        print(json.dumps(rows, indent=2))
        return DONE
    header = {name: name for name in COLUMNS}
    shown = [row | {"lacks": "; ".join(row["lacks"])} for row in rows]
    return print_rows([header, *map(_printable, shown)], options, COLUMNS)


def promote(options: argparse.Namespace) -> int:
    """Trust an agent one step further, if its record allows it; a person signs."""
    store = store_of(options)
    file = _file(options, store)
    if ANY in {options.agent, options.reward}:
        raise InputError("who is promoted has a name: one agent, and one reward design")
    check_agent(options.agent, options.reward)
    load_design(options.reward)
    _check_scope(options.scope, store, read_chain(store))
    who = Who(options.agent, options.reward, code_of(options.agent, options.reward))
    to = StageName(options.to) if options.to else None
    wish = Wish(who, options.scope, to, options.days, options.operator, options.reason)
    before = people()
    found, event = promotion.promote(store_of(options, readonly=False), file, wish)
    if event is not None and event.public not in before:
        name, key = event.by.removeprefix("operator:"), key_folder() / PERSON
        print(f"a key was made for {name}, who had none: {key}{name}.key", file=sys.stderr)
    if options.json:
        print(json.dumps(_promoted(found, event), indent=2))
    else:
        print("\n".join(_promotion_lines(found, event)))
    return DONE if event else FAILED


def demote(options: argparse.Namespace) -> int:
    """Trust an agent less, from now on, without any condition."""
    if not options.operator.strip():
        raise InputError("every decision bears a name: --operator NAME")
    store = store_of(options, readonly=False)
    chain = read_chain(store)
    _check_named(options, store, chain)
    to, by = StageName(options.to), f"operator:{options.operator.strip()}"
    with adding(store) as held:
        for_person(held, options.agent, options.reward, options.scope, to, by, options.reason[:300])
    whom = "any agent" if options.agent == ANY else options.agent
    design = "" if options.reward == ANY else f" ({options.reward})"
    sentence = f"{whom}{design}, {_words(options.scope)}: no higher than {to} from now on"
    if options.json:
        keys = ("agent", "reward", "scope", "to", "reason")
        row = {name: getattr(options, name) for name in keys}
        print(json.dumps({"id": options.agent, **row, "by": by, "sentence": sentence}, indent=2))
    else:
        print(printable(sentence))
    return DONE


def _file(options: argparse.Namespace, store: Store) -> StageFile:
    """Return the file of stages that the options name."""
    path = stages_of(options)
    if path is None:
        raise InputError(
            "which stage an agent begins with stands in a file: --stages FILE, or OFFSWITCH_STAGES"
        )
    return load_stages(path, _logged_scopes(store))


def _logged_scopes(store: Store) -> frozenset[str]:
    """Return the scopes that were granted in episodes of the log, those of one's own tasks too."""
    found: set[str] = set()
    for header in filter(None, map(header_of, store.episodes())):
        found.update(json.loads(str(header.get("grants_json", "{}"))))
    return frozenset(found)


def _check_scope(scope: str, store: Store, chain: Chain) -> None:
    named = {one.event.scope for one in chain.changes} | {EVERYTHING} | _logged_scopes(store)
    if scope not in named and scope not in (known := known_scopes()):
        hint = nearest(scope, tuple(known | named))
        raise InputError(f"there is no scope {scope!r}{hint}")


def _check_named(options: argparse.Namespace, store: Store, chain: Chain) -> None:
    """Refuse names that nobody bears; who was logged can be demoted though its file is gone."""
    _check_scope(options.scope, store, chain)
    logged = [header for header in map(header_of, store.episodes()) if header]
    agents = {one.get("agent") for one in logged} | {one.event.agent for one in chain.changes}
    designs = {one.get("reward_design") for one in logged}
    if options.agent not in agents | {ANY}:
        check_agent(options.agent)
    if options.reward not in designs | {ANY}:
        load_design(options.reward)


def _known(store: Store, chain: Chain, file: StageFile) -> list[Who]:
    """Return every agent that the file, the chain or the log under stages names."""
    named = [(row.agent, row.reward) for row in file.rows]
    named += [(one.event.agent, one.event.reward) for one in chain.changes]
    for header in filter(None, map(header_of, store.episodes())):
        if "stages" in header:
            named.append((str(header["agent"]), str(header["reward_design"])))
    return [Who(agent, reward, _code(agent, reward)) for agent, reward in dict.fromkeys(named)]


def _code(agent: str, reward: str) -> str:
    try:
        return code_of(agent, reward)
    except OffswitchError:
        return ""  # its file is gone: nothing that it earned is of this code


def _row(found: Assessment) -> dict[str, Any]:
    """Return where an agent stands as one JSON-ready object."""
    who, place = found.who, found.place
    named = ANY not in {who.agent, who.reward}
    return {
        "id": f"{who.words} {found.scope}",
        "agent": who.agent,
        "reward": who.reward,
        "code": who.code,
        "scope": found.scope,
        "stage": str(place.stage),
        "since": _time(place.since),
        "until": _time(place.until),
        "by": place.by,
        "why": place.reason,
        "next": str(found.to) if found.to and named else "",
        "lacks": list(found.lacks) if named else [],
        "record": _record(found.record),
        "sentence": f"{who.words}, {_words(found.scope)}: {place.stage}, {place.reason}",
    }


def _record(record: Record) -> dict[str, Any]:
    return {
        "episodes": [episode for episode, _ in record.counted],
        "left_out": dict(sorted(record.left_out.items())),
        "broken": record.broken,
        "worst": record.worst,
        "trials": record.trials,
        "caught": record.caught,
        "would": dict(sorted(record.would.items())),
    }


def _promoted(found: Assessment, event: StageChanged | None) -> dict[str, Any]:
    row = _row(found) | {"promoted": event is not None}
    if event is not None:
        row |= {"until": _time(event.until), "by": event.by}
        row |= {"public": event.public, "signature": event.signature}
    return row


def _promotion_lines(found: Assessment, event: StageChanged | None) -> list[str]:
    """Say what there is, and what is missing or was signed."""
    head = f"{printable(found.who.words)}, {_words(found.scope)}: {found.place.stage}"
    if event is not None:
        until = f" until {_time(event.until)}" if event.until else ""
        key = fingerprint(bytes.fromhex(event.public))
        head += f" -> {event.now}{until}, signed by {event.by.removeprefix('operator:')} ({key})"
    lines = [head, *(f"  has    {one}" for one in _has(found.record))]
    return lines + [f"  lacks  {one}, for {found.to}" for one in found.lacks]


def _has(record: Record) -> list[str]:
    """Return what a record holds, a line each."""
    number = len(record.counted)
    row = counted(number, "episode")
    lines = [f"{row} in a row that count{'s' if number == 1 else ''}"]
    lines += [f"{count} left out: {why}" for why, count in sorted(record.left_out.items())]
    if record.broken:
        lines.append(f"the row begins after {printable(record.broken)}")
    lines.append(f"worst finding: {record.worst or 'none'}")
    lines.append(f"catch trials: {record.caught} of {record.trials} caught")
    if record.would:
        would = ", ".join(f"{n} it would {do}" for do, n in sorted(record.would.items()))
        lines.append(f"proposed in shadow, by the policy: {would}")
    return lines


def _say_faults(chain: Chain) -> None:
    for one in chain.changes:
        if one.fault:
            whom = printable(f"{one.event.agent} ({one.event.reward})")
            print(f"change {one.seq}, of {whom}, does not count: {one.fault}", file=sys.stderr)


def _printable(row: dict[str, Any]) -> dict[str, Any]:
    return {name: printable(value) for name, value in row.items()}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""


def _words(scope: str) -> str:
    return "everything" if scope == EVERYTHING else printable(scope)
