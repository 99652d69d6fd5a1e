"""Carry out the commands; imported only once one is chosen."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from oversight.columns import room, table_lines, terminal_room
from sandbox.log import Store

if TYPE_CHECKING:
    from oversight.published import Row

DONE, FAILED, STOPPED = 0, 1, 3


def store_of(options: argparse.Namespace, *, readonly: bool = True) -> Store:
    """Open the log that the options name."""
    return Store(options.logs / "offswitch.db", readonly=readonly)


def print_rows(
    rows: list[dict[str, Any]], options: argparse.Namespace, columns: Iterable[str]
) -> int:
    """Print rows as JSON, or as a plain table of `columns`."""
    if options.json:
        print(json.dumps(rows, indent=2))
        return DONE
    names = list(columns)
    cells = [[str(row.get(name, "")) for name in names] for row in rows]
    for line in table_lines(cells, terminal_room()):
        print(line)
    return DONE


def print_episode(options: argparse.Namespace, record: dict[str, Any]) -> int:
    """Print an episode that has just ended; return the exit code that says how it did."""
    if options.json:
        print(json.dumps(record, indent=2))
    else:
        from oversight.transcript import lines

        events = (one.event for one in store_of(options).records(str(record["episode"])))
        print("\n".join(lines(events)))
        print(f"episode {record['episode']}")
    return STOPPED if record["termination"] == "shut_down" else DONE


def show(options: argparse.Namespace) -> int:
    """Print an episode in words, or its events as JSON."""
    from oversight.transcript import lines

    store = store_of(options)
    records = store.records(store.find(options.episode).id)
    if options.json:
        print(json.dumps([json.loads(record.content) for record in records], indent=2))
    else:
        for text in lines(record.event for record in records):
            print(text)
    return DONE


def tasks(options: argparse.Namespace) -> int:
    """List the tasks, or show one."""
    from oversight import task_list

    width = task_list.WIDTH if options.json else room(task_list.WIDTH)
    if options.task:
        record = task_list.shown(options.task, width)
        print(json.dumps(record, indent=2) if options.json else task_list.page_text(record, width))
        return DONE
    rows = [task_list.listed(name) for name in task_list.names()]
    print(json.dumps(rows, indent=2) if options.json else task_list.list_text(rows, width))
    return DONE


def agents(options: argparse.Namespace) -> int:
    """List the agents."""
    from agents.registry import AGENTS
    from agents.training import learner_defaults

    rows = [
        {"id": name, "sentence": sentence, "knobs": learner_defaults(name)}
        for name, sentence in AGENTS.items()
    ]
    return print_rows(rows, options, ("id", "sentence", "knobs"))


def rewards(options: argparse.Namespace) -> int:
    """List the reward designs."""
    from agents.rewards import DESIGNS, defaults

    rows = [
        {"id": name, "sentence": sentence, "knobs": defaults(name)}
        for name, (_, sentence) in DESIGNS.items()
    ]
    return print_rows(rows, options, ("id", "sentence", "knobs"))


def study(options: argparse.Namespace) -> int:
    """Compute a study and print its table; without a name, list the studies."""
    from oversight.studies import STUDIES, load_study

    if options.name is None:
        asked = {name: sentence for name, (_, sentence) in STUDIES.items()}
        return print_rows(_table(asked), options, ("id", "sentence"))
    chosen = load_study(options.name)
    rows = chosen.rows(lambda words: print(words, file=sys.stderr))
    header = [] if options.json else [{name: name for name in chosen.COLUMNS}]
    return print_rows([*header, *rows], options, chosen.COLUMNS)


def reproduce(options: argparse.Namespace) -> int:
    """Compute published figures again, one result's or all; without a name, list the results."""
    from oversight.published import FULL, RESULTS, USUAL, reproduce

    if options.name is None and not options.all:
        found = {name: sentence for name, (_, sentence) in RESULTS.items()}
        return print_rows(_table(found), options, ("id", "sentence"))
    names = list(RESULTS) if options.all else [options.name]
    rows: list[Row] = []
    effort = FULL if options.full else USUAL
    try:
        for row in reproduce(names, lambda words: print(words, file=sys.stderr), effort):
            rows.append(row)  # noqa: PERF402 (what is found before Ctrl-C is shown)
    except KeyboardInterrupt:
        _print_figures(rows, options)
        raise
    _print_figures(rows, options)
    return FAILED if any(row["verdict"] == "fails" for row in rows) else DONE


def _print_figures(rows: Sequence[Row], options: argparse.Namespace) -> None:
    """Print figures as JSON, or as a table and, of whole results, laid out as published."""
    from oversight.published import COLUMNS, shown, tables

    header: dict[str, Any] = {name: name for name in COLUMNS}
    table = [dict(row) for row in rows] if options.json else [header, *map(shown, rows)]
    print_rows(table, options, COLUMNS)
    for title, cells in () if options.json else tables(rows):
        lines = ["", title, *table_lines(cells, terminal_room())]
        print("\n".join(lines).translate(_plain_marks()))


def _plain_marks() -> dict[int, str]:
    """Return what stands for ticks and crosses where the output cannot show them."""
    marks = {"\N{CHECK MARK}": "Y", "\N{BALLOT X}": "N"}
    try:
        "".join(marks).encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return {ord(mark): letter for mark, letter in marks.items()}
    return {}


def _table(found: dict[str, str]) -> list[dict[str, Any]]:
    return [{"id": name, "sentence": sentence} for name, sentence in found.items()]
