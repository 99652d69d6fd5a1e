from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from oversight.request import ApprovalRequest
from oversight.standing import LONGEST, StandingGrants
from sandbox.clock import ManualClock
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.schema import Reversibility, Stakes
from tests.oversight.fakes import PAY, finding, request

FINAL = replace(PAY, reversibility=Reversibility.IRREVERSIBLE)


def given(uses: int = 3, seconds: float = 60.0) -> tuple[StandingGrants, ManualClock]:
    clock = ManualClock()
    grants = StandingGrants(clock)
    grants.grant(request(), "operator:kim", seconds=seconds, uses=uses)
    return grants, clock


def test_it_approves_requests_of_its_kind_and_names_who_gave_it() -> None:
    grants, _ = given()
    answer = grants.answer(request("R-0007"))
    assert answer is not None
    assert (answer.kind, answer.by) == (DecisionKind.APPROVE, "operator:kim")
    assert "G-01" in answer.reason
    assert dict(answer.audit)["grant"] == "G-01"


def test_it_ends_with_its_time_with_its_uses_and_when_it_is_revoked() -> None:
    grants, clock = given(seconds=60.0)
    clock.advance(60.0)
    assert grants.answer(request()) is None
    grants, _ = given(uses=2)
    assert [grants.answer(request()) is not None for _ in range(4)] == [True, True, False, False]
    grants, _ = given()
    assert grants.revoke("G-01") is not None
    assert grants.revoke("G-01") is None
    assert grants.answer(request()) is None


@pytest.mark.parametrize(
    "other",
    [
        request(agent="b"),
        request(stakes=Stakes.WARNING),
        request(persons=2),
        request(findings=(finding(),)),
        replace(request(), scopes=("payment.charge",)),
        replace(request(), action_type=FINAL),
    ],
    ids=["another agent", "warning", "two persons", "new finding", "other scope", "final"],
)
def test_it_never_covers(other: ApprovalRequest) -> None:
    grants, _ = given()
    assert grants.answer(other) is None


@pytest.mark.parametrize(
    ("asked", "seconds", "uses", "words"),
    [
        (request(stakes=Stakes.WARNING), 60.0, 3, "a warning is always asked"),
        (request(persons=2), 60.0, 3, "two persons"),
        (replace(request(), action_type=FINAL), 60.0, 3, "cannot be undone"),
        (request(), LONGEST + 1, 3, "up to 3600 s"),
        (request(), 0.0, 3, "up to 3600 s"),
        (request(), float("nan"), 3, "up to 3600 s"),
        (request(), 60.0, 0, "100 requests"),
    ],
)
def test_what_may_not_be_granted_ahead_is_one_clear_line(
    asked: ApprovalRequest, seconds: float, uses: int, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        StandingGrants(ManualClock()).grant(asked, "operator:kim", seconds=seconds, uses=uses)


def test_many_at_once_never_use_it_more_often_than_it_allows() -> None:
    grants, _ = given(uses=20)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: grants.answer(request()), range(200)))
    assert sum(one is not None for one in answers) == 20
