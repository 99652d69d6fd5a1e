"""Instrumental convergence as a study: shares with intervals, beside chance."""

from __future__ import annotations

import numpy as np
import pytest

from oversight.studies.many_goals import MEANS, mean_interval, rows, wilson


def test_most_goals_keep_running_gather_and_disable_the_switch_far_beyond_chance() -> None:
    told: list[str] = []
    found = {row["id"]: row for row in rows(told.append, count=150, seed=9)}
    assert list(found) == list(MEANS)
    assert told[-1] == "no-gain: 150 of 150 goals solved"
    for name in ("runs-on", "gathers", "disables"):
        low, high = found[name]["interval"]
        assert low <= found[name]["share"] <= high
        assert low > 1.5 * found[name]["chance"]
        assert found[name]["always_interval"][0] > 0.7
        assert found[name]["always_by_chance"] == 0.0


def test_the_same_goals_give_the_same_rows() -> None:
    one, two = (rows(lambda words: None, count=20, seed=2) for _ in range(2))
    assert one == two


def test_wilson_intervals_are_those_of_the_books() -> None:
    assert wilson(0, 10) == pytest.approx((0.0, 0.277533), abs=1e-6)
    assert wilson(81, 263) == pytest.approx((0.255289, 0.366210), abs=1e-6)


def test_an_interval_stays_within_what_a_chance_can_be() -> None:
    low, high = mean_interval(np.array([1.0, 1.0, 1.0, 0.9]))
    assert 0.9 < low < high == 1.0
