"""Offer the command line. `stdout` is data, `stderr` is narration."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sandbox.errors import InputError, OffswitchError

VERSION = "0.1.0"
DONE, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 3

Command = Callable[[argparse.Namespace], int]


def _command(name: str) -> Command:
    """Return a command that imports its module only when it runs."""

    def call(options: argparse.Namespace) -> int:
        from oversight import commands

        run: Command = getattr(commands, name)
        return run(options)

    return call


def _logs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--logs",
        type=Path,
        default=Path(os.environ.get("OFFSWITCH_LOGS", "logs")),
        help="folder of the log (default: $OFFSWITCH_LOGS, else logs)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", help="task, task/setting, or file.py:Name")
    parser.add_argument("--setting", help="setting of the task (default: its first)")
    parser.add_argument("--agent", default="planner", help="agent, or file.py:Name")
    parser.add_argument("--reward", default="naive", help="reward design of a planner")
    parser.add_argument(
        "--overseer", default="scripted", help="scripted[:FILE], watchful, simulated[:catch=0.9]"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument("--permissions", type=Path, help="TOML file that narrows the grants")
    parser.add_argument(
        "--confine",
        choices=["auto", "require", "none"],
        default="auto",
        help="how the agent is held; `require` refuses to run where nothing holds it",
    )
    parser.add_argument("--policy", type=Path, help="approval policy, a TOML file")
    parser.add_argument(
        "--agent-deadline", type=float, default=30.0, help="seconds an agent of one's own has"
    )


def _episode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("episode", help="id, its beginning, or `latest`")


def _verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("episode", nargs="?", help="id, its beginning, or `latest` (default: all)")


def _replay(parser: argparse.ArgumentParser) -> None:
    _episode(parser)
    parser.add_argument("--verify", action="store_true", help="compare only, print no steps")


def _export(parser: argparse.ArgumentParser) -> None:
    _episode(parser)
    parser.add_argument("--to", choices=["jsonl"], default="jsonl", help="format")


def _oversee(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "tasks", nargs="*", metavar="TASK", help="task or task/setting, one agent each"
    )
    _operator(parser)


def _operator(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--operator", default=os.environ.get("USER", ""), help="your name; every decision bears it"
    )


def _nothing(parser: argparse.ArgumentParser) -> None:
    del parser


COMMANDS: dict[str, tuple[str, str, Callable[[argparse.ArgumentParser], None]]] = {
    "demo": ("watch three agents book real flights", "offswitch demo", _operator),
    "run": (
        "run one governed episode",
        "offswitch run flight_booking --agent planner --reward naive --seed 1 --json",
        _run_options,
    ),
    "oversee": ("open the console", "offswitch oversee flight_booking/bos-blizzard", _oversee),
    "episodes": ("list the episodes in the log", "offswitch episodes --json", _nothing),
    "show": ("print an episode in words", "offswitch show latest", _episode),
    "replay": ("run an episode again from its log", "offswitch replay latest --verify", _replay),
    "verify": ("check hash chain and completeness", "offswitch verify", _verify),
    "analyze": ("print the findings of an episode", "offswitch analyze latest --json", _episode),
    "export": ("write an episode out", "offswitch export latest --to jsonl", _export),
    "tasks": ("list the tasks", "offswitch tasks --json", _nothing),
    "agents": ("list the agents", "offswitch agents", _nothing),
    "rewards": ("list the reward designs", "offswitch rewards", _nothing),
    "detectors": ("list the detectors", "offswitch detectors", _nothing),
    "doctor": ("say what holds an agent on this machine", "offswitch doctor --json", _nothing),
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
        _logs(sub)
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
        print("offswitch: stopped by Ctrl-C; what happened is in the log", file=sys.stderr)
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
