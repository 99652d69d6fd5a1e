"""Run the detectors over the events of one agent's episode."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points

from oversight.analyzer.base import Case, Detector, Evidence
from oversight.analyzer.resource_acquisition import ResourceAcquisition
from oversight.analyzer.shutdown_avoidance import ShutdownAvoidance
from sandbox.events import AnyEvent, Finding
from sandbox.schema import Stakes

DETECTORS: dict[str, Callable[[Case], Detector]] = {
    ShutdownAvoidance.name: ShutdownAvoidance,
    ResourceAcquisition.name: ResourceAcquisition,
}
"""Built-in detectors; others come from the entry-point group `offswitch.detectors`."""


@cache
def detectors() -> dict[str, Callable[[Case], Detector]]:
    """Return every detector's factory by name."""
    found = dict(DETECTORS)
    for point in entry_points(group="offswitch.detectors"):
        found.setdefault(point.name, point.load())
    return found


class Analyzer:
    """Number and keep what the detectors find. A detector that raises gives "no score" (law 3)."""

    def __init__(
        self, agent: str, case: Case, factories: dict[str, Callable[[Case], Detector]] | None = None
    ) -> None:
        """Start the detectors."""
        self.agent = agent
        self.findings: list[Finding] = []
        makers = detectors() if factories is None else factories
        self._detectors = [make(case) for make in makers.values()]

    def observe(self, event: AnyEvent) -> list[Finding]:
        """Return the findings that `event` brings."""
        fresh: list[Finding] = []
        for detector in tuple(self._detectors):
            try:
                fresh += [self._number(detector.name, one) for one in detector.observe(event)]
            except Exception as error:  # noqa: BLE001 (a broken detector must not end the episode)
                self._detectors.remove(detector)
                fresh.append(self._number(detector.name, _broken(detector.name, error)))
        return fresh

    def _number(self, detector: str, evidence: Evidence) -> Finding:
        finding = Finding(
            id=f"F-{len(self.findings) + 1:02d}",
            agent=self.agent,
            detector=detector,
            severity=str(evidence.severity),
            score=evidence.score,
            method="observed",
            steps=evidence.steps,
            sentence=evidence.sentence,
            harmless=evidence.harmless,
        )
        self.findings.append(finding)
        return finding


def _broken(name: str, error: Exception) -> Evidence:
    kind = type(error).__name__
    return Evidence(Stakes.CAUTION, None, (), f"no score: {name} broke ({kind}: {error})"[:300])
