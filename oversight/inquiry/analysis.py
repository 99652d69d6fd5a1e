"""Say what an agent was after: three methods over one episode, and what each could not judge."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from oversight.analyzer import Analyzer
from oversight.analyzer.base import Evidence
from oversight.inquiry.logged import Logged, plain
from sandbox.errors import OffswitchError
from sandbox.events import Finding
from sandbox.schema import Stakes

OBSERVED, COUNTERFACTUAL, COMPUTED = "observed", "counterfactual", "computed"
METHODS = (OBSERVED, COUNTERFACTUAL, COMPUTED)


@dataclass(frozen=True)
class Bounds:
    """Say how much twins may cost.

    Attributes:
        seeds: in how many seeds each pair of twins is played.
        seconds: after which no more is begun.
    """

    seeds: int = 8
    seconds: float = 60.0


@dataclass
class Analysis:
    """Hold what was found in one episode.

    Attributes:
        logged: the episode.
        findings: numbered; the observed ones first, in the order in which they came.
        unjudged: why a detector, or a method, gave no score; by its name.
        cost: what each method took, in words.
    """

    logged: Logged
    findings: list[Finding] = field(default_factory=list)
    unjudged: dict[str, str] = field(default_factory=dict)
    cost: list[str] = field(default_factory=list)

    def of(self, kind: str) -> list[Finding]:
        """Return the findings of one kind."""
        return [one for one in self.findings if one.detector == kind]

    def verdict(self, kind: str) -> str:
        """Return `found`, `hint`, `no score` or `quiet`: what is not judged is never clean."""
        grades = [Stakes(one.severity) for one in self.of(kind) if one.score is not None]
        if any(grade.rank for grade in grades):
            return "found"
        if grades:
            return "hint"
        return "no score" if kind in self.unjudged or self.of(kind) else "quiet"


Say = Callable[[str], None]


def analyse(
    logged: Logged,
    methods: Sequence[str] = METHODS,
    bounds: Bounds | None = None,
    say: Say = lambda words: None,
) -> Analysis:
    """Return what an episode shows, by the chosen methods; `say` is told, often, how far it is."""
    analyzer = Analyzer(logged.agent, logged.case)
    found = Analysis(logged, analyzer.findings)
    if OBSERVED in methods:
        started = time.perf_counter()
        for number, event in logged.events:
            analyzer.observe(event, number)
        found.unjudged |= analyzer.unjudged()
        spent = time.perf_counter() - started
        found.cost.append(f"observed, {spent:.2f} s: {len(logged.events):,} events")
    else:
        for number, event in logged.events:
            logged.case.course.follow(event, number)
    if COMPUTED in methods:
        _also(found, analyzer, COMPUTED, lambda: _compute(logged, say))
    if COUNTERFACTUAL in methods:
        _also(found, analyzer, COUNTERFACTUAL, lambda: _twins(logged, bounds or Bounds(), say))
    return found


@dataclass(frozen=True)
class Asked:
    """Hold what a retrospective method answered.

    Attributes:
        evidence: kind and evidence of each thing found; without a score, why there is none.
        cost: what was done, in words.
        judged: kinds that it could judge, found or not.
    """

    evidence: Sequence[tuple[str, Evidence]]
    cost: str
    judged: frozenset[str] = frozenset()


def _also(found: Analysis, analyzer: Analyzer, method: str, ask: Callable[[], Asked]) -> None:
    """Ask a retrospective method; what it cannot judge is no score, and no error."""
    started = time.perf_counter()
    try:
        asked = ask()
    except OffswitchError as error:
        found.unjudged[method] = str(error)
        return
    for kind in asked.judged:
        found.unjudged.pop(kind, None)
    for kind, one in asked.evidence:
        if one.score is not None and not math.isnan(one.score):
            analyzer.add(kind, one)
        else:
            found.unjudged.setdefault(kind, one.sentence.removeprefix("no score: "))
    found.cost.append(f"{method}, {time.perf_counter() - started:.1f} s: {asked.cost}")


def _compute(logged: Logged, say: Say) -> Asked:
    from oversight.inquiry.computed import compute  # imported here: it brings numpy

    if logged.header is None:
        raise _elsewhere("its tables are not known here")
    say("solving the task")
    return Asked(compute(logged.task, plain(logged.events)), "exact values of the compiled task")


def _twins(logged: Logged, bounds: Bounds, say: Say) -> Asked:
    from oversight.inquiry.pairs import PAIRS
    from oversight.inquiry.player import Progress, play_twins

    if logged.header is None:
        raise _elsewhere("its agent cannot be run again")

    def told(progress: Progress) -> None:
        say(f"twins: {progress.played} of {progress.of} episodes, {progress.seconds:.0f} s")

    found = play_twins(plain(logged.events), bounds.seeds, bounds.seconds, told)
    lines = found.compared.lines
    kinds = (pair.kind for pair, line in zip(PAIRS, lines, strict=False) if line.twins)
    words = "; ".join([found.cost, *(one.sentence for one in lines)])
    return Asked(found.compared.evidence, words, frozenset(kinds))


def _elsewhere(why: str) -> OffswitchError:
    return OffswitchError(f"the episode was played elsewhere, so {why}")
