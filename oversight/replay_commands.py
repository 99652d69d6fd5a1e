"""Carry out `offswitch replay`: play, seek, verify, ask the agent again, or fork."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oversight.columns import room, terminal_room
from oversight.commands import print_episode, store_of
from sandbox.errors import InputError

if TYPE_CHECKING:
    from oversight.branch import Branch
    from oversight.overseer import Overseer
    from sandbox.action import Value
    from sandbox.events import AnyEvent
    from sandbox.log import Episode, Store

DONE, FAILED = 0, 1

COLUMNS = 72
"""Columns of a drawing, at most."""

MOST_EVENTS = 1000.0
"""Events a second, at most, at which an episode is played."""


def replay(options: argparse.Namespace) -> int:
    """Run an episode again from its log and compare every state, or branch it."""
    _check(options)
    if options.fork is not None:
        return _fork(options)
    store = store_of(options)
    episode = store.find(options.episode)
    if options.at is not None:
        return _at(options, store, episode)
    if options.rerun_agent:
        return _rerun(options, store, episode)
    if not (options.verify or options.json):
        _play(options, store, episode)
    return _verify(options, store, episode)


def _check(options: argparse.Namespace) -> None:
    """Refuse options that do nothing where they are given.

    Raises:
        InputError: naming them.
    """
    given = ("decide", "arguments", "reason", "overseer", "reward", "seed")
    stray = [f"--{one}" for one in given if getattr(options, one) is not None]
    if stray and options.fork is None:
        raise InputError(f"a fork takes {' and '.join(stray)}: name its step with --fork STEP")
    modes = ("fork", "at", "verify", "rerun_agent")
    chosen = [
        f"--{one.replace('_', '-')}" for one in modes if getattr(options, one) not in (None, False)
    ]
    if len(chosen) > 1:
        raise InputError(f"{' and '.join(chosen)} are different things to do: give one")
    plays = [one for one in ("first", "last", "speed") if getattr(options, one) is not None]
    if plays and (chosen or options.json):
        raise InputError("--from, --to and --speed are of an episode that is played on a terminal")
    if options.speed is not None and not 0 < options.speed <= MOST_EVENTS:
        raise InputError(f"--speed must be above 0, and at most {MOST_EVENTS:g} events a second")


def _play(options: argparse.Namespace, store: Store, episode: Episode) -> None:
    """Print an episode's events in words, at once or at a speed."""
    from oversight.replay import open_replay

    replaying = open_replay(store, episode)
    told = _between((event for event, _ in replaying.walk()), options.first, options.last)
    for number, text in enumerate(told):
        if number and options.speed is not None:
            time.sleep(1.0 / options.speed)
        print(text, flush=options.speed is not None)


def _between(events: Iterator[AnyEvent], first: int | None, last: int | None) -> Iterator[str]:
    """Yield the words of the events of some steps.

    Raises:
        InputError: when the episode has none of them.
    """
    from oversight.transcript import line
    from sandbox.events import Proposed, step_of

    low, high = first or 0, math.inf if last is None else last
    most, told = -1, False
    whole = first is None and last is None
    for event in events:
        step = step_of(event)
        most = max(most, step) if isinstance(event, Proposed) else most
        text = line(event)
        if text and (whole or low <= step <= high):
            told = True
            yield text
    if not told:
        asked = f"from {low} on" if last is None else f"from {low} to {last}"
        raise InputError(f"there is no step {asked}: the episode has steps 0 to {most}")


def _verify(options: argparse.Namespace, store: Store, episode: Episode) -> int:
    """Compare every state; print what was found."""
    from oversight.replay import verify_replay

    compared, parted = verify_replay(store, episode)
    if options.json:
        found = [one.sentence for one in parted]
        print(json.dumps({"episode": episode.id, "steps": compared, "divergences": found}))
    else:
        print(parted[0].sentence if parted else f"replay verified: {compared} steps")
    return FAILED if parted else DONE


def _at(options: argparse.Namespace, store: Store, episode: Episode) -> int:
    """Print one step: the world before it, and what happened there."""
    from oversight import seek

    found = seek.seek(store, episode, options.at, room(COLUMNS))
    if options.json:
        print(json.dumps({"episode": episode.id, **seek.record(found)}, indent=2))
    else:
        print("\n".join(seek.lines(found)))
    return FAILED if found.parted else DONE


def _rerun(options: argparse.Namespace, store: Store, episode: Episode) -> int:
    """Ask the episode's agent again, and print where it answers otherwise."""
    from dataclasses import asdict

    from oversight.asked_again import ask_again
    from oversight.replay import verify_replay

    _, parted = verify_replay(store, episode)
    if parted:
        raise InputError(
            f"the world is another than it was, so no question is: {parted[0].sentence}"
        )
    found = ask_again([record.event for record in store.records(episode.id)])
    if options.json:
        record = {"episode": episode.id, **asdict(found), "sentence": found.sentence}
        print(json.dumps(record, indent=2))
    else:
        print(found.sentence)
        print(f"containment: {found.containment}")
    return FAILED if found.first else DONE


def _fork(options: argparse.Namespace) -> int:
    """Branch an episode at a step, and print what came of it beside its parent."""
    from oversight import compared
    from oversight.compare import compare
    from oversight.crew import Member
    from oversight.fork import open_fork
    from oversight.reach import reachable
    from oversight.run import Stage, summary_record

    parent = store_of(options).find(options.episode)
    header = json.loads(parent.header)
    store = store_of(options, readonly=False)
    branch = _branch(options)
    stage = Stage(store, _overseer(options, header))
    plan, session = open_fork(parent, stage, str(header["name"]), branch)
    member = Member(plan, session)
    with reachable([member], stage, options.logs) as crew:
        summary = crew.run_here(member)
    found = compare(store, parent, store.find(summary.episode))
    record = summary_record(plan, session, summary)
    record |= {"parent": parent.id, "fork_step": branch.step, "fork_decision": branch.decide}
    record["compared"] = compared.record(found)
    code = print_episode(options, record)
    if not options.json:
        print("\n" + "\n".join(compared.lines(found, terminal_room())))
    return code


def _branch(options: argparse.Namespace) -> Branch:
    """Read from the options where an episode is branched, and what is different."""
    from oversight.branch import Branch
    from sandbox.decision import DecisionKind

    others = (options.overseer, options.reward, options.seed)
    decide = options.decide
    if decide is None and all(one is None for one in others):
        decide = "edit" if options.arguments else "veto"
    return Branch(
        step=options.fork,
        decide=DecisionKind(decide) if decide else None,
        by=f"operator:{options.operator or 'fork'}",
        reason=options.reason or "",
        arguments=_arguments(options.arguments),
        overseer=options.overseer or "",
        reward=options.reward or "",
        seed=options.seed,
    )


def _arguments(text: str | None) -> tuple[tuple[str, Value], ...]:
    """Read the arguments of an edit.

    Raises:
        InputError: when they are no JSON object.
    """
    if text is None:
        return ()
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"--arguments is not JSON: {error}") from error
    if not isinstance(found, dict) or not found:
        raise InputError('--arguments must be a JSON object of arguments, as {"flight": "B6-1018"}')
    return tuple(found.items())


def _overseer(options: argparse.Namespace, header: dict[str, Any]) -> Overseer:
    """Return who decides on the branch: who is named, else who did, else a script.

    Raises:
        InputError: when who did cannot be made again, and it was no person.
    """
    from oversight.overseer import make_overseer
    from oversight.rerun import overseer_of

    if options.overseer is not None:
        return make_overseer(options.overseer, int(header.get("seed", 0)))
    if header.get("overseer") == "human":
        said = f"its overseer was a person: from step {options.fork} on `scripted` decides"
        print(f"{said}; --overseer names another", file=sys.stderr)
        return make_overseer("scripted", 0)
    return overseer_of(header)
