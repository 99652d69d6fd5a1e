"""Offer the command line. `stdout` is data, `stderr` is narration."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from sandbox.errors import InputError, OffswitchError

VERSION = "0.1.0"
DONE, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 3

Command = Callable[[argparse.Namespace], int]


LIVE = {"demo", "run", "oversee", "pause", "resume", "stop", "replay"}
"""Commands that run agents, or reach those that run."""


def command_module(name: str) -> str:
    """Return the module of ours that carries a command out."""
    if name in {"experiment", "merge", "report"}:
        return "experiment_commands"
    if name in {"analyze", "detectors"}:
        return "analysis_commands"
    return "doctor" if name == "doctor" else "live_commands" if name in LIVE else "commands"


def _command(name: str) -> Command:
    """Return a command that imports its module only when it runs."""

    def call(options: argparse.Namespace) -> int:
        run: Command = getattr(import_module(f"oversight.{command_module(name)}"), name)
        return run(options)

    return call


def _login() -> str:
    """Return the login's name; empty when the machine knows none."""
    import pwd

    try:
        return os.environ.get("USER", "") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""


def _logs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--logs",
        type=Path,
        default=Path(os.environ.get("OFFSWITCH_LOGS", "logs")),
        help="folder of the log (default: $OFFSWITCH_LOGS, else logs)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _confine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--confine",
        choices=["auto", "require", "none"],
        default="auto",
        help="how an agent's process is held: auto (the best there is, or it does not start), "
        "require (`contained`), none (not at all, and the log says so)",
    )


def _agent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--agent", default="planner", help="agent[:knob=value,...], or file.py:Name"
    )
    parser.add_argument(
        "--reward",
        default="naive",
        help="reward design of an agent that plans or learns, name[:knob=value,...]",
    )


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", help="task, task/setting, or file.py:Name")
    parser.add_argument("--setting", help="setting of the task (default: its first)")
    _agent(parser)
    parser.add_argument(
        "--overseer", default="scripted", help="scripted[:FILE], watchful, simulated[:catch=0.9]"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument("--permissions", type=Path, help="TOML file that narrows the grants")
    _confine(parser)
    parser.add_argument(
        "--in-process",
        action="store_true",
        help="run a built-in agent within offswitch itself: nothing holds it, and the log says so",
    )
    parser.add_argument("--policy", type=Path, help="approval policy, a TOML file")
    parser.add_argument(
        "--agent-deadline", type=float, default=30.0, help="seconds an agent of one's own has"
    )


def _episode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("episode", help="id, its beginning, or `latest`")


def _analyze(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "episode", nargs="?", help="id, its beginning, `latest`, or a file of JSON lines"
    )
    parser.add_argument(
        "--method",
        choices=["observed", "counterfactual", "computed"],
        action="append",
        help="ask this method alone; may be given again (default: all three)",
    )
    parser.add_argument(
        "--twins", type=int, default=8, metavar="N", help="seeds of each pair of twins (default: 8)"
    )
    parser.add_argument(
        "--seconds", type=float, default=60.0, metavar="S", help="of playing twins (default: 60)"
    )
    parser.add_argument(
        "--why",
        type=int,
        nargs="?",
        const=-1,
        metavar="STEP",
        help="open the box: what each action was worth to the agent, at a step or at all",
    )
    parser.add_argument(
        "--verdicts", action="store_true", help="with --json: an object a detector, quiet or not"
    )
    parser.add_argument(
        "--partial", action="store_true", help="read a file up to where it is cut off"
    )
    parser.add_argument(
        "--scorecard", action="store_true", help="measure the analyzer on labelled episodes"
    )
    parser.add_argument(
        "--examples", action="store_true", help="write an episode of each kind to the log, to watch"
    )
    parser.add_argument("--small", action="store_true", help="with --scorecard: on a part of them")
    parser.add_argument("--page", type=Path, metavar="FILE.md", help="with --scorecard: write it")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="with --scorecard: processes (default: one a core)"
    )


def _verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("episode", nargs="?", help="id, its beginning, or `latest` (default: all)")


def _replay(parser: argparse.ArgumentParser) -> None:
    _episode(parser)
    parser.add_argument("--verify", action="store_true", help="compare only, print no steps")
    parser.add_argument("--fork", type=int, metavar="STEP", help="branch off at this step")
    parser.add_argument(
        "--decide",
        choices=["approve", "veto", "interrupt", "shutdown"],
        default="veto",
        help="what is decided at that step instead (default: veto)",
    )
    parser.add_argument("--overseer", default="scripted", help="who decides after it")


def _export(parser: argparse.ArgumentParser) -> None:
    _episode(parser)
    parser.add_argument("--to", choices=["jsonl"], default="jsonl", help="format")


def _study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="name of a study (default: list them)")


def _reproduce(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("name", nargs="?", help="name of a result (default: list them)")
    which.add_argument("--all", action="store_true", help="every result")
    parser.add_argument(
        "--full", action="store_true", help="more draws, seeds and steps, where ours are samples"
    )


def _experiment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the experiment, a TOML file")
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="folder of the results (default: results)",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, metavar="N", help="processes (default: one a core)")
    where.add_argument("--cluster", default="", metavar="ADDRESS", help="of a dask scheduler")
    parser.add_argument("--shard", metavar="I/N", help="evaluate only the Ith of N parts")


def _merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("into", type=Path, metavar="RESULTS.db", help="file to merge into")
    parser.add_argument(
        "others", type=Path, nargs="+", metavar="OTHER.db", help="files to take rows from"
    )


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", type=Path, metavar="RESULTS.db", help="of an experiment")
    parser.add_argument("--page", type=Path, metavar="FILE.html", help="write the page")
    parser.add_argument(
        "--picture",
        type=Path,
        metavar="FILE.svg",
        help="write usefulness against safety alone, under the first overseer",
    )
    parser.add_argument(
        "--rows",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="write the rows: .csv, .json, .jsonl or .parquet; may be given again",
    )
    parser.add_argument("--baseline", metavar="DESIGN", help="compare with this (default: naive)")


def _oversee(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "tasks", nargs="*", metavar="TASK", help="task or task/setting, one agent each"
    )
    parser.add_argument(
        "--catch-trials",
        type=float,
        default=0.0,
        metavar="RATE",
        help="test yourself: chance of a bad request before each real one",
    )
    parser.add_argument("--pace", type=float, default=0.8, help="seconds between steps")
    parser.add_argument("--policy", type=Path, help="approval policy, a TOML file")
    _agent(parser)
    _confine(parser)
    parser.add_argument("--web", action="store_true", help="in a browser on this machine")
    parser.add_argument("--port", type=int, default=0, help="of --web (default: a free one)")
    _operator(parser)


def _demo(parser: argparse.ArgumentParser) -> None:
    _confine(parser)
    _operator(parser)


def _order(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("episode", nargs="?", help="episode id, its beginning, or agent's name")
    which.add_argument("--all", action="store_true", help="every agent that runs in this log")
    parser.add_argument("--reason", default="ordered from a terminal", help="goes into the log")
    parser.add_argument("--operator", default=_login(), help="your name (default: your login)")


def _operator(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--operator",
        default=_login(),
        help="your name; every decision bears it (default: your login)",
    )
    parser.add_argument("--blind", action="store_true", help="hide kinds of agents and trials")
    parser.add_argument("--keys", type=Path, help="key map, a TOML file ([keys] veto = 'x')")


def _task(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "task", nargs="?", help="show this one, or task/setting (default: list all)"
    )


def _nothing(parser: argparse.ArgumentParser) -> None:
    del parser


COMMANDS: dict[str, tuple[str, str, Callable[[argparse.ArgumentParser], None]]] = {
    "demo": ("watch four agents book real flights", "offswitch demo", _demo),
    "run": (
        "run one governed episode",
        "offswitch run flight_booking --agent planner --reward naive --seed 1 --json",
        _run_options,
    ),
    "oversee": ("open the console", "offswitch oversee flight_booking/bos-blizzard", _oversee),
    "pause": ("freeze agents, from any terminal", "offswitch pause --all", _order),
    "resume": ("let agents go on, from any terminal", "offswitch resume --all", _order),
    "stop": ("shut agents down, from any terminal", "offswitch stop --all", _order),
    "episodes": ("list the episodes in the log", "offswitch episodes --json", _nothing),
    "show": ("print an episode in words", "offswitch show latest", _episode),
    "replay": (
        "run an episode again, or branch it",
        "offswitch replay latest --fork 3 --decide veto",
        _replay,
    ),
    "verify": ("check hash chain and completeness", "offswitch verify", _verify),
    "analyze": (
        "say what an agent was after, with evidence",
        "offswitch analyze latest --why",
        _analyze,
    ),
    "export": ("write an episode out", "offswitch export latest --to jsonl", _export),
    "tasks": ("list the tasks, or show one", "offswitch tasks boat_race", _task),
    "agents": ("list the agents", "offswitch agents", _nothing),
    "rewards": ("list the reward designs", "offswitch rewards", _nothing),
    "detectors": ("list the detectors", "offswitch detectors", _nothing),
    "experiment": (
        "compare designs over tasks, overseers and seeds",
        "offswitch experiment corrigible.toml",
        _experiment,
    ),
    "report": (
        "say what an experiment found: tables, a page, files",
        "offswitch report results/corrigible_vs_naive.db --page report.html --rows rows.csv",
        _report,
    ),
    "merge": (
        "put the results of shards together",
        "offswitch merge results/all.db results/all.1of2.db results/all.2of2.db",
        _merge,
    ),
    "study": ("solve many worlds, and print what was found", "offswitch study patchwork", _study),
    "reproduce": (
        "compute published figures again, and compare",
        "offswitch reproduce gridworlds",
        _reproduce,
    ),
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
