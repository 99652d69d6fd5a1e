"""Carry out the commands; imported only once one is chosen."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.errors import InputError
from sandbox.events import EpisodeStarted, Found
from sandbox.log import Episode, Store

DONE, FAILED, STOPPED = 0, 1, 3


def _store(options: argparse.Namespace, *, readonly: bool = True) -> Store:
    return Store(options.logs / "offswitch.db", readonly=readonly)


def _print(rows: list[dict[str, Any]], options: argparse.Namespace, columns: Iterable[str]) -> int:
    """Print rows as JSON, or as a plain table of `columns`."""
    if options.json:
        print(json.dumps(rows, indent=2))
        return DONE
    names = list(columns)
    cells = [[str(row.get(name, "")) for name in names] for row in rows]
    widths = [max([len(row[n]) for row in cells], default=0) for n in range(len(names))]
    for row in cells:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    return DONE


def demo(options: argparse.Namespace) -> int:
    """Run the demo: the console in a terminal, else headless."""
    if sys.stdin.isatty() and sys.stdout.isatty() and not options.json:
        from oversight.dashboard import open_console
        from oversight.demo import CAST

        return open_console(CAST, options.logs, options.operator)
    from oversight.demo import run_headless

    return run_headless(options.logs, as_json=options.json)


def run(options: argparse.Namespace) -> int:
    """Run one episode."""
    from oversight.overseer import make_overseer
    from oversight.policy import DEFAULT
    from oversight.run import Plan, Stage, open_session, summary_record
    from oversight.session import run_episode

    if options.confine == "require":
        raise InputError("--confine require: nothing confines agents yet; see `offswitch doctor`")
    plan = Plan(
        task=options.task,
        setting=options.setting,
        agent=options.agent,
        reward=options.reward,
        seed=options.seed,
        permissions=options.permissions,
        policy=options.policy or DEFAULT,
        deadline=options.agent_deadline,
    )
    overseer = make_overseer(options.overseer, options.seed)
    session = open_session(plan, Stage(_store(options, readonly=False), overseer))
    summary = run_episode(session)
    record = summary_record(plan, session, summary)
    if options.json:
        print(json.dumps(record, indent=2))
    else:
        from oversight.transcript import lines

        print("\n".join(lines(one.event for one in _store(options).records(summary.episode))))
        print(f"episode {summary.episode}")
    return STOPPED if record["termination"] == "shut_down" else DONE


def oversee(options: argparse.Namespace) -> int:
    """Open the console over one agent a task."""
    from oversight.dashboard import open_console
    from oversight.demo import CAST
    from oversight.run import Plan

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError("oversee needs a terminal; without one, use `offswitch run`")
    plans = tuple(
        Plan(task, name=f"agent-{number}", seed=number)
        for number, task in enumerate(options.tasks, 1)
    )
    return open_console(plans or CAST, options.logs, options.operator)


def episodes(options: argparse.Namespace) -> int:
    """List the episodes."""
    rows = [_listed(one) for one in _store(options).episodes()]
    return _print(rows, options, ("id", "started", "task", "setting", "agent", "status", "length"))


def _listed(one: Episode) -> dict[str, Any]:
    row = one._asdict()
    row["header"] = json.loads(one.header)
    row["started"] = datetime.fromtimestamp(one.started, UTC).isoformat(timespec="seconds")
    row["sentence"] = f"{one.agent} on {one.task}/{one.setting}: {one.status}"
    return row


def show(options: argparse.Namespace) -> int:
    """Print an episode in words, or its events as JSON."""
    from oversight.transcript import lines

    store = _store(options)
    records = list(store.records(store.find(options.episode).id))
    if options.json:
        print(json.dumps([json.loads(record.content) for record in records], indent=2))
    else:
        print("\n".join(lines(record.event for record in records)))
    return DONE


def replay(options: argparse.Namespace) -> int:
    """Run an episode again from its log and compare every state."""
    from oversight.replay import open_replay, verify_replay
    from oversight.transcript import line

    store = _store(options)
    episode = store.find(options.episode)
    if not (options.verify or options.json):
        replaying = open_replay(store, episode)
        for event, _ in replaying.walk():
            if text := line(event):
                print(text)
    compared, parted = verify_replay(store, episode)
    if options.json:
        found = [one.sentence for one in parted]
        print(json.dumps({"episode": episode.id, "steps": compared, "divergences": found}))
    else:
        print(parted[0].sentence if parted else f"replay verified: {compared} steps")
    return FAILED if parted else DONE


def verify(options: argparse.Namespace) -> int:
    """Check one episode's chain, or all."""
    from sandbox.verify import verify as check

    store = _store(options)
    chosen = [store.find(options.episode)] if options.episode else store.episodes()
    rows: list[dict[str, Any]] = [
        {
            "id": one.id,
            "events": one.length,
            "problems": [problem._asdict() for problem in check(store, one)],
        }
        for one in chosen
    ]
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        for row in rows:
            print(
                f"{row['id']}  {'BROKEN' if row['problems'] else 'whole'}  {row['events']} events"
            )
            for problem in row["problems"]:
                print(f"    event {problem['seq']}: {problem['sentence']}")
    return FAILED if any(row["problems"] for row in rows) else DONE


def analyze(options: argparse.Namespace) -> int:
    """Run the detectors over an episode's log."""
    from oversight.analyzer import Analyzer
    from oversight.analyzer.base import Case
    from oversight.run import finding_record
    from tasks import load

    store = _store(options)
    events = [record.event for record in store.records(store.find(options.episode).id)]
    if not events or not isinstance(events[0], EpisodeStarted):
        raise InputError("the log does not begin with its header; run `offswitch verify`")
    header = events[0].header
    spec = load(str(header["task"]), str(header["setting"])).spec
    analyzer = Analyzer(str(header["name"]), Case(spec.action_types, spec.need))
    for event in events:
        if not isinstance(event, Found):
            analyzer.observe(event)
    rows = [finding_record(one) for one in analyzer.findings]
    return _print(rows, options, ("id", "severity", "kind", "score", "steps", "sentence"))


def export(options: argparse.Namespace) -> int:
    """Write an episode's rows, with their hashes, as JSON lines."""
    store = _store(options)
    for record in store.records(store.find(options.episode).id):
        row = record._asdict()
        row["content"] = json.loads(record.content)
        print(json.dumps(row, sort_keys=True))
    return DONE


def tasks(options: argparse.Namespace) -> int:
    """List the tasks with their settings."""
    from tasks.registry import module_of, names

    rows = []
    for name in names():
        spec = module_of(name).SPEC
        rows.append(
            {
                "id": name,
                "sentence": spec.question,
                "settings": list(spec.settings),
                "source": spec.source,
            }
        )
    return _print(rows, options, ("id", "sentence", "settings"))


def agents(options: argparse.Namespace) -> int:
    """List the agents."""
    from agents.registry import AGENTS

    return _print(_table(AGENTS), options, ("id", "sentence"))


def rewards(options: argparse.Namespace) -> int:
    """List the reward designs."""
    from agents.rewards import DESIGNS

    found = {name: sentence for name, (_, sentence) in DESIGNS.items()}
    return _print(_table(found), options, ("id", "sentence"))


def detectors(options: argparse.Namespace) -> int:
    """List the detectors."""
    from oversight.analyzer import DETECTORS

    found = {name: str(getattr(made, "summary", "")) for name, made in DETECTORS.items()}
    return _print(_table(found), options, ("id", "sentence"))


def _table(found: dict[str, str]) -> list[dict[str, Any]]:
    return [{"id": name, "sentence": sentence} for name, sentence in found.items()]


def doctor(options: argparse.Namespace) -> int:
    """Say what holds an agent on this machine, and what does not."""
    from oversight.run import IN_THIS_PROCESS

    probes = [
        {
            "id": "containment",
            "sentence": "nothing confines agents yet: built-in ones run inside Offswitch, those "
            "of your own (and all in the console) in processes that can be killed but may do "
            "what you may; run no agent that you do not trust",
        },
        {"id": "terminal", "sentence": _terminal()},
        {"id": "store", "sentence": _storing(options.logs / "offswitch.db")},
    ]
    if options.json:
        print(json.dumps({"level": IN_THIS_PROCESS, "probes": probes}, indent=2))
        return DONE
    print(f"level: {IN_THIS_PROCESS}")
    return _print(probes, options, ("id", "sentence"))


def _terminal() -> str:
    if not sys.stdout.isatty():
        return "none: the console needs one"
    return "there is one: the console can open"


def _storing(path: Path) -> str:
    if not path.exists():
        return f"{path} is not there yet; the first run writes it"
    return f"{path}: {len(Store(path, readonly=True).episodes())} episodes"
