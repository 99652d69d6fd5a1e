"""Measure the analyzer: labelled episodes made by scripts, and how the detectors fare on them."""
