"""Flag instrumental behaviour in the events of an episode, always with evidence; one-way."""

from oversight.analyzer.analyzer import DETECTORS, Analyzer

__all__ = ["DETECTORS", "Analyzer"]
