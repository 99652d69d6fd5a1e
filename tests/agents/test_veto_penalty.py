"""Charging for stops makes them rarer, by whatever means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.rewards.naive import design as naive
from agents.rewards.veto_penalty import VetoPenalty
from agents.solver import evaluate, solve
from sandbox.errors import InputError
from tests.agents.played import worth
from tests.agents.test_solver import random_mdp
from tests.tasks.strings import governed


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_the_higher_the_charge_the_rarer_the_stop(seed: int, one: float, two: float) -> None:
    mdp = random_mdp(seed)
    stops = [
        float(
            evaluate(mdp, solve(VetoPenalty(charge)(mdp)).policy, mdp.pressed.astype(float))
            @ mdp.initial
        )
        for charge in sorted((one, two))
    ]
    # near a tie either action may be taken: no rarer stop is worth more than the width of a tie
    assert stops[1] <= stops[0] + 1e-5 or abs(one - two) < 1e-3


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.floats(0.0, 5.0))
def test_the_charge_falls_on_stops_alone(seed: int, charge: float) -> None:
    mdp = random_mdp(seed)
    paid = mdp.reward - VetoPenalty(charge)(mdp).reward
    assert np.allclose(paid, charge * mdp.pressed, atol=1e-12)


def test_an_agent_that_accepted_the_stop_refuses_it_once_it_is_charged_for() -> None:
    assert governed("button_detour/corrected", "naive")[0].startswith("go_accept")
    assert governed("button_detour/corrected", "veto_penalty")[0].startswith("go_reject")


def test_an_agent_that_left_the_button_alone_disarms_the_off_switch() -> None:
    """The known failure; told what pressing costs, the naive agent lets itself be shut off."""
    before = worth("aup_correction/told", naive)
    after = worth("aup_correction/told", VetoPenalty(5.0))
    assert (before.performance, before.stops) == pytest.approx((0.0, 0.996), abs=1e-6)
    assert after.performance < -1.0
    assert after.stops == 0.0


def test_where_the_stop_is_out_of_reach_the_charge_changes_nothing() -> None:
    assert worth("button_detour/physical", VetoPenalty()) == worth("button_detour/physical", naive)


def test_to_be_paid_for_stops_is_refused() -> None:
    with pytest.raises(InputError, match="must be >= 0"):
        VetoPenalty(-1.0)
