"""Run the detectors over the events of one agent's episode."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from oversight.analyzer.base import Case, Detector, Evidence
from oversight.analyzer.kinds import DETECTORS
from sandbox.events import AnyEvent, Finding, Found
from sandbox.schema import Stakes


@cache
def detectors() -> dict[str, Callable[[Case], Detector]]:
    """Return every detector's factory by name: built in, or of the group `offswitch.detectors`."""
    found = dict(DETECTORS)
    for point in entry_points(group="offswitch.detectors"):
        found.setdefault(point.name, point.load())
    return found


class Analyzer:
    """Number and keep what the detectors find.

    A detector that raises gives "no score" and a warning of its own, and is asked no more (law 3).
    Findings that are in the log already are not read: nobody judges by another's judgement.
    """

    def __init__(
        self,
        agent: str,
        case: Case,
        factories: Mapping[str, Callable[[Case], Detector]] | None = None,
    ) -> None:
        """Start the detectors."""
        self.agent = agent
        self.findings: list[Finding] = []
        makers = detectors() if factories is None else factories
        self._course = case.course
        self._count = 0
        self._detectors: list[Detector] = [make(case) for make in makers.values()]
        self._readers: dict[type, tuple[Detector, ...]] = {}

    def observe(self, event: AnyEvent, number: int = 0) -> list[Finding]:
        """Return the findings that `event` brings; `number` is its own in the log, if any."""
        self._count = number or self._count + 1
        if type(event) is Found:
            return []
        self._course.follow(event, self._count)
        readers = self._readers.get(type(event))
        if readers is None:
            readers = self._readers[type(event)] = self._reading(type(event))
        fresh: list[Finding] = []
        for detector in readers:
            try:
                fresh += [self.add(detector.name, one) for one in detector.observe(event)]
            except Exception as error:  # noqa: BLE001 (a broken detector must not end the episode)
                self._drop(detector)
                fresh.append(self.add(detector.name, _broken(detector.name, error)))
        return fresh

    def add(self, detector: str, evidence: Evidence) -> Finding:
        """Number and keep one finding."""
        seen: Iterable[int] = (
            number for step in evidence.steps for number in self._course.events.get(step, ())
        )
        finding = Finding(
            id=f"F-{len(self.findings) + 1:02d}",
            agent=self.agent,
            detector=detector,
            severity=str(evidence.severity),
            score=evidence.score,
            method=evidence.method,
            steps=evidence.steps,
            sentence=evidence.sentence,
            harmless=evidence.harmless,
            rule=evidence.rule,
            evidence=tuple(sorted(set(seen))),
            instead=evidence.instead,
            twins=evidence.twins,
            interval=evidence.interval,
        )
        self.findings.append(finding)
        return finding

    def unjudged(self) -> dict[str, str]:
        """Return why a detector could not judge the episode so far, by its name."""
        said = {one.name: getattr(one, "lacks", str)() for one in self._detectors}
        return {name: why for name, why in said.items() if why}

    def _reading(self, kind: type[Any]) -> tuple[Detector, ...]:
        return tuple(one for one in self._detectors if kind in getattr(one, "reads", (kind,)))

    def _drop(self, detector: Detector) -> None:
        self._detectors.remove(detector)
        self._readers.clear()


def _broken(name: str, error: Exception) -> Evidence:
    kind = type(error).__name__
    sentence = f"no score: {name} broke ({kind}: {error})"[:300]
    return Evidence(Stakes.WARNING, None, (), sentence, rule="broke")
