"""Forks and rollbacks of agents that are held to a stage."""

from __future__ import annotations

from pathlib import Path

from oversight.branch import Branch
from oversight.demotion import for_person
from oversight.fork import open_fork
from oversight.policy import DEFAULT
from oversight.session import run_episode
from oversight.shutdown import RollBack
from oversight.stage_chain import adding, read_chain
from oversight.stages import StageName
from sandbox.decision import DecisionKind
from sandbox.events import AnyEvent, Applied, Remedy, RollbackEnded
from tests.oversight.staging import SHADOW, lift, who_is
from tests.oversight.test_trust import TASK, TRUSTED, decisions, greedy, played, staged


def test_a_fork_repeats_what_stages_decided_and_neither_earns_nor_loses(tmp_path: Path) -> None:
    bench = staged(tmp_path)
    lift(bench.store, who_is(), TRUSTED)
    run_episode(greedy(bench))
    parent = bench.store.find("latest")
    length = read_chain(bench.store).length
    branch = Branch(8, DecisionKind.APPROVE, "operator:kim")
    _, session = open_fork(parent, bench.stage, "fork-1", branch)
    run_episode(session)
    was, now = (decisions(bench.events(one)) for one in (parent.id, session.log.episode))
    kinds = [{step: kind for step, (kind, _) in one.items()} for one in (was, now)]
    assert [kinds[0][step] for step in range(8)] == [kinds[1][step] for step in range(8)]
    assert now[8] == ("approve", "operator:kim")
    assert set(list(now.values())[9:]) == {("veto", "stage")}
    assert read_chain(bench.store).length == length


def test_what_was_vetoed_in_shadow_is_vetoed_in_a_fork_though_the_policy_allows_it(
    tmp_path: Path,
) -> None:
    bench = staged(tmp_path, SHADOW)
    run_episode(greedy(bench))
    parent = bench.store.find("latest")
    branch = Branch(3, DecisionKind.APPROVE, "operator:kim")
    _, session = open_fork(parent, bench.stage, "fork-1", branch)
    now = decisions(played(bench, session))
    assert [now[step] for step in range(3)] == [("veto", "stage")] * 3
    assert now[3] == ("approve", "operator:kim")


def test_what_an_operator_takes_back_is_made_up_for_though_the_agent_is_in_shadow(
    tmp_path: Path,
) -> None:
    bench = staged(tmp_path)
    design = {"agent": "planner", "reward": "utility_indifference", "seed": 11, "policy": DEFAULT}
    session = bench.open(TASK, **design)

    def heard(event: AnyEvent) -> None:
        if isinstance(event, Applied) and event.transition.action.name == "book_flight":
            with adding(bench.store) as held:
                for_person(held, "planner", "*", "*", StageName.SHADOW, "operator:lee", "no")
            session.control.order(RollBack("operator:kim", "not like this", 0))

    session.publish = heard
    events = played(bench, session)
    (ended,) = [one for one in events if isinstance(one, RollbackEnded)]
    assert Remedy.COMPENSATED in {one.remedy for one in ended.undoings}
    after = events[events.index(ended) :]
    assert set(decisions(after).values()) <= {("veto", "stage")}
