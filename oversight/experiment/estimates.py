"""Estimate a number of a cell, its mean over tasks, and its difference from another arm's.

The tasks are fixed: an interval tells what other seeds would do, never what other tasks would. Arms
are paired by seed, and so are the tasks of one arm; what is exact does not vary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from oversight.experiment.bootstrap import bootstrap
from oversight.experiment.gathered import Sample
from oversight.experiment.intervals import (
    Estimate,
    RateHow,
    exact,
    mean,
    paired_difference,
    rate,
)
from sandbox.mdp import Floats

Pair = tuple[Sample, Sample]


def estimate(sample: Sample, rates: RateHow | None = None) -> Estimate | None:
    """Return a number of a cell; None where no row has it.

    Args:
        sample: the number.
        rates: method, if it is a rate; it is used where each row is one trial.
    """
    there = int((sample.weights > 0).sum())
    left = len(sample.weights) - there
    if not there:
        return None
    if rates and sample.binary and not sample.exact:
        found = rate(float(sample.values.sum()), there, rates)
    else:
        found = combined([(1.0, sample)])
    return replace(found, left=left) if found else None


def over_tasks(samples: Sequence[Sample], rates: RateHow | None = None) -> Estimate | None:
    """Return the mean over tasks of what each has on average; None where no task has it."""
    there = [one for one in samples if (one.weights > 0).any()]
    if not there:
        return None
    if rates:
        return mean([one for sample in there if (one := estimate(sample, rates))])
    found = combined([(1.0 / len(there), sample) for sample in there])
    left = sum(int((one.weights == 0).sum()) for one in there)
    return replace(found, tasks=len(there), left=left)


def difference(one: Sample, other: Sample, rates: RateHow | None = None) -> Estimate | None:
    """Return a number less another arm's, paired by seed; None where no seed has both."""
    pair = _paired(one, other)
    if pair is None:
        return None
    first, second = pair
    found, base = estimate(first, rates), estimate(second, rates)
    trials = all(one.binary or one.exact for one in pair)
    if rates and found and base and trials:
        return paired_difference(found, base, _correlation(first, second))
    return replace(combined([(1.0, first), (-1.0, second)]), n=_pairs(pair))


def differences_over_tasks(pairs: Sequence[Pair], rates: RateHow | None = None) -> Estimate | None:
    """Return the mean over tasks of such differences; None where no task has one."""
    there = [pair for one, other in pairs if (pair := _paired(one, other))]
    if not there:
        return None
    if rates:
        return mean([one for pair in there if (one := difference(*pair, rates))])
    share = 1.0 / len(there)
    parts = [part for first, second in there for part in ((share, first), (-share, second))]
    return replace(combined(parts), n=sum(map(_pairs, there)), tasks=len(there))


def combined(parts: Sequence[tuple[float, Sample]]) -> Estimate:
    """Return a sum of the means of samples, each times its factor, all drawn by the same seeds."""
    constant = sum(by * float(one.values[0]) for by, one in parts if one.exact)
    sampled = [(by, one) for by, one in parts if not one.exact]
    if not sampled:
        return exact(constant, len(parts))
    seeds = np.unique(np.concatenate([one.seeds[one.weights > 0] for _, one in sampled]))
    terms = np.zeros((len(seeds), 2 * len(sampled)))
    for number, (_, one) in enumerate(sampled):
        there = one.weights > 0
        at = np.searchsorted(seeds, one.seeds[there])
        terms[at, 2 * number] = (one.values * one.weights)[there]
        terms[at, 2 * number + 1] = one.weights[there]
    factors = np.array([by for by, _ in sampled])

    def statistic(sums: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            means = sums[:, ::2] / sums[:, 1::2]
        found: Floats = constant + (means * factors).sum(axis=1)
        return found

    rows = sum(int((one.weights > 0).sum()) for _, one in parts)
    return replace(bootstrap(terms, statistic), n=rows)


def _paired(one: Sample, other: Sample) -> Pair | None:
    """Return two samples at the seeds that both have; what is exact has every seed."""
    mine, theirs = one.seeds[one.weights > 0], other.seeds[other.weights > 0]
    if not len(mine) or not len(theirs):
        return None
    if one.exact or other.exact:
        return one, other
    both = np.intersect1d(mine, theirs)
    return (one.at(both), other.at(both)) if len(both) else None


def _pairs(pair: Pair) -> int:
    """Return the rows of a pair: the seeds that both have, or those of the one that is sampled."""
    return max(int((one.weights > 0).sum()) for one in pair)


def _correlation(one: Sample, other: Sample) -> float:
    """Return the correlation of two samples of the same seeds; 0 where one does not vary."""
    if one.exact or other.exact or not (np.ptp(one.values) and np.ptp(other.values)):
        return 0.0
    return float(np.corrcoef(one.values, other.values)[0, 1])
