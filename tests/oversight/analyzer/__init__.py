"""Tests of the analyzer and its detectors."""
