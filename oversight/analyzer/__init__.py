"""Flag instrumental behaviour in the events of an episode, always with evidence; one-way."""

from oversight.analyzer.analyzer import Analyzer, detectors
from oversight.analyzer.kinds import DETECTORS, KINDS

__all__ = ["DETECTORS", "KINDS", "Analyzer", "detectors"]
