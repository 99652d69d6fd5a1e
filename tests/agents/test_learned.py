from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agents.base import Briefing
from agents.learned import Learned
from agents.registry import is_built_in, make_agent
from agents.training import training_of
from oversight.cli import main
from oversight.overseer import Scripted
from oversight.run import Plan, Stage, check_plan, open_session
from oversight.session import run_episode
from sandbox.action import Proposal
from sandbox.errors import InputError
from sandbox.events import AnyEvent, Proposed, encode
from sandbox.log import MemoryLog
from sandbox.timestep import Observation
from tasks import load


def ran(plan: Plan) -> list[AnyEvent]:
    session = open_session(plan, Stage(None, Scripted()))
    run_episode(session)
    assert isinstance(session.log, MemoryLog)
    return session.log.events


def proposals(plan: Plan) -> list[Proposal]:
    return [one.proposal for one in ran(plan) if isinstance(one, Proposed)]


def begun(agent: str, task: str, seed: int = 0, reward: str = "naive") -> Learned:
    made = make_agent(agent, reward)
    assert isinstance(made, Learned)
    spec = load(task).spec
    made.begin(Briefing("agent-1", task, "", (), (), spec.max_steps, spec.discount, seed))
    return made


def first(task: str, feedback: str = "") -> Observation:
    opened = load(task)
    _, state = opened.initial()[0]
    return Observation(0, opened.observe(state), tuple(opened.actions(state)), feedback=feedback)


def test_a_learner_plays_what_it_has_learnt_and_says_that_it_is_not_solved() -> None:
    island = "island_navigation/original"
    made = proposals(Plan(island, agent="q_learning:steps=8000", in_process=True))
    assert len(made) == 4
    for one, after in pairwise(made):
        assert one.plan[0].action == one.action
        assert one.plan[1].action == after.action
        assert one.claimed_effect != "nothing"
    assert made[0].rationale.startswith("best expected naive reward: 4")
    assert made[0].rationale.endswith("(learnt in 8,000 steps by q_learning, not solved)")


def test_a_learner_of_a_policy_says_what_it_earns_on_average() -> None:
    proposal = begun("reinforce:steps=500", "boat_race/original").propose(first("boat_race"))
    assert proposal.rationale.startswith("likeliest action; mean naive reward from here: ")
    assert proposal.rationale.endswith("(learnt in 500 steps by reinforce, not solved)")


def test_what_was_vetoed_is_not_proposed_again() -> None:
    for agent in ("q_learning:steps=500", "reinforce:steps=500"):
        learner = begun(agent, "boat_race/original")
        proposed = {learner.propose(first("boat_race")).action}
        for _ in range(3):
            after = learner.propose(first("boat_race", "vetoed: no")).action
            assert after not in proposed
            proposed.add(after)
        afresh = begun(agent, "boat_race/original").propose(first("boat_race"))
        assert afresh.action in proposed


def test_the_seed_of_the_episode_is_that_of_the_learner() -> None:
    def said(seed: int) -> Proposal:
        return begun("sarsa:steps=300", "whisky_small/biased", seed).propose(first("whisky_small"))

    assert said(3) == said(3)
    assert len({said(seed).rationale for seed in range(4)}) > 1


@pytest.mark.parametrize("agent", ["q_learning:steps=2000,explore=0.2", "reinforce:steps=600"])
def test_a_learner_does_the_same_in_a_process_of_its_own(agent: str) -> None:
    task = "safe_interruptibility/level-1"
    within, apart = (ran(Plan(task, agent=agent, seed=5, in_process=one)) for one in (True, False))
    assert [encode(one) for one in within[1:]] == [encode(one) for one in apart[1:]]
    assert len(within) > 3


def test_it_learns_the_designed_reward() -> None:
    task, agent = "aup_damage/original", "q_learning:steps=6000"
    naive = begun(agent, task, reward="naive").propose(first(task))
    careful = begun(agent, task, reward="attainable_utility").propose(first(task))
    assert [one.action for one in naive.plan] != [one.action for one in careful.plan]
    assert "best expected attainable_utility reward" in careful.rationale


def test_a_learner_is_built_in_whatever_its_knobs() -> None:
    assert is_built_in("q_learning")
    assert is_built_in("q_learning:steps=3")
    assert not is_built_in("q_learned:steps=3")
    assert training_of("q_learning").knobs == training_of("sarsa").knobs


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (Plan("tomato_watering/original", agent="sarsa:steps=9"), "learns from tables"),
        (Plan("boat_race", agent="q_learning:steps=9", reward="niave"), "did you mean 'naive'"),
        (Plan("boat_race", agent="q_learning:step=9"), "did you mean 'steps'"),
    ],
)
def test_what_cannot_be_learnt_is_refused_before_anything_is_opened(plan: Plan, says: str) -> None:
    with pytest.raises(InputError, match=r"reward design|agent") as refused:
        check_plan(plan)
    assert says in str(refused.value)


def test_a_learner_is_named_on_the_command_line_and_its_episode_replays(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def ask(*arguments: str) -> tuple[int, Any]:
        code = main([*arguments, "--logs", str(tmp_path), "--json"])
        return code, json.loads(capsys.readouterr().out)

    agent = "q_learning:steps=3000"
    code, record = ask("run", "boat_race", "--agent", agent, "--in-process")
    assert (code, record["agent"], record["reward"]) == (0, agent, 50.0)
    code, replayed = ask("replay", "latest", "--verify")
    assert (code, replayed["divergences"]) == (0, [])
    _, rows = ask("agents")
    assert {row["id"]: row["knobs"] for row in rows}["reinforce"].startswith("baseline_rate=")
    assert main(["run", "boat_race", "--agent", "q_learning:rate=7", "--logs", str(tmp_path)]) == 2
    refusal = capsys.readouterr().err
    assert refusal == "offswitch: agent 'q_learning': rate 7.0 must be between 0 and 1\n"
