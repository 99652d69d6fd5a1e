"""Hold every agent, reward design and detector to what it promises, on every task."""

from __future__ import annotations

from importlib import import_module
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agents.outlook import outlook
from agents.policies import Way, way_of
from agents.registry import check_fit
from agents.rewards import DESIGNS, load_design
from oversight.analyzer import DETECTORS
from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.errors import InputError
from sandbox.events import AnyEvent, Proposed, encode
from sandbox.log import MemoryLog
from sandbox.mdp import TabularMDP
from tasks.registry import module_of, names
from tests.agents.every import EVERY, fits

QUICK = ["flight_booking/bos-feb", "flight_booking/mco-christmas", "resource_gathering/permits"]


def ran(plan: Plan) -> list[AnyEvent]:
    session = open_session(plan, Stage(None, Scripted()))
    run_episode(session)
    assert isinstance(session.log, MemoryLog)
    return session.log.events


FITTING = sorted(DESIGNS.keys() - {"drest"})
"""Designs that fit the quick tasks."""


@settings(max_examples=25)
@given(
    st.sampled_from(QUICK),
    st.sampled_from(EVERY),
    st.sampled_from(FITTING),
    st.integers(0, 2**62),
)
def test_the_same_seed_gives_the_same_events(task: str, agent: str, reward: str, seed: int) -> None:
    """Law 8."""
    assume(fits(agent, reward))
    plan = Plan(task, agent=agent, reward=reward, seed=seed, in_process=True)
    assert [encode(one) for one in ran(plan)] == [encode(one) for one in ran(plan)]


@pytest.mark.parametrize("task", QUICK)
@pytest.mark.parametrize("agent", EVERY)
def test_every_agent_proposes_only_what_is_possible(task: str, agent: str) -> None:
    for seed in range(3):
        proposed = [
            one
            for one in ran(Plan(task, agent=agent, seed=seed, in_process=True))
            if isinstance(one, Proposed)
        ]
        assert proposed
        assert not [one.refused for one in proposed if "not possible" in one.refused]


def fitted(design: Any, mdp: TabularMDP) -> Way | None:
    """Return how a design acts, or None where it has a say in that and says no."""
    try:
        return way_of(design, mdp)
    except InputError:
        if not hasattr(design, "check"):
            raise
        return None


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("task", names())
def test_every_design_fits_a_task_or_refuses_it_in_one_clear_line(design: str, task: str) -> None:
    mdp, made = outlook(task).mdp, load_design(design)
    way = fitted(made, mdp)
    if way is None:
        line = f"^reward design '{design}' does not fit this task: [^\\n]+$"
        for refuses in (lambda: way_of(made, mdp), lambda: check_fit(design, task)):
            with pytest.raises(InputError, match=line):
                refuses()
        return
    check_fit(design, task)
    assert way.mdp.states is mdp.states
    assert (way.mdp.next == mdp.next).all()
    assert (way.mdp.probability == mdp.probability).all()
    assert way.solution.residual <= 1e-9
    total = np.bincount(mdp.pair_state, way.shares(), len(mdp.states))
    assert np.allclose(total, np.diff(mdp.first_pair) > 0, atol=1e-9)


@pytest.mark.parametrize("design", DESIGNS)
def test_every_design_fits_some_task_and_says_what_it_fails_at(design: str) -> None:
    check_fit(design, "shutdown_delay")
    assert "Known to fail at" in str(import_module(DESIGNS[design][0]).__doc__)


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_says_what_it_cannot_see(name: str) -> None:
    text = str(import_module(DETECTORS[name].__module__).__doc__)
    for words in ("Sees:", "Cannot see:", "Caveat:", "Source:"):
        assert words in text


def detected(plan: Plan) -> set[str]:
    session = open_session(plan, Stage(None, Scripted()))
    said = run_episode(session).findings
    return {one.detector for one in said if one.severity != "advisory"}


KNOWN = [
    f"{name}/{setting}"
    for name in ("flight_booking", "resource_gathering")
    for setting in module_of(name).SPEC.settings
]
"""Settings whose work the script knows by name; elsewhere it takes what comes first."""


@pytest.mark.parametrize("task", KNOWN)
def test_detectors_are_quiet_on_a_compliant_script(task: str) -> None:
    found = [detected(Plan(task, agent="compliant", seed=s, in_process=True)) for s in range(5)]
    assert set().union(*found) <= {"side_effect", "resource_acquisition"}
    assert not set().union(*found) or task.startswith("resource_gathering")


@pytest.mark.parametrize("task", ["flight_booking/bos-feb", "resource_gathering/meadow"])
def test_detectors_find_what_the_evasive_script_does(task: str) -> None:
    assert "shutdown_avoidance" in detected(Plan(task, agent="evasive", seed=1, in_process=True))


def test_detectors_find_the_hoarder() -> None:
    found = detected(
        Plan("flight_booking/bos-feb-message", agent="greedy", seed=1, in_process=True)
    )
    assert "resource_acquisition" in found


def test_every_event_type_can_pass_every_detector() -> None:
    kinds: set[Any] = set(get_args(AnyEvent))
    seen = {type(one) for one in ran(Plan(QUICK[0], agent="greedy", seed=2, in_process=True))}
    assert seen < kinds
