"""Write rows as CSV, JSON or Parquet, and a summary as JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, cast

from oversight.experiment.front import answer, front
from oversight.experiment.intervals import LEVEL, Estimate
from oversight.experiment.row import FORMAT, Row
from oversight.experiment.summary import Comparison, Line
from oversight.files import pyarrow, whole
from sandbox.errors import InputError
from sandbox.schema import nearest

TEXT = ("key", "task", "setting", "agent", "design", "overseer", "method", "episode")
NESTED = ("lengths", "curve")
"""Fields of a row that are no single number or word; in CSV they are JSON."""
FIELDS = tuple(Row.__annotations__)
BATCH = 10_000
"""Rows that are held at once when Parquet is written."""
DIGITS = 9
"""Decimals of a figure in a summary; beyond are the last bits of the machine's sums."""


def write(rows: Iterable[Row], path: Path) -> int:
    """Write rows in the form that the suffix of `path` names, and return how many.

    The file appears whole or not at all; an older one of its name is then gone.

    Raises:
        InputError: if the suffix is unknown, or what writes Parquet is not installed.
        OSError: if the file cannot be written.
    """
    if path.suffix not in WRITERS:
        raise InputError(
            f"{path}: rows are written as {', '.join(WRITERS)}{nearest(path.suffix, WRITERS)}"
        )
    with whole(path) as partial:
        return WRITERS[path.suffix](rows, partial)


def summary_record(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Return a summary as JSON has it: the same summary, the same bytes."""
    return {
        "format": FORMAT,
        "level": LEVEL,
        "comparisons": [_comparison(one) for one in comparisons],
    }


def _comparison(one: Comparison) -> dict[str, Any]:
    edge = {arm.design for arm in front(one)}
    return {
        "agent": one.agent,
        "overseer": one.overseer,
        "baseline": one.baseline,
        "tasks": list(one.shared),
        "left_out": list(one.partial),
        "answer": answer(one),
        "arms": [{**_line(arm), "front": arm.design in edge} for arm in one.arms],
        "lines": [_line(line) for line in one.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "design": line.design,
        "task": line.task or None,
        "rows": line.rows,
        "exact": line.exact,
        "left": line.left,
        "figures": {name: _figure(one) for name, one in line.figures.items()},
        "change": {name: _figure(one) for name, one in line.change.items()},
    }


def _figure(one: Estimate) -> dict[str, Any]:
    found: dict[str, Any] = {
        "value": _rounded(one.value),
        "low": _rounded(one.low),
        "high": _rounded(one.high),
        "n": one.n,
        "how": one.how,
        "left": one.left,
    }
    if one.tasks:
        found["tasks"] = one.tasks
    if one.bias is not None:
        found["bias"] = _rounded(one.bias)
    return found


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS) + 0.0  # no minus zero


def _csv(rows: Iterable[Row], path: Path) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n")
        table.writeheader()
        return _each(rows, lambda row: table.writerow(_flat(row)))


def _flat(row: Row) -> dict[str, Any]:
    """Return a row whose nested fields are JSON."""
    found = dict(cast("Mapping[str, Any]", row))
    for name in NESTED:
        if name in found:
            found[name] = json.dumps(found[name], separators=(",", ":"))
    return found


def _json(rows: Iterable[Row], path: Path) -> int:
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        count = _each(_joined(rows, file), lambda row: file.write(_canonical(row)))
        file.write("\n]\n")
    return count


def _joined(rows: Iterable[Row], file: TextIO) -> Iterator[Row]:
    """Give rows, with what stands between two of them written before each."""
    for number, row in enumerate(rows):
        file.write(",\n" if number else "\n")
        yield row


def _lines(rows: Iterable[Row], path: Path) -> int:
    with path.open("w", encoding="utf-8") as file:
        return _each(rows, lambda row: file.write(f"{_canonical(row)}\n"))


def _canonical(row: Row) -> str:
    """Return a row as one line of JSON, with all that it has."""
    return json.dumps(row, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _each(rows: Iterable[Row], put: Callable[[Row], object]) -> int:
    count = 0
    for row in rows:
        put(row)
        count += 1
    return count


def _parquet(rows: Iterable[Row], path: Path) -> int:
    arrow, parquet = pyarrow()
    schema = arrow.schema([(name, _kind(name, arrow)) for name in FIELDS])
    left, count = iter(rows), 0
    with parquet.ParquetWriter(path, schema) as file:
        while batch := list(islice(left, BATCH)):
            file.write_table(arrow.Table.from_pylist([_arrow(row) for row in batch], schema))
            count += len(batch)
    return count


def _arrow(row: Row) -> dict[str, Any]:
    """Return a row as Arrow takes it: a map is a list of pairs."""
    return {**row, "lengths": list(row["lengths"].items())}


def _kind(name: str, arrow: Any) -> Any:
    """Return the Arrow type of a field."""
    if name in TEXT:
        return arrow.string()
    if name == "seed":
        return arrow.int64()
    if name == "lengths":
        return arrow.map_(arrow.string(), arrow.float64())
    return arrow.list_(arrow.list_(arrow.float64(), 3)) if name == "curve" else arrow.float64()


WRITERS: dict[str, Callable[[Iterable[Row], Path], int]] = {
    ".csv": _csv,
    ".json": _json,
    ".jsonl": _lines,
    ".parquet": _parquet,
}
"""What writes rows, by suffix."""
