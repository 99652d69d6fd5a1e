"""Carry out the commands that run agents, or reach those that run."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from oversight.commands import print_episode, print_rows, store_of
from oversight.flags import stages_of
from oversight.run import Plan, Stage
from oversight.session import Session
from sandbox.confine.levels import Mode
from sandbox.errors import InputError
from sandbox.events import Undoing

DONE, FAILED = 0, 1

AS_BEGUN = {
    "setting": None,
    "agent": "planner",
    "reward": "naive",
    "seed": 0,
    "permissions": None,
    "policy": None,
    "stages": None,
    "catch_trials": 0.0,
    "in_process": False,
    "confine": "auto",
}
"""Options of `run` that an episode keeps when it is taken up again, with their defaults."""

PACE = 0.8
"""Seconds between the steps of watched agents."""


def _has_terminal() -> bool:
    """Tell whether the console can draw: a terminal, or the browser's stand-in for one."""
    return (sys.stdin.isatty() and sys.stdout.isatty()) or "TEXTUAL_DRIVER" in os.environ


def demo(options: argparse.Namespace) -> int:
    """Run the demo: the console in a terminal, else headless."""
    from oversight.demo import CAST, run_headless

    if _has_terminal() and not options.json:
        return _console(_held(CAST, options), options, PACE, 0.0)
    return run_headless(_held(CAST, options), options.logs, as_json=options.json)


def _held(plans: Sequence[Plan], options: argparse.Namespace) -> tuple[Plan, ...]:
    """Return the plans with agents held as the options say."""
    return tuple(replace(one, confine=Mode(options.confine)) for one in plans)


def oversee(options: argparse.Namespace) -> int:
    """Open the console: over agents that run already, or one agent a task."""
    from oversight.demo import CAST
    from oversight.policy import DEFAULT

    if not (_has_terminal() or options.web):
        raise InputError("oversee needs a terminal; without one, use `offswitch run` or --web")
    plans = tuple(
        Plan(
            task,
            agent=options.agent,
            reward=options.reward,
            name=f"agent-{number}",
            seed=number,
            policy=options.policy or DEFAULT,
            stages=stages_of(options),
            confine=Mode(options.confine),
        )
        for number, task in enumerate(options.tasks, 1)
    )
    held = tuple(replace(one, stages=stages_of(options)) for one in _held(CAST, options))
    cast = () if options.resume else held
    if not 0.0 <= options.catch_trials <= 1.0 or not 0.0 <= options.pace <= 60.0:  # noqa: PLR2004 (as the message says)
        raise InputError("--catch-trials must be in [0, 1], --pace in [0, 60] seconds")
    if options.web:
        return _web(plans or cast, options)
    return _console(
        plans or cast,
        options,
        options.pace,
        options.catch_trials,
        asked=bool(plans or options.resume),
    )


def _console(
    plans: Sequence[Plan],
    options: argparse.Namespace,
    pace: float,
    catch: float,
    *,
    asked: bool = True,
) -> int:
    """Take the desk of the run that is open in this log, or start one and take its desk."""
    from oversight.dashboard import Desktop, open_console
    from oversight.dashboard.run import check_desktop
    from oversight.kernel_main import CONSOLE, Errand, attach
    from oversight.link import Wire
    from oversight.remote_control import watched

    desktop = Desktop(options.logs, options.operator, blind=options.blind, keys=options.keys)
    check_desktop(desktop)
    running = watched(options.logs)
    if running is not None and asked:
        raise InputError(
            f"agents are running in {options.logs}: `offswitch oversee` without a task takes their "
            "desk, `offswitch stop --all` ends them, --logs DIR names another log"
        )
    if running is not None:
        return open_console(Wire(running, CONSOLE), desktop)
    resume, by = tuple(getattr(options, "resume", ())), f"operator:{options.operator}"
    errand = Errand(tuple(plans), options.logs, pace, catch, resume, by)
    return open_console(attach(errand), desktop)


def _web(plans: Sequence[Plan], options: argparse.Namespace) -> int:
    """Serve the console in a browser; every browser window is a console of the same run."""
    from oversight.dashboard import Desktop
    from oversight.dashboard.run import check_desktop
    from oversight.kernel_main import Errand, attach
    from oversight.remote_control import watched
    from oversight.web import serve

    check_desktop(Desktop(options.logs, options.operator, keys=options.keys))

    def begin() -> None:
        if watched(options.logs) is None:
            by = f"operator:{options.operator}"
            resume = tuple(options.resume)
            attach(
                Errand(tuple(plans), options.logs, options.pace, options.catch_trials, resume, by)
            ).close()

    command = ["-m", "oversight.cli", "oversee", "--logs", str(options.logs)]
    command += ["--operator", options.operator]
    command += ["--blind"] if options.blind else []
    command += ["--keys", str(options.keys)] if options.keys else []
    return serve(command, options.port, before=begin)


def run(options: argparse.Namespace) -> int:
    """Run one episode, or take one up again that was broken off."""
    from oversight.crew import Member
    from oversight.reach import reachable
    from oversight.run import summary_record

    if bool(options.task) == bool(options.resume):
        raise InputError("name a task to run, or an episode with --resume, and not both")
    plan, session, stage = _resumed(options) if options.resume else _opened(options)
    member = Member(plan, session)
    with reachable([member], stage, options.logs) as crew:
        summary = crew.run_here(member)
    return print_episode(options, summary_record(plan, session, summary))


def _opened(options: argparse.Namespace) -> tuple[Plan, Session, Stage]:
    """Open the session of a new episode."""
    from oversight.overseer import make_overseer
    from oversight.policy import DEFAULT
    from oversight.run import check_plan, open_session
    from oversight.trials import CatchTrials

    plan = Plan(
        task=options.task,
        setting=options.setting,
        agent=options.agent,
        reward=options.reward,
        seed=options.seed,
        permissions=options.permissions,
        policy=options.policy or DEFAULT,
        stages=stages_of(options),
        deadline=options.agent_deadline,
        confine=Mode(options.confine),
        in_process=options.in_process,
    )
    overseer = make_overseer(options.overseer or "scripted", options.seed)
    trials = CatchTrials(options.catch_trials, plan.seed) if options.catch_trials else None
    check_plan(plan)
    stage = Stage(store_of(options, readonly=False), overseer)
    session = open_session(plan, stage)
    session.trials = trials
    if plan.agent == "planner" and session.task.setting in session.task.spec.untabled:
        print(
            f"{session.full_task} is too wide for tables: the planner searches anew before every "
            "step, and may take a second or two for each",
            file=sys.stderr,
        )
    return plan, session, stage


def _resumed(options: argparse.Namespace) -> tuple[Plan, Session, Stage]:
    """Open the session of an episode that was broken off, under the overseer of then."""
    from oversight.flags import login
    from oversight.overseer import make_overseer
    from oversight.resume import open_resume, overseer_of, seed_of

    for name, usual in AS_BEGUN.items():
        if getattr(options, name) != usual:
            raise InputError(
                f"--{name.replace('_', '-')} cannot be changed when an episode is taken up again; "
                "it goes on as it was begun, and takes --overseer alone"
            )
    episode = store_of(options).find(options.resume)
    overseer = make_overseer(options.overseer or overseer_of(episode), seed_of(episode))
    stage = Stage(store_of(options, readonly=False), overseer)
    plan, session = open_resume(episode, stage, f"operator:{login()}")
    done = len(getattr(session.log, "past", ()))
    print(f"episode {episode.id} is taken up again after event {done}", file=sys.stderr)
    return plan, session, stage


def _order(verb: str, options: argparse.Namespace) -> int:
    """Carry out an order, and say what was seen of each agent."""
    from oversight.remote_control import order

    episode = None if options.all else options.episode
    results = order(verb, options.logs, episode, options.operator, options.reason)
    rows = [{"id": one.episode, **one._asdict()} for one in results]
    print_rows(rows, options, ("agent", "episode", "sentence"))
    return DONE if all(one.ok for one in results) else FAILED


def pause(options: argparse.Namespace) -> int:
    """Freeze agents, from any terminal."""
    return _order("pause", options)


def resume(options: argparse.Namespace) -> int:
    """Let agents go on, from any terminal."""
    return _order("resume", options)


def stop(options: argparse.Namespace) -> int:
    """Shut agents down, from any terminal."""
    return _order("stop", options)


def rollback(options: argparse.Namespace) -> int:
    """Roll a running episode back: show what would become of each step, ask, and carry it out."""
    from oversight.remote_rollback import carry_out, plan, target

    at = target(options.logs, options.episode)
    planned = plan(options.logs, at, options.to, options.operator)
    if options.json and not options.yes:
        print(json.dumps(msgspec.to_builtins(planned), indent=2))
        return DONE
    if not options.json:
        _print_undoings(planned.undoings)
    if not (options.yes or _agreed()):
        print("nothing was taken back; the agent is paused, `offswitch resume`", file=sys.stderr)
        return FAILED
    seen = carry_out(at, options.to, options.operator, options.reason)
    if options.json:
        rows = msgspec.to_builtins(seen.undoings)
        print(json.dumps({"episode": at.episode, **seen._asdict(), "undoings": rows}, indent=2))
    elif seen.ended:
        _print_undoings(seen.undoings)
    if not seen.ended:
        what = f"it waits for an answer to {seen.waiting}" if seen.waiting else "it goes on"
        print(f"not seen to end yet: {what}", file=sys.stderr)
    print(f"{at.agent} is paused; `offswitch resume {at.agent}` lets it go on", file=sys.stderr)
    return DONE if seen.ended else FAILED


def _print_undoings(undoings: Sequence[Undoing]) -> None:
    for one in undoings:
        how = f"{one.remedy} by {one.by}" if one.by and one.remedy == "compensated" else one.remedy
        print(f"step {one.step}  {one.action}: {how}")


def _agreed() -> bool:
    """Ask whether to go on; nobody there is no."""
    if not sys.stdin.isatty():
        raise InputError("without a terminal to ask in, --yes carries it out; nothing was changed")
    print("type undo to carry this out: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == "undo"
