"""Offer the command line. `stdout` is data, `stderr` is narration."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from oversight import flags, record_flags
from sandbox.errors import InputError, OffswitchError

VERSION = "0.1.0"
DONE, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 3

Command = Callable[[argparse.Namespace], int]


LIVE = {"demo", "run", "oversee", "pause", "resume", "stop", "rollback", "replay"}
"""Commands that run agents, or reach those that run."""


MODULES: dict[str, tuple[str, ...]] = {
    "analysis_commands": ("analyze", "detectors"),
    "doctor": ("doctor",),
    "experiment_commands": ("experiment", "merge", "report"),
    "live_commands": ("demo", "run", "oversee", "pause", "resume", "stop", "rollback"),
    "record_commands": ("episodes", "vacuum", "export", "compare"),
    "replay_commands": ("replay",),
    "stage_commands": ("stages", "promote", "demote"),
    "verify_command": ("verify", "key"),
}
"""Modules of ours, with the commands that each carries out; `commands` has the others."""


def command_module(name: str) -> str:
    """Return the module of ours that carries a command out."""
    return next((module for module, names in MODULES.items() if name in names), "commands")


def _command(name: str) -> Command:
    """Return a command that imports its module only when it runs."""

    def call(options: argparse.Namespace) -> int:
        run: Command = getattr(import_module(f"oversight.{command_module(name)}"), name)
        return run(options)

    return call


COMMANDS: dict[str, tuple[str, str, Callable[[argparse.ArgumentParser], None]]] = {
    "demo": ("watch four agents book real flights", "offswitch demo", flags.demo),
    "run": (
        "run one governed episode",
        "offswitch run flight_booking --agent planner --reward naive --seed 1 --json",
        flags.run,
    ),
    "oversee": ("open the console", "offswitch oversee flight_booking/bos-blizzard", flags.oversee),
    "pause": ("freeze agents, from any terminal", "offswitch pause --all", flags.order),
    "resume": ("let agents go on, from any terminal", "offswitch resume --all", flags.order),
    "rollback": (
        "take steps of a running episode back",
        "offswitch rollback agent-1 --to 3",
        record_flags.rollback,
    ),
    "stop": ("shut agents down, from any terminal", "offswitch stop --all", flags.order),
    "episodes": (
        "list the episodes in the log, search or prune them",
        "offswitch episodes --action book_flight --decision veto",
        record_flags.episodes,
    ),
    "vacuum": ("give back the room of what was pruned", "offswitch vacuum", flags.nothing),
    "show": ("print an episode in words", "offswitch show latest", flags.episode),
    "replay": (
        "run an episode again, or branch it",
        "offswitch replay latest --fork 3 --decide veto",
        record_flags.replay,
    ),
    "compare": (
        "say where two episodes part, and what came of each",
        "offswitch compare latest 20261126-043112-3fa9c1",
        record_flags.compare,
    ),
    "verify": (
        "check that episodes are whole, and who sealed them",
        "offswitch verify episode.jsonl --key machine.pub",
        record_flags.verify,
    ),
    "key": ("print the public key that seals the log", "offswitch key", flags.nothing),
    "analyze": (
        "say what an agent was after, with evidence",
        "offswitch analyze latest --why",
        flags.analyze,
    ),
    "stages": (
        "say who is trusted how far, and what comes next",
        "offswitch stages --stages stages.toml",
        record_flags.stages_list,
    ),
    "promote": (
        "trust an agent one step further, by its record",
        "offswitch promote planner --to trusted --days 14 --stages stages.toml",
        record_flags.promote,
    ),
    "demote": (
        "trust an agent less, at once, from any terminal",
        "offswitch demote planner --reason 'it booked twice'",
        record_flags.demote,
    ),
    "export": (
        "write an episode out, or all",
        "offswitch export latest --to csv --out latest.csv",
        record_flags.export,
    ),
    "tasks": ("list the tasks, or show one", "offswitch tasks boat_race", flags.task),
    "agents": ("list the agents", "offswitch agents", flags.nothing),
    "rewards": ("list the reward designs", "offswitch rewards", flags.nothing),
    "detectors": ("list the detectors", "offswitch detectors", flags.nothing),
    "experiment": (
        "compare designs over tasks, overseers and seeds",
        "offswitch experiment corrigible.toml",
        flags.experiment,
    ),
    "report": (
        "say what an experiment found: tables, a page, files",
        "offswitch report results/corrigible_vs_naive.db --page report.html --rows rows.csv",
        flags.report,
    ),
    "merge": (
        "put the results of shards together",
        "offswitch merge results/all.db results/all.1of2.db results/all.2of2.db",
        flags.merge,
    ),
    "study": (
        "solve many worlds, and print what was found",
        "offswitch study patchwork",
        flags.study,
    ),
    "reproduce": (
        "compute published figures again, and compare",
        "offswitch reproduce gridworlds",
        flags.reproduce,
    ),
    "doctor": ("say what holds an agent on this machine", "offswitch doctor --json", flags.nothing),
}
"""Every command: what it does, an example, its options."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="offswitch",
        description="Watch planning agents in a sandboxed world, and keep a person in charge.",
        epilog="example: offswitch demo",
    )
    parser.add_argument("--version", action="version", version=f"offswitch {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, example, options) in COMMANDS.items():
        sub = commands.add_parser(
            name, help=summary, description=f"{summary}.", epilog=f"example: {example}"
        )
        options(sub)
        flags.logs(sub)
        sub.set_defaults(run=_command(name))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 a check failed, 2 bad input, 3 stopped."""
    options = build_parser().parse_args(arguments)
    try:
        _own_packages()
        code: int = options.run(options)
        sys.stdout.flush()
    except OffswitchError as error:
        from sandbox.text import printable

        print(f"offswitch: {printable(error, 1000)}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        logged = "; what happened is in the log" if options.command in LIVE else ""
        print(f"offswitch: stopped by Ctrl-C{logged}", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code


def _own_packages() -> None:
    """Refuse to run beside another distribution's `agents`, `tasks` or `sandbox`.

    Raises:
        InputError: naming the foreign package.
    """
    from importlib.util import find_spec

    home = Path(__file__).resolve().parent.parent
    for name in ("sandbox", "tasks", "agents"):
        spec = find_spec(name)
        if spec is None or spec.origin is None or Path(spec.origin).resolve().parent.parent != home:
            raise InputError(
                f"another package {name!r} hides ours: give Offswitch its own environment"
            )


if __name__ == "__main__":
    sys.exit(main())
