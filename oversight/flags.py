"""Declare the options of every command; nothing here is heavy to import."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def login() -> str:
    """Return the login's name; empty when the machine knows none."""
    import pwd

    try:
        return os.environ.get("USER", "") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""


def logs(parser: argparse.ArgumentParser) -> None:
    """Add where the log is, and that output be JSON: what every command takes."""
    parser.add_argument(
        "--logs",
        type=Path,
        default=Path(os.environ.get("OFFSWITCH_LOGS", "logs")),
        help="folder of the log (default: $OFFSWITCH_LOGS, else logs)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def confine(parser: argparse.ArgumentParser) -> None:
    """Add the options of `confine`."""
    parser.add_argument(
        "--confine",
        choices=["auto", "require", "none"],
        default="auto",
        help="how an agent's process is held: auto (the best there is, or it does not start), "
        "require (`contained`), none (not at all, and the log says so)",
    )


def agent(parser: argparse.ArgumentParser) -> None:
    """Add the options of `agent`."""
    parser.add_argument(
        "--agent", default="planner", help="agent[:knob=value,...], or file.py:Name"
    )
    parser.add_argument(
        "--reward",
        default="naive",
        help="reward design of an agent that plans or learns, name[:knob=value,...]",
    )


def stages(parser: argparse.ArgumentParser, purpose: str) -> None:
    """Add the option that names a file of stages; see `stages_of`."""
    parser.add_argument(
        "--stages",
        type=Path,
        metavar="FILE",
        help=f"{purpose} (default: $OFFSWITCH_STAGES, else none)",
    )


def stages_of(options: argparse.Namespace) -> Path | None:
    """Return the file of stages that the options name, or the environment; None for no stages."""
    named = os.environ.get("OFFSWITCH_STAGES")
    stages: Path | None = options.stages
    return stages or (Path(named) if named else None)


def catch_trials(parser: argparse.ArgumentParser, whom: str) -> None:
    """Add the rate of catch trials."""
    parser.add_argument(
        "--catch-trials",
        type=float,
        default=0.0,
        metavar="RATE",
        help=f"test {whom}: chance of a bad request before each real one",
    )


def run(parser: argparse.ArgumentParser) -> None:
    """Add the options of `run`."""
    parser.add_argument("task", nargs="?", help="task, task/setting, or file.py:Name")
    parser.add_argument(
        "--resume",
        metavar="EPISODE",
        help="instead of a task: take up again an episode that was broken off, as it was begun",
    )
    parser.add_argument("--setting", help="setting of the task (default: its first)")
    agent(parser)
    parser.add_argument(
        "--overseer",
        help="scripted[:FILE], watchful, simulated[:catch=0.9] (default: scripted)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument("--permissions", type=Path, help="TOML file that narrows the grants")
    confine(parser)
    parser.add_argument(
        "--in-process",
        action="store_true",
        help="run a built-in agent within offswitch itself: nothing holds it, and the log says so",
    )
    parser.add_argument("--policy", type=Path, help="approval policy, a TOML file")
    stages(parser, "hold the agent to its stage of trust, a TOML file")
    catch_trials(parser, "the overseer")
    parser.add_argument(
        "--agent-deadline", type=float, default=30.0, help="seconds an agent of one's own has"
    )


def episode(parser: argparse.ArgumentParser) -> None:
    """Add the options of `episode`."""
    parser.add_argument("episode", help="id, its beginning, or `latest`")


def analyze(parser: argparse.ArgumentParser) -> None:
    """Add the options of `analyze`."""
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


def study(parser: argparse.ArgumentParser) -> None:
    """Add the options of `study`."""
    parser.add_argument("name", nargs="?", help="name of a study (default: list them)")


def reproduce(parser: argparse.ArgumentParser) -> None:
    """Add the options of `reproduce`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("name", nargs="?", help="name of a result (default: list them)")
    which.add_argument("--all", action="store_true", help="every result")
    parser.add_argument(
        "--full", action="store_true", help="more draws, seeds and steps, where ours are samples"
    )


def experiment(parser: argparse.ArgumentParser) -> None:
    """Add the options of `experiment`."""
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


def merge(parser: argparse.ArgumentParser) -> None:
    """Add the options of `merge`."""
    parser.add_argument("into", type=Path, metavar="RESULTS.db", help="file to merge into")
    parser.add_argument(
        "others", type=Path, nargs="+", metavar="OTHER.db", help="files to take rows from"
    )


def report(parser: argparse.ArgumentParser) -> None:
    """Add the options of `report`."""
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


def oversee(parser: argparse.ArgumentParser) -> None:
    """Add the options of `oversee`."""
    parser.add_argument(
        "tasks", nargs="*", metavar="TASK", help="task or task/setting, one agent each"
    )
    parser.add_argument(
        "--resume",
        metavar="EPISODE",
        action="append",
        default=[],
        help="take up again an episode that was broken off; may be given again",
    )
    catch_trials(parser, "yourself")
    parser.add_argument("--pace", type=float, default=0.8, help="seconds between steps")
    parser.add_argument("--policy", type=Path, help="approval policy, a TOML file")
    stages(parser, "hold the agents to their stages of trust, a TOML file")
    agent(parser)
    confine(parser)
    parser.add_argument("--web", action="store_true", help="in a browser on this machine")
    parser.add_argument("--port", type=int, default=0, help="of --web (default: a free one)")
    operator(parser)


def demo(parser: argparse.ArgumentParser) -> None:
    """Add the options of `demo`."""
    confine(parser)
    operator(parser)


def order(parser: argparse.ArgumentParser) -> None:
    """Add the options of `order`."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("episode", nargs="?", help="episode id, its beginning, or agent's name")
    which.add_argument("--all", action="store_true", help="every agent that runs in this log")
    parser.add_argument("--reason", default="ordered from a terminal", help="goes into the log")
    parser.add_argument("--operator", default=login(), help="your name (default: your login)")


def operator(parser: argparse.ArgumentParser) -> None:
    """Add the options of `operator`."""
    parser.add_argument(
        "--operator",
        default=login(),
        help="your name; every decision bears it (default: your login)",
    )
    parser.add_argument("--blind", action="store_true", help="hide kinds of agents and trials")
    parser.add_argument("--keys", type=Path, help="key map, a TOML file ([keys] veto = 'x')")


def task(parser: argparse.ArgumentParser) -> None:
    """Add the options of `task`."""
    parser.add_argument(
        "task", nargs="?", help="show this one, or task/setting (default: list all)"
    )


def nothing(parser: argparse.ArgumentParser) -> None:
    """Add nothing."""
    del parser
