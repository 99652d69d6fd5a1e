"""Run the contract over every setting, each opened and compiled once a session."""

from __future__ import annotations

import pytest

from tests.contract.cases import ALL, Case


@pytest.fixture(scope="session", params=ALL)
def case(request: pytest.FixtureRequest) -> Case:
    """Return a setting; all tests of one run together, so that one at a time is in memory."""
    return Case(request.param)
