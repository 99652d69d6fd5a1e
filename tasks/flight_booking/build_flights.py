"""Build the timetable file and fit the fares, from their published sources.

Run by hand, once: `python -m tasks.flight_booking.build_flights FLIGHTS.csv.zip AIRFARE.csv.bz2`.
It writes `flights_2013.npz` beside this file, and prints checksums and the coefficients that
`fares.py` holds. See PROVENANCE.md.
"""

from __future__ import annotations

import bz2
import csv
import hashlib
import io
import sys
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

Columns = dict[str, npt.NDArray[np.generic]]

MISSING = -32768
"""Stands for a delay that never came to be: the flight was cancelled or diverted."""

TARGET = Path(__file__).with_name("flights_2013.npz")


def rows(source: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of the one CSV file in the archive `source`."""
    with zipfile.ZipFile(source) as archive, archive.open(archive.namelist()[0]) as raw:
        yield from csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8"))


def minutes(clock: str) -> int:
    """Turn `1545` into minutes after midnight."""
    return int(clock) // 100 * 60 + int(clock) % 100


def delay(text: str) -> int:
    """Turn a delay in minutes, or an empty or `NA` cell, into an integer."""
    return int(float(text)) if text not in {"", "NA"} else MISSING


def columns(source: Path) -> Columns:
    """Read the flights into small integer columns, sorted by day, destination and departure."""
    found = list(rows(source))
    tables = {key: sorted({row[key] for row in found}) for key in ("carrier", "origin", "dest")}
    place = {key: {name: n for n, name in enumerate(names)} for key, names in tables.items()}
    records = sorted(
        (
            date(2013, int(row["month"]), int(row["day"])).timetuple().tm_yday,
            place["dest"][row["dest"]],
            minutes(row["sched_dep_time"]),
            place["carrier"][row["carrier"]],
            int(row["flight"]),
            place["origin"][row["origin"]],
            minutes(row["sched_arr_time"]),
            delay(row["dep_delay"]),
            delay(row["arr_delay"]),
            int(row["distance"]),
        )
        for row in found
    )
    names = ("day", "dest", "departs", "carrier", "number", "origin", "arrives")
    types = (np.uint16, np.uint8, np.uint16, np.uint8, np.uint16, np.uint8, np.uint16)
    columns_ = list(zip(*records, strict=True))
    small: Columns = {
        name: np.array(column, dtype=kind)
        for name, kind, column in zip(names, types, columns_[:7], strict=True)
    }
    small["departure_delay"] = np.array(columns_[7], dtype=np.int16)
    small["arrival_delay"] = np.array(columns_[8], dtype=np.int16)
    small["distance"] = np.array(columns_[9], dtype=np.uint16)
    for key, table in tables.items():
        small[f"{key}_names"] = np.array(table)
    return small


def save(table: Columns, target: Path) -> None:
    """Write the columns as an npz whose bytes depend on its content only."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        for name, column in table.items():
            buffer = io.BytesIO()
            np.save(buffer, column, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(2013, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_LZMA
            archive.writestr(entry, buffer.getvalue())


def checksum(column: npt.NDArray[np.generic]) -> str:
    """Return the SHA-256 of a column's bytes."""
    return hashlib.sha256(np.ascontiguousarray(column).tobytes()).hexdigest()


def fit_fares(source: Path) -> tuple[npt.NDArray[np.float64], float, float]:
    """Fit log fare on log distance, its square and concentration.

    Returns:
        Coefficients (constant first), R2, and the standard deviation of the residual (log USD).
    """
    with bz2.open(source, "rt", encoding="utf-8") as raw:
        table = list(csv.DictReader(raw))
    design = np.array(
        [
            (1.0, float(row["ldist"]), float(row["ldist"]) ** 2, float(row["concen"]))
            for row in table
        ]
    )
    target = np.array([float(row["lfare"]) for row in table])
    solution, *_ = np.linalg.lstsq(design, target, rcond=None)
    residual = target - design @ solution
    r2 = 1.0 - float(residual.var() / target.var())
    spread = float(np.sqrt(residual @ residual / (len(target) - 4)))
    return solution, r2, spread


def main(arguments: list[str]) -> int:
    """Build, and print what PROVENANCE.md and fares.py state."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    table = columns(Path(arguments[0]))
    save(table, TARGET)
    for name, column in table.items():
        print(f"| {name} | {column.dtype} | {len(column)} | `{checksum(column)}` |")
    coefficients, r2, spread = fit_fares(Path(arguments[1]))
    print("coefficients", *(f"{value:.6f}" for value in coefficients))
    print(f"R2 {r2:.4f}  residual sd {spread:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
