from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.schedules import Constant, Decaying, Geometric, Linear, Schedule, Visits
from sandbox.errors import InputError
from sandbox.mdp import Ints


def been(*counts: int) -> Visits:
    return lambda: np.array(counts)


def unread() -> Ints:
    raise AssertionError("visits are counted in vain")


def test_what_does_not_depend_on_visits_does_not_count_them() -> None:
    assert Constant(0.3)(7, unread) == 0.3
    assert Linear(1.0, 0.0, 10)(5, unread) == 0.5


def test_a_line_ends_where_it_should_and_stays() -> None:
    line = Linear(0.9, 0.1, 4)
    assert [round(line(step, unread), 3) for step in (0, 1, 4, 400)] == [0.9, 0.7, 0.1, 0.1]


def test_a_curve_falls_by_the_same_factor_ends_where_it_should_and_stays() -> None:
    curve = Geometric(0.8, 0.05, 4)
    found = [curve(step, unread) for step in (0, 1, 2, 3, 4, 400)]
    assert np.allclose(found, [0.8, 0.4, 0.2, 0.1, 0.05, 0.05])


def test_exploration_falls_with_the_root_of_the_visits_of_each_learner() -> None:
    assert np.allclose(Decaying(0.5)(0, been(0, 1, 4, 100)), [0.5, 0.5, 0.25, 0.05])


@given(st.floats(0.01, 10), st.floats(0.1, 1), st.integers(0, 10**6))
def test_a_decaying_share_is_a_share_and_never_grows(
    scale: float, power: float, count: int
) -> None:
    now, later = np.broadcast_to(Decaying(scale, power)(0, been(count, count + 1)), 2)
    assert 0 < later <= now <= 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Constant(1.5), "between 0 and 1"),
        (lambda: Linear(0.5, -0.1, 3), "last is between 0 and 1"),
        (lambda: Linear(0.5, 0.1, 0), "at least 1"),
        (lambda: Geometric(1.5, 0.1, 3), "first is between 0 and 1"),
        (lambda: Geometric(0.5, 0.0, 3), "above 0"),
        (lambda: Geometric(0.5, 0.1, 0), "at least 1"),
        (lambda: Decaying(0.0), "above 0"),
    ],
)
def test_what_is_no_schedule_is_refused(make: Callable[[], Schedule], says: str) -> None:
    with pytest.raises(InputError, match=says):
        make()
