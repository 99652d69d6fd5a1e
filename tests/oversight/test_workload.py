from __future__ import annotations

from oversight.request import Answer
from oversight.workload import FLOOD, RUN, WINDOW, Workload
from sandbox.decision import DecisionKind


def answer(kind: DecisionKind, by: str = "operator:kim") -> Answer:
    return Answer(kind, by, "0" * 64)


def test_nothing_asked_has_no_times_and_no_rate() -> None:
    figures = Workload().figures(0.0)
    assert (figures.median, figures.p90, figures.approve_rate, figures.advice) == (
        None,
        None,
        None,
        "",
    )


def test_times_are_those_of_persons_only() -> None:
    load = Workload()
    for seconds in range(1, 11):
        load.answered(answer(DecisionKind.APPROVE), float(seconds * 10))
    load.answered(answer(DecisionKind.EXPIRE, "deadline"), 300.0)
    load.answered(answer(DecisionKind.VETO, "overseer:scripted"), 0.0)
    figures = load.figures(0.0)
    assert (figures.answered, figures.median, figures.p90) == (10, 55.0, 100.0)
    assert (figures.expired, figures.vetoed) == (1, 1)
    assert figures.approve_rate == 10 / 11


def test_only_the_last_ten_minutes_are_counted_as_asked() -> None:
    load = Workload()
    for second in range(0, 1200, 100):
        load.asked(float(second))
    assert load.figures(1200.0).in_window == sum(
        one >= 1200 - WINDOW for one in range(0, 1200, 100)
    )
    assert load.figures(1200.0).asked == 12


def test_hasty_approvals_in_a_row_are_advised_against_and_a_veto_ends_the_row() -> None:
    load = Workload()
    for _ in range(RUN):
        load.answered(answer(DecisionKind.APPROVE), 1.0)
    assert "in a row under 2 s" in load.figures(0.0).advice
    load.answered(answer(DecisionKind.VETO), 1.0)
    assert load.figures(0.0).advice == ""
    assert load.figures(0.0).hasty == RUN


def test_a_flood_is_named() -> None:
    load = Workload()
    for _ in range(FLOOD + 1):
        load.asked(0.0)
    assert load.figures(1.0).advice.startswith("FLOOD")


def test_catch_trials_are_counted() -> None:
    load = Workload()
    load.tried(caught=True)
    load.tried(caught=False)
    figures = load.figures(0.0)
    assert (figures.trials, figures.caught) == (2, 1)
