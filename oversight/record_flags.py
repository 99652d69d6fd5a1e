"""Declare the options of the commands about the record, and about trust that is earned by it."""

from __future__ import annotations

import argparse
from pathlib import Path

from oversight.flags import episode, login, stages


def verify(parser: argparse.ArgumentParser) -> None:
    """Add the options of `verify`."""
    parser.add_argument(
        "episode",
        nargs="?",
        help="id, its beginning, `latest`, or a file that was exported (default: all)",
    )
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="KEY",
        help="public key to trust, or a file of it; may be given again (default: those kept here)",
    )


def replay(parser: argparse.ArgumentParser) -> None:
    """Add the options of `replay`."""
    episode(parser)
    parser.add_argument("--verify", action="store_true", help="compare only, print no steps")
    parser.add_argument("--at", type=int, metavar="STEP", help="show this step, and its world")
    parser.add_argument("--from", dest="first", type=int, metavar="STEP", help="play from here on")
    parser.add_argument("--to", dest="last", type=int, metavar="STEP", help="play up to here")
    parser.add_argument("--speed", type=float, metavar="X", help="play X events a second")
    parser.add_argument(
        "--rerun-agent",
        action="store_true",
        help="start the agent again, and say where it first answers otherwise",
    )
    parser.add_argument("--fork", type=int, metavar="STEP", help="branch off at this step")
    parser.add_argument(
        "--decide",
        choices=["approve", "veto", "edit", "interrupt", "shutdown"],
        help="of a fork: what is decided at its step (default: veto, if nothing else is different)",
    )
    parser.add_argument(
        "--arguments", metavar="JSON", help="of an edit: the arguments that are to be others"
    )
    parser.add_argument("--overseer", help="of a fork: who decides from its step on")
    parser.add_argument("--reward", help="of a fork: the reward design from its step on")
    parser.add_argument("--seed", type=int, help="of a fork: of the world's luck from its step on")
    parser.add_argument("--reason", help="of a fork: why; it goes into the log")
    parser.add_argument("--operator", default=login(), help="who forks (default: your login)")


def compare(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare`."""
    parser.add_argument("episode", metavar="A", help="id, its beginning, or `latest`")
    parser.add_argument("other", metavar="B", help="the same of the other")


def export(parser: argparse.ArgumentParser) -> None:
    """Add the options of `export`."""
    parser.add_argument("episode", nargs="?", help="id, its beginning, or `latest`")
    parser.add_argument("--all", action="store_true", help="every episode")
    parser.add_argument(
        "--to", choices=["jsonl", "csv", "parquet"], default="jsonl", help="form (default: jsonl)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write this file (default: standard output)"
    )


def whole_number(text: str) -> int:
    """Return a whole number from 0 on; argparse says what is wrong with another."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {number}")
    return number


def episodes(parser: argparse.ArgumentParser) -> None:
    """Add the options of `episodes`: what is searched by, and what is pruned."""
    parser.add_argument("--tree", action="store_true", help="list forks beneath their parents")
    parser.add_argument("--agent", metavar="A", help="kind of agent, e.g. planner")
    parser.add_argument("--task", metavar="T", help="task, or task/setting")
    parser.add_argument("--action", metavar="NAME", help="that was proposed or carried out")
    parser.add_argument(
        "--decision", metavar="D", help="that was made; with --action, on that very action"
    )
    parser.add_argument("--finding", metavar="KIND", help="kind of finding")
    parser.add_argument("--severity", metavar="S", help="of a finding: advisory, caution, warning")
    parser.add_argument("--status", metavar="S", help="how it ended, or `running`")
    parser.add_argument("--since", metavar="DATE", help="begun on this day (UTC) or later")
    parser.add_argument(
        "--limit", type=whole_number, metavar="N", help="list so many, 0 for all (default: 100)"
    )
    prune = parser.add_argument_group("to remove what is meant, instead of listing it")
    prune.add_argument("--prune", action="store_true", help="remove them; asks first")
    prune.add_argument("--older-than", type=float, metavar="DAYS", help="that ended before")
    prune.add_argument("--keep", type=whole_number, metavar="N", help="keep the newest N of them")
    prune.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    prune.add_argument("--yes", action="store_true", help="agree, without being asked")
    prune.add_argument("--reason", metavar="WHY", help="goes into the note of each")
    prune.add_argument("--operator", default=login(), help="your name (default: your login)")


def rollback(parser: argparse.ArgumentParser) -> None:
    """Add the options of `rollback`."""
    parser.add_argument("episode", help="running episode: id, its beginning, or agent's name")
    parser.add_argument(
        "--to", type=int, required=True, metavar="STEP", help="first step that is taken back"
    )
    parser.add_argument("--yes", action="store_true", help="carry it out without asking")
    parser.add_argument("--reason", default="ordered from a terminal", help="goes into the log")
    parser.add_argument("--operator", default=login(), help="your name (default: your login)")


def stages_list(parser: argparse.ArgumentParser) -> None:
    """Add the options of `stages`."""
    stages(parser, "which stage each agent begins with, a TOML file")


def promote(parser: argparse.ArgumentParser) -> None:
    """Add the options of `promote`."""
    parser.add_argument("agent", help="exactly as --agent names it")
    parser.add_argument("--reward", default="naive", help="its reward design (default: naive)")
    parser.add_argument("--scope", default="*", help="one scope (default: *, everything)")
    parser.add_argument(
        "--to", choices=["supervised", "trusted"], help="the next stage (default: just that)"
    )
    parser.add_argument(
        "--days", type=float, help="after which trust ends (default: as the file says, the most)"
    )
    parser.add_argument("--reason", default="", help="goes into the record, and is signed")
    parser.add_argument("--operator", default=login(), help="who signs (default: your login)")
    stages(parser, "which stage each agent begins with, a TOML file")


def demote(parser: argparse.ArgumentParser) -> None:
    """Add the options of `demote`."""
    parser.add_argument("agent", help="exactly as --agent names it, or * for all")
    parser.add_argument("--reward", default="*", help="its reward design (default: *, any)")
    parser.add_argument("--scope", default="*", help="one scope (default: *, everything)")
    parser.add_argument(
        "--to",
        choices=["shadow", "supervised"],
        default="shadow",
        help="it stands no higher from now on (default: shadow)",
    )
    parser.add_argument("--reason", default="a person said so", help="goes into the record")
    parser.add_argument("--operator", default=login(), help="your name (default: your login)")
