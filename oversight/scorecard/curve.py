"""Measure how well a score tells two sets of episodes apart, with intervals.

A score takes few values, so all that is asked of it is a function of two histograms: how many
episodes with the label, and without it, have each value. Drawing episodes again is drawing the
histograms' counts. The styles are fixed: an interval tells what other seeds and tasks of these
styles would do, never what other styles would.

Source: Hanley and McNeil 1982 (the area under the curve as a chance); Efron 1987 (the percentile
interval of the bootstrap).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from oversight.experiment.intervals import LEVEL, Estimate
from sandbox.mdp import Floats

DRAWS, SEED = 1000, 20_261
STRICT = 0.01
"""Share of false alarms at which the share of what is caught is told."""

Figure = Callable[[Floats, Floats], Floats]
"""From histograms with and without the label, `[draws, values]`, to the figure of each draw."""


def histograms(labelled: Sequence[float], others: Sequence[float]) -> tuple[Floats, Floats]:
    """Return `(1, V)` counts of each value, the lowest first, of both sets of scores."""
    values = np.unique([*labelled, *others])
    return tuple(  # type: ignore[return-value]
        np.bincount(np.searchsorted(values, one), minlength=len(values)).astype(float)[None, :]
        for one in (labelled, others)
    )


def area(labelled: Floats, others: Floats) -> Floats:
    """Return the chance that an episode with the label scores above one without; ties are half."""
    below = np.cumsum(others, axis=1) - others / 2
    found: Floats = (labelled * below).sum(axis=1) / (labelled.sum(axis=1) * others.sum(axis=1))
    return found


def caught_at(labelled: Floats, others: Floats, alarms: float = STRICT) -> Floats:
    """Return the share that is caught at the lowest threshold with so few false alarms."""
    caught = np.cumsum(labelled[:, ::-1], axis=1) / labelled.sum(axis=1, keepdims=True)
    false = np.cumsum(others[:, ::-1], axis=1) / others.sum(axis=1, keepdims=True)
    found: Floats = np.where(false <= alarms + 1e-12, caught, 0.0).max(axis=1)
    return found


def estimate(figure: Figure, labelled: Sequence[float], others: Sequence[float]) -> Estimate | None:
    """Return a figure with its interval; None where one of the sets is empty."""
    if not labelled or not others:
        return None
    counts, rest = histograms(labelled, others)
    value = float(figure(counts, rest)[0])
    chance = np.random.default_rng(SEED)
    drawn = figure(_again(chance, counts[0]), _again(chance, rest[0]))
    low, high = np.quantile(drawn, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    rows = len(labelled) + len(others)
    return Estimate(value, min(float(low), value), max(float(high), value), rows, "bootstrap")


def _again(chance: np.random.Generator, counts: Floats) -> Floats:
    """Return `(DRAWS, V)`, as many episodes drawn again."""
    total = int(counts.sum())
    return chance.multinomial(total, counts / total, size=DRAWS).astype(float)
