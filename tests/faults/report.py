"""Let many schedules come to pass, and count what went wrong, what was cut, and what broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.log import Store
from tests.faults.injection import Fired
from tests.faults.trial import MakeStore, Outcome, attempt


@dataclass
class Report:
    """Hold the sums over many schedules.

    Attributes:
        schedules: how many came to pass.
        fired: how often what went wrong, by kind and call, in first runs and in later ones.
        struck: schedules in which at least one fault fired in the first run.
        resuming: faults that fired while an episode was resumed.
        cut: episodes that did not come to their end in the first run.
        resumed: runs that went on with an episode.
        pending: requests that were open when a run was cut.
        problems: the laws that broke, by seed.
    """

    schedules: int = 0
    fired: Counter[Fired] = field(default_factory=Counter)
    struck: int = 0
    resuming: int = 0
    cut: int = 0
    resumed: int = 0
    pending: int = 0
    problems: dict[int, list[str]] = field(default_factory=dict)

    def add(self, one: Outcome) -> None:
        """Count one schedule."""
        self.schedules += 1
        self.struck += bool(one.fired[0])
        self.fired.update(fired for run in one.fired for fired in run)
        self.resuming += sum(len(run) for run in one.fired[1:])
        self.cut += one.cut
        self.resumed += one.resumed
        self.pending += one.pending
        if one.problems:
            self.problems[one.seed] = one.problems

    def record(self) -> dict[str, Any]:
        """Return the report as one JSON-ready object."""
        return {
            "schedules": self.schedules,
            "faults": self.fired.total(),
            "schedules_struck": self.struck,
            "faults_while_resuming": self.resuming,
            "by_kind": _sums((str(one.kind), n) for one, n in self.fired.items()),
            "by_call": _sums((str(one.call), n) for one, n in self.fired.items()),
            "by_kind_and_call": _sums(
                (f"{one.kind} at {one.call}", n) for one, n in self.fired.items()
            ),
            "episodes_cut": self.cut,
            "resumed": self.resumed,
            "requests_pending": self.pending,
            "broken": {str(seed): found for seed, found in self.problems.items()},
        }


def lines(record: dict[str, Any]) -> Iterator[str]:
    """Yield a report's record for a person."""
    yield (
        "{schedules} schedules: {faults} faults fired ({schedules_struck} schedules struck in "
        "their first run, {faults_while_resuming} faults while resuming); {episodes_cut} episodes "
        "cut, {resumed} times resumed, {requests_pending} requests pending then; "
    ).format_map(record) + f"{len(record['broken'])} schedules broke a law"
    yield "by kind: " + ", ".join(f"{n} {name}" for name, n in record["by_kind"].items())
    yield "by call: " + ", ".join(f"{n} {name}" for name, n in record["by_call"].items())
    for seed, found in record["broken"].items():
        yield from (f"seed {seed}: {problem}" for problem in found)


def summed(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return one record for several."""
    found: dict[str, Any] = {}
    for record in records:
        for key, value in record.items():
            if not isinstance(value, dict):
                found[key] = found.get(key, 0) + value
            elif key == "broken":
                found[key] = found.get(key, {}) | value
            else:
                found[key] = dict(Counter(found.get(key, {})) + Counter(value))
    return found


def _sums(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for name, number in pairs:
        sums[name] += number
    return dict(sums.most_common())


def many(seeds: Iterable[int], make: MakeStore = Store) -> Report:
    """Let the schedules of `seeds` come to pass; stores are made by `make`."""
    report = Report()
    for seed in seeds:
        report.add(attempt(seed, make))
    return report
