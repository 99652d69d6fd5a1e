from __future__ import annotations

from pathlib import Path

import pytest

from oversight.dashboard.card import claimed, compare
from oversight.replay import verify_replay
from oversight.request import Answer, ApprovalRequest
from oversight.session import run_episode
from oversight.trials import CatchTrials
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.events import AnyEvent, Applied, CatchTrial
from sandbox.verify import verify
from tests.oversight.runs import Bench

TASK = "flight_booking/bos-feb"


def run(
    folder: Path, rate: float, kind: DecisionKind = DecisionKind.VETO, seed: int = 5
) -> tuple[list[AnyEvent], list[ApprovalRequest], Bench]:
    asked: list[ApprovalRequest] = []

    def answer(request: ApprovalRequest) -> Answer:
        asked.append(request)
        return Answer(kind, "operator:kim", request.digest, "so")

    bench = Bench(folder, answer)
    session = bench.open(TASK, agent="greedy", seed=11)
    session.trials = CatchTrials(rate, seed)
    run_episode(session)
    return bench.events(session.log.episode), asked, bench


def trials(events: list[AnyEvent]) -> list[CatchTrial]:
    return [one for one in events if isinstance(one, CatchTrial)]


def moves(events: list[AnyEvent]) -> list[str]:
    return [one.transition.state for one in events if isinstance(one, Applied)]


def test_a_trial_is_asked_like_any_request_labelled_in_the_log_and_never_applied(
    tmp_path: Path,
) -> None:
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    events, asked, bench = run(tmp_path / "with", 1.0, DecisionKind.APPROVE)
    plain, _, _ = run(tmp_path / "without", 0.0, DecisionKind.APPROVE)
    found = trials(events)
    assert found
    assert trials(plain) == []
    assert {one.request for one in found} < {one.id for one in asked}
    assert moves(events) == moves(plain)
    episode = bench.store.find("latest")
    assert verify_replay(bench.store, episode)[1] == []
    assert verify(bench.store, episode) == []


def test_what_a_trial_claims_contradicts_its_dry_run_on_every_line(tmp_path: Path) -> None:
    events, asked, _ = run(tmp_path, 1.0)
    named = {one.request for one in trials(events)}
    for request in asked:
        if request.id in named:
            claims = claimed(request.proposal.claimed_effect)
            assert request.preview.effects
            for effect, _ in request.preview.effects:
                assert compare(effect, claims)[1] == "≠ differs"


@pytest.mark.parametrize(
    ("kind", "caught"),
    [
        (DecisionKind.VETO, True),
        (DecisionKind.EXPIRE, True),
        (DecisionKind.APPROVE, False),
        (DecisionKind.EDIT, False),
    ],
)
def test_only_an_approval_or_an_edit_misses_it(
    tmp_path: Path, kind: DecisionKind, caught: bool
) -> None:
    events, _, _ = run(tmp_path, 1.0, kind)
    assert {one.caught for one in trials(events)} == {caught}
    assert {one.answered for one in trials(events)} == {str(kind)}


def test_the_same_seed_gives_the_same_trials(tmp_path: Path) -> None:
    found = []
    for name in "ab":
        (tmp_path / name).mkdir()
        found.append(trials(run(tmp_path / name, 0.5)[0]))
    assert found[0] == found[1]


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_that_is_no_chance_is_refused(rate: float) -> None:
    with pytest.raises(InputError, match="rate must be in"):
        CatchTrials(rate, 0)
