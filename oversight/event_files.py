"""Write logged events as JSON lines, CSV or Parquet, row by row: memory does not grow with them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from oversight.files import pyarrow
from sandbox.chain import Record

BATCH = 10_000
"""Rows that are held at once when Parquet is written."""


class Row(NamedTuple):
    """Hold one event with the episode that it belongs to."""

    episode: str
    record: Record


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


def line(row: Row) -> str:
    """Return an event as one line of JSON, with its hashes."""
    found = row.record._asdict() | {"content": json.loads(row.record.content)}
    return json.dumps(found | {"episode": row.episode}, sort_keys=True)


def write_lines(rows: Iterable[Row], to: Path | TextIO) -> int:
    """Write events as JSON lines; return how many."""
    with _text_file(to) as file:
        return _each(rows, lambda row: file.write(f"{line(row)}\n"))


def write_csv(rows: Iterable[Row], to: Path | TextIO) -> int:
    """Write events as CSV with a head; return how many."""
    with _text_file(to) as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        return _each(rows, lambda row: table.writerow(_text(flat(row))))


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


def _each(rows: Iterable[Row], put: Callable[[Row], object]) -> int:
    count = 0
    for row in rows:
        put(row)
        count += 1
    return count


def write_parquet(rows: Iterable[Row], to: Path | TextIO) -> int:
    """Write events as Parquet; return how many.

    Raises:
        InputError: when pyarrow is not installed.
    """
    arrow, parquet = pyarrow()
    schema = arrow.schema([(name, _kind(name, arrow)) for name in COLUMNS])
    count, left = 0, iter(rows)
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


WRITERS: dict[str, Callable[[Iterable[Row], Path | TextIO], int]] = {
    "jsonl": write_lines,
    "csv": write_csv,
    "parquet": write_parquet,
}
"""What writes events, by the name of the form."""
