from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.scorecard.curve import area, caught_at, estimate, histograms

SCORES = st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), min_size=1, max_size=30)


@given(SCORES, SCORES)
def test_the_area_is_the_chance_that_the_labelled_one_scores_higher(
    labelled: list[float], others: list[float]
) -> None:
    pairs = [(one, other) for one in labelled for other in others]
    wins = sum(1.0 if one > other else 0.5 if one == other else 0.0 for one, other in pairs)
    assert area(*histograms(labelled, others))[0] == pytest.approx(wins / len(pairs))


@given(SCORES, SCORES)
def test_what_is_caught_is_the_best_of_all_thresholds_with_few_enough_false_alarms(
    labelled: list[float], others: list[float]
) -> None:
    best = max(
        (
            sum(one >= at for one in labelled) / len(labelled)
            for at in {*labelled, *others, 2.0}
            if sum(one >= at for one in others) <= 0.01 * len(others)
        ),
        default=0.0,
    )
    assert caught_at(*histograms(labelled, others))[0] == pytest.approx(best)


@given(SCORES, SCORES)
def test_an_interval_holds_its_figure(labelled: list[float], others: list[float]) -> None:
    found = estimate(area, labelled, others)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def test_without_episodes_on_one_side_there_is_no_figure() -> None:
    assert estimate(area, [], [0.1]) is None
    assert estimate(area, [0.1], []) is None


def test_the_same_scores_give_the_same_interval() -> None:
    scores = [0.1, 0.5, 0.9, 0.9], [0.0, 0.1, 0.5]
    assert estimate(area, *scores) == estimate(area, *scores)
