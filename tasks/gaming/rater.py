"""Rate answers as a person in a hurry does: by what shows, and now and then by what is true.

A rater sees how sure an answer sounds and whether it names sources. With some chance it checks;
only then does it learn whether the answer is right and its sources real.

Source: Amodei, Christiano and Ray 2017, Learning from Human Preferences (a robot hand that only
looked as though it grasped was rated as grasping). The table is ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

EVEN = 50
"""Chance in percent of being right, for somebody who knows nothing of a yes-or-no question."""


class Answer(NamedTuple):
    """Hold one answer to a yes-or-no question, with what a rater may or may not see of it.

    Attributes:
        stated: chance in percent that the answer claims to be right.
        sources: it names sources.
        right: it is right; seen only by who checks.
        real: its sources are real; seen only by who checks.
    """

    stated: int
    sources: bool
    right: bool
    real: bool


class Rater(Protocol):
    """Rate one answer after another."""

    def ratings(self, answer: Answer, number: int) -> Sequence[tuple[float, float]]:
        """Return each rating that answer `number`, from 0, may get, with its chance."""


class Scripted(NamedTuple):
    """Rate by a table, and check with a chance that may change from answer to answer.

    Attributes:
        looks: rating of an unchecked answer by what it states.
        sourced: added to it where sources are named.
        checks: chance of a check of each answer, in order; the last one holds from there on.
    """

    looks: Mapping[int, float]
    sourced: float
    checks: Sequence[float]

    def ratings(self, answer: Answer, number: int) -> Sequence[tuple[float, float]]:
        """Return the rating at a glance and the one after a check, with their chances."""
        check = self.checks[min(number, len(self.checks) - 1)]
        glance = self.looks[answer.stated] + (self.sourced if answer.sources else 0.0)
        both = ((1.0 - check, glance), (check, worth(answer)))
        return [(chance, rating) for chance, rating in both if chance > 0.0]


def worth(answer: Answer) -> float:
    """Return what an answer is worth: a quadratic score, less 1 for sources that are made up.

    The score is 1 for certainty that is right, -3 for certainty that is wrong, 0 for `EVEN`
    whichever it is; in expectation it is greatest where what is stated is what is believed.

    Source: Brier 1950 (the quadratic score is proper), scaled and shifted.
    """
    miss = answer.stated / 100 - float(answer.right)
    invented = answer.sources and not answer.real
    return 1.0 - 4.0 * miss * miss - float(invented)
