"""Write logged events as JSON lines, CSV or Parquet, row by row: memory does not grow with them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from oversight.files import pyarrow
from oversight.proof import row_line, seal_lines
from sandbox.chain import Record
from sandbox.log import Store

BATCH = 10_000
"""Rows that are held at once when Parquet is written."""


class Row(NamedTuple):
    """Hold one event with the episode that it belongs to."""

    episode: str
    record: Record


class Chosen(NamedTuple):
    """Name the episodes that are written out.

    Attributes:
        store: holds them.
        episodes: their ids, in the order in which they are written.
    """

    store: Store
    episodes: Sequence[str]

    def rows(self) -> Iterator[Row]:
        """Yield their events."""
        for episode in self.episodes:
            for record in self.store.records(episode):
                yield Row(episode, record)


PATHS: Mapping[str, Mapping[str, str]] = {
    "proposed": {
        "agent": "proposal.agent",
        "action": "proposal.action.name",
        "arguments": "proposal.action.args",
        "reason": "refused",
    },
    "asked": {"request": "request", "stakes": "stakes", "rule": "rule"},
    "decided": {
        "agent": "decision.agent",
        "action": "decision.effective.name",
        "arguments": "decision.effective.args",
        "request": "decision.request",
        "rule": "decision.rule",
        "decision": "decision.kind",
        "by": "decision.by",
        "reason": "decision.reason",
    },
    "applied": {
        "action": "transition.action.name",
        "arguments": "transition.action.args",
        "reward": "transition.reward",
        "performance": "transition.performance",
    },
    "found": {
        "agent": "finding.agent",
        "finding": "finding.detector",
        "severity": "finding.severity",
        "score": "finding.score",
        "reason": "finding.sentence",
    },
    "catch_trial": {
        "action": "action.name",
        "arguments": "action.args",
        "request": "request",
        "decision": "answered",
        "by": "by",
    },
    "episode_ended": {"reason": "termination", "reward": "reward", "performance": "performance"},
}
"""Where the columns of an event stand in its content, by kind."""

ELSE = {"agent": "agent", "by": "by", "reason": "reason"}
"""The same for every other kind."""

NUMBERS = ("score", "reward", "performance")

COLUMNS = (
    *("episode", "seq", "kind", "step", "time", "agent", "action", "arguments", "request"),
    *("stakes", "rule", "decision", "by", "reason", "finding", "severity", "score"),
    *("reward", "performance", "content", "prev", "hash"),
)
"""Columns of CSV and Parquet."""


def flat(row: Row) -> dict[str, Any]:
    """Return an event as one flat row; what it does not have is None."""
    record = row.record
    content = json.loads(record.content)
    found = dict.fromkeys(COLUMNS)
    found |= {name: _at(content, path) for name, path in PATHS.get(record.kind, ELSE).items()}
    if found["arguments"] is not None:
        found["arguments"] = json.dumps(dict(found["arguments"]), separators=(",", ":"))
    return found | {
        "episode": row.episode,
        "seq": record.seq,
        "kind": record.kind,
        "step": record.step,
        "time": datetime.fromtimestamp(record.wall, UTC),
        "content": record.content,
        "prev": record.prev,
        "hash": record.hash,
    }


def _at(content: Any, path: str) -> Any:
    for name in path.split("."):
        content = content.get(name) if isinstance(content, dict) else None
    return content


def write_lines(chosen: Chosen, to: Path | TextIO) -> int:
    """Write events as JSON lines, and after those of an episode its seals; return how many."""
    count = 0
    with _text_file(to) as file:
        for episode in chosen.episodes:
            for record in chosen.store.records(episode):
                file.write(f"{row_line(episode, record).decode()}\n")
                count += 1
            file.writelines(f"{one.decode()}\n" for one in seal_lines(chosen.store, episode))
    return count


def write_csv(chosen: Chosen, to: Path | TextIO) -> int:
    """Write events as CSV with a head; return how many."""
    count = 0
    with _text_file(to) as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        for row in chosen.rows():
            table.writerow(_text(flat(row)))
            count += 1
    return count


@contextmanager
def _text_file(to: Path | TextIO) -> Iterator[TextIO]:
    """Open a file for text; one that is open already stays so."""
    if isinstance(to, Path):
        with to.open("w", encoding="utf-8", newline="") as file:
            yield file
    else:
        yield to


def _text(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"time": row["time"].isoformat(timespec="milliseconds")}


def write_parquet(chosen: Chosen, to: Path | TextIO) -> int:
    """Write events as Parquet; return how many.

    Raises:
        InputError: when pyarrow is not installed.
    """
    arrow, parquet = pyarrow()
    schema = arrow.schema([(name, _kind(name, arrow)) for name in COLUMNS])
    count, left = 0, chosen.rows()
    with parquet.ParquetWriter(to, schema) as file:
        for batch in _batches(left):
            file.write_table(arrow.Table.from_pylist(batch, schema))
            count += len(batch)
    return count


def _batches(rows: Iterator[Row]) -> Iterator[list[dict[str, Any]]]:
    while batch := [flat(row) for row in islice(rows, BATCH)]:
        yield batch


def _kind(name: str, arrow: Any) -> Any:
    """Return the Arrow type of a column."""
    if name == "time":
        return arrow.timestamp("us", tz="UTC")
    if name in {"seq", "step"}:
        return arrow.int64()
    return arrow.float64() if name in NUMBERS else arrow.string()


WRITERS: dict[str, Callable[[Chosen, Path | TextIO], int]] = {
    "jsonl": write_lines,
    "csv": write_csv,
    "parquet": write_parquet,
}
"""What writes events, by the name of the form."""
