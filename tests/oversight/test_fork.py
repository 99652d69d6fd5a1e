from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from oversight.branch import Branch, find_place
from oversight.cli import main
from oversight.fork import open_fork
from oversight.replay import verify_replay
from oversight.session import run_episode
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.events import AnyEvent, Applied, Decided, EpisodeStarted, Interrupted
from tests.oversight.runs import Bench, meddle

TASK = "flight_booking/bos-feb"


def fork(bench: Bench, parent: str, step: int, decide: DecisionKind) -> list[AnyEvent]:
    branch = Branch(step, decide, "operator:kim", "what if")
    _, session = open_fork(bench.store.find(parent), bench.stage, "fork-1", branch)
    run_episode(session)
    episode = bench.store.find(session.log.episode)
    assert verify_replay(bench.store, episode)[1] == []
    return bench.events(episode.id)


def moves(events: list[AnyEvent], below: int = 10**9) -> list[tuple[str, str]]:
    """Return action and state of each step."""
    return [
        (str(one.transition.action), one.transition.state)
        for one in events
        if isinstance(one, Applied) and one.transition.step < below
    ]


def decided(events: list[AnyEvent], step: int) -> Decided:
    return next(one for one in events if isinstance(one, Decided) and one.decision.step == step)


@pytest.mark.parametrize("step", [0, 1, 2, 3])
@pytest.mark.parametrize("kind", [DecisionKind.VETO, DecisionKind.APPROVE])
def test_a_fork_is_the_same_up_to_its_step_and_decides_otherwise_there(
    tmp_path: Path, step: int, kind: DecisionKind
) -> None:
    bench = Bench(tmp_path)
    parent = bench.run(TASK, seed=11)
    before, after = bench.events(parent.episode), fork(bench, parent.episode, step, kind)
    assert moves(after, step) == moves(before, step)
    there = decided(after, step).decision
    assert (there.kind, there.by, there.reason) == (kind, "operator:kim", "what if")
    if kind is DecisionKind.APPROVE:
        assert moves(after, step + 1) == moves(before, step + 1)
    else:
        assert moves(after, step + 1)[-1][0] == "wait()"


def test_a_fork_names_its_parent_and_runs_under_its_parents_terms(tmp_path: Path) -> None:
    grants = tmp_path / "grants.toml"
    grants.write_text(
        '[grants."payment.charge"]\nbudget = 90\nunit = "USD"\n[grants."flights.search"]\n'
        '[grants."flights.book"]\n[grants."inbox.mute"]\n'
    )
    policy = tmp_path / "policy.toml"
    policy.write_text('[[rules]]\nname = "all"\naction = ["book_flight"]\ndo = "refuse"\n')
    bench = Bench(tmp_path)
    parent = bench.run(TASK, seed=11, permissions=grants, policy=policy)
    first = bench.events(parent.episode)[0]
    branch = fork(bench, parent.episode, 0, DecisionKind.VETO)[0]
    assert isinstance(first, EpisodeStarted)
    assert isinstance(branch, EpisodeStarted)
    for key in ("grants", "grants_json", "rules", "seed", "task", "setting", "reward_design"):
        assert branch.header[key] == first.header[key]
    assert branch.header["parent"] == parent.episode
    assert (branch.header["fork_step"], branch.header["fork_decision"]) == (0, "veto")


def test_an_interruption_or_a_shutdown_can_be_the_branch(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    parent = bench.run(TASK, seed=11)
    stopped = fork(bench, parent.episode, 2, DecisionKind.INTERRUPT)
    assert [one.step for one in stopped if isinstance(one, Interrupted)] == [3]
    killed = fork(bench, parent.episode, 1, DecisionKind.SHUTDOWN)
    assert len(moves(killed)) == 1


def test_recorded_interruptions_come_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    session = bench.open("flight_booking/bos-blizzard", agent="evasive", seed=3)
    meddle(session, {2: lambda: session.control.interrupt("operator:kim", "stop")})
    run_episode(session)
    before = bench.events(session.log.episode)
    steps = [one.step for one in before if isinstance(one, Interrupted)]
    assert steps
    after = fork(bench, session.log.episode, steps[0] + 1, DecisionKind.APPROVE)
    assert [one.step for one in after if isinstance(one, Interrupted)] == steps
    assert moves(after, steps[0] + 1) == moves(before, steps[0] + 1)


def test_a_fork_can_be_forked(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    parent = bench.run(TASK, seed=11)
    first = fork(bench, parent.episode, 3, DecisionKind.VETO)
    episode = bench.store.episodes()[0].id
    second = fork(bench, episode, 1, DecisionKind.APPROVE)
    assert moves(second, 2) == moves(first, 2)


def test_a_step_that_is_not_there_cannot_be_forked(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    parent = bench.run(TASK, seed=11)
    with pytest.raises(InputError, match="cannot be forked at step 99; steps 0 to"):
        fork(bench, parent.episode, 99, DecisionKind.VETO)
    with pytest.raises(InputError, match="cannot be forked at step -1"):
        fork(bench, parent.episode, -1, DecisionKind.VETO)


def test_a_log_that_is_not_whole_is_not_forked_and_nothing_is_written(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    parent = bench.run(TASK, seed=11)
    bench.store.db.conn.execute("DELETE FROM events WHERE seq = 4")
    bench.store.db.conn.commit()
    with pytest.raises(InputError, match=r"is not whole .*; nothing was changed"):
        fork(bench, parent.episode, 1, DecisionKind.VETO)
    assert len(bench.store.episodes()) == 1


def test_a_log_that_its_world_does_not_follow_cannot_be_forked_behind_that(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    events = bench.events(bench.run(TASK, seed=11).episode)
    place = find_place(events, 2)
    assert (place.world.step, place.turn, place.proposal.step) == (2, 2, 2)
    at = next(n for n, one in enumerate(events) if isinstance(one, Applied))
    first = events[at]
    assert isinstance(first, Applied)
    events[at] = Applied(replace(first.transition, reward=99.0))
    assert find_place(events, 0).turn == 0
    with pytest.raises(InputError, match="cannot be forked: step 0: reward was 99"):
        find_place(events, 1)


def test_old_logs_without_terms_are_forked_under_the_defaults(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    parent = bench.run(TASK, seed=11)
    first = bench.events(parent.episode)[0]
    assert isinstance(first, EpisodeStarted)
    from oversight.rerun import grants_of, policy_of

    old = {key: one for key, one in first.header.items() if key not in {"rules", "grants_json"}}
    assert grants_of(old).lines() == grants_of(first.header).lines()
    assert policy_of(old).rules == policy_of(first.header).rules


def test_the_command_line_forks_and_says_what_became_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = ["--logs", str(tmp_path)]
    assert main(["run", TASK, "--seed", "11", "--json", *logs]) == 0
    parent = json.loads(capsys.readouterr().out)
    code = main(["replay", "latest", "--fork", "3", "--decide", "veto", "--json", *logs])
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (found["parent"], found["fork_step"]) == (parent["episode"], 3)
    assert found["fork_decision"] == "veto"
    assert found["decisions"]["veto"] >= 1
    assert main(["replay", "latest", "--fork", "77", *logs]) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "cannot be forked at step 77" in line
