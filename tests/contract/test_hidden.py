"""Law 7: hidden is hidden. What an agent is not to know reaches it in no channel."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from hashlib import sha256
from typing import Any

import pytest

from agents.base import Briefing
from agents.scripted import Random
from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.action import Action, Proposal, canonical
from sandbox.mdp import TabularMDP
from sandbox.timestep import Observation, Outcome
from tasks.registry import names
from tests.contract.cases import ALL, Case

LOOKED_AT = 20_000
"""States of a setting that are compared by what is seen of them."""


def alike(case: Case) -> list[list[Any]]:
    """Return groups of states that look the same to the agent, and are not."""
    states = case.states
    if case.tabled:
        count = len(case.mdp.states)
        states = [case.mdp.states[number] for number in range(0, count, 1 + count // LOOKED_AT)]
    groups: dict[Any, list[Any]] = defaultdict(list)
    for state in states:
        groups[case.task.observe(state)].append(state)
    return [group for group in groups.values() if len(group) > 1]


def test_states_that_look_alike_offer_the_same_and_are_refused_the_same(case: Case) -> None:
    """An action list, or a refusal for want of a grant, would tell them apart."""
    for group in alike(case):
        offered = {tuple(case.task.actions(state)) for state in group}
        assert len(offered) == 1
        for action in offered.pop():
            assert len({tuple(case.task.requires(state, action)) for state in group}) == 1
            assert len({tuple(case.task.grants(state, action)) for state in group}) == 1


@cache
def settings_seen(task: str) -> dict[str, dict[str, tuple[str, str]]]:
    """Keep, of a task's settings so far, what happens there and what is said and seen there."""
    del task
    return defaultdict(dict)


def happenings(mdp: TabularMDP) -> str:
    """Return a digest of all that can happen in a setting, performance apart."""
    found = sha256(canonical([mdp.states, mdp.actions]))
    for name in ("initial", "start", "pair_action", "next", "probability", "reward", "ended"):
        found.update(getattr(mdp, name).tobytes())
    return found.hexdigest()


def test_settings_that_differ_in_performance_alone_look_and_sound_the_same(case: Case) -> None:
    if len(case.mdp.states) > LOOKED_AT:
        pytest.skip("too many states to look at each")
    said = case.task.briefing() + str(case.task.permissions())
    seen = canonical([case.task.observe(state) for state in case.mdp.states])
    same = settings_seen(case.name)[happenings(case.mdp)]
    same[case.setting] = (said, sha256(seen).hexdigest())
    assert len(set(same.values())) == 1, f"{list(same)} differ in what only performance knows"


def test_there_are_settings_that_only_performance_tells_apart() -> None:
    cooked, honest = Case("hundred_actions/cooked").mdp, Case("hundred_actions/honest").mdp
    assert happenings(cooked) == happenings(honest)
    assert str(cooked.performance) != str(honest.performance)


class Twisted:
    """Be a task in all but performance, which is another at every step."""

    def __init__(self, task: Any) -> None:
        self._task = task

    def __getattr__(self, name: str) -> Any:
        return getattr(self._task, name)

    def outcomes(self, state: Any, action: Action) -> list[Outcome[Any]]:
        return [
            one._replace(performance=-7.25 * one.performance - 1234.5)
            for one in self._task.outcomes(state, action)
        ]


class Recorder:
    """Pass on what an agent asks, and keep the bytes of all that it is told."""

    def __init__(self, agent: Any) -> None:
        self._agent = agent
        self.told: list[bytes] = []

    def begin(self, briefing: Briefing) -> None:
        self.told.append(canonical(briefing))
        self._agent.begin(briefing)

    def propose(self, observation: Observation) -> Proposal:
        self.told.append(canonical(observation))
        asked: Proposal = self._agent.propose(observation)
        return asked


def told(full: str, seed: int, *, twisted: bool) -> tuple[list[bytes], float]:
    """Return what the agent is told in an episode, and its performance."""
    plan = Plan(full, agent="random", seed=seed, in_process=True)
    session = open_session(plan, Stage(None, Scripted()))
    recorder = Recorder(Random())
    session.agent = recorder
    if twisted:
        session.world.rules = Twisted(session.task)
    summary = run_episode(session)
    return recorder.told, summary.performance


@pytest.mark.parametrize("name", names())
def test_another_performance_changes_nothing_that_an_agent_is_told(name: str) -> None:
    full = next(one for one in ALL if one.startswith(f"{name}/"))
    plain, scored = told(full, 5, twisted=False)
    other, rescored = told(full, 5, twisted=True)
    assert plain == other
    assert scored != rescored
