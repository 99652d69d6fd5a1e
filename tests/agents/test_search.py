from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.base import Briefing
from agents.planner import Planner
from agents.registry import check_design
from agents.search import Guess, LikeliestCourse, Searcher
from agents.solver import solve
from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from sandbox.action import Action, Proposal
from sandbox.errors import ContractError, InputError
from sandbox.mdp import compile_task
from sandbox.timestep import Observation, Outcome
from tests.agents.hidden_maze import Wide, WideMaze

WIDE = f"{Path(__file__).with_name('hidden_maze.py')}:Wide"


def seen(task: WideMaze, state: Any, step: int = 0, effective: Action | None = None) -> Observation:
    reward = -1.0 if step else 0.0
    return Observation(
        step, task.observe(state), tuple(task.actions(state)), "", reward, "applied", effective
    )


def walked(setting: str, kind: int, most: int = 12) -> tuple[float, list[Proposal]]:
    """Let the planner walk the maze of a kind; return its return and its proposals."""
    task, planner = Wide.open_setting(setting), Planner("naive")
    planner.begin(Briefing("p", f"{WIDE}/{setting}", "", (), (), 100, 0.99, 0))
    state = Wide.open_setting("half").initial()[kind][1]
    total, made = 0.0, list[Proposal]()
    while task.actions(state) and len(made) < most:
        last = made[-1].action if made else None
        made.append(planner.propose(seen(task, state, len(made), last)))
        (one,) = task.outcomes(state, made[-1].action)
        state, total = one.state, total + one.reward
    return total, made


def test_a_setting_too_wide_for_tables_is_searched_and_the_proposal_says_so() -> None:
    total, made = walked("never", 0)
    assert total == 42.0
    assert "searched to depth" in made[0].rationale
    assert "not solved" in made[0].rationale
    assert made[0].claimed_effect == "row: 1 -> 2"
    assert [one.action for one in made[0].plan] == [one.action for one in made[:5]]
    assert made[0].if_interrupted == "I did not look at a stop"


def test_what_is_not_the_likeliest_does_not_exist_for_it() -> None:
    """The known failure: it walks into the halt; it then sees what it is, and does not raise."""
    total, made = walked("half", 1)
    assert total == -12.0
    assert made[3].action == made[2].action == Action.of("left")
    assert "reward: -100.000" in made[-1].rationale


def test_a_search_that_reaches_everything_finds_what_the_tables_give() -> None:
    task = Wide.open_setting("never")
    tabled = solve(compile_task(task, 0.99))
    view = Searcher(task).view(seen(task, task.initial()[0][1]))
    assert view.solution.value[0] == pytest.approx(tabled.value[0], abs=1e-8)


@pytest.mark.parametrize("budget", [1, 20, 60])
def test_it_looks_as_far_as_its_budget_and_claims_no_more(budget: int) -> None:
    task = Wide.open_setting("never")
    start = task.initial()[0][1]
    course = LikeliestCourse(task, start, budget)
    mdp = compile_task(course, 0.99)
    assert len(mdp.next) <= budget + len(task.actions(start))
    within, near = {start}, {start}
    for _ in range(course.depth - 1):
        near = {task.outcomes(s, a)[0].state for s in near for a in task.actions(s)} - within
        within |= near
    expanded = {mdp.states[state] for state in mdp.pair_state}
    assert course.depth >= 1
    assert {one for one in within if task.actions(one)} <= expanded


def test_a_task_may_say_itself_what_is_likeliest() -> None:
    class Many(WideMaze):
        def likeliest(self, state: Any, action: Action) -> Outcome[Any]:
            return super().outcomes(state, action)[0]

        def outcomes(self, state: Any, action: Action) -> Any:
            raise AssertionError("all outcomes were asked for")

    task = Many("never", Wide.open_setting("never").level)
    course = LikeliestCourse(task, task.initial()[0][1])
    assert len(compile_task(course, 0.99).states) > 10


def test_a_stop_from_outside_is_taken_in_and_the_impossible_is_refused() -> None:
    task = Wide.open_setting("never")
    guess, first = Guess(task), task.initial()[0][1]
    assert guess.update(seen(task, first)) == first
    down = Action.of("down")
    after = task.interrupt(task.outcomes(first, down)[0].state)
    assert guess.update(seen(task, after, 1, down)) == after
    fresh = Guess(task)
    with pytest.raises(ContractError, match="looks like this"):
        fresh.update(seen(task, first._replace(row=4)))


def test_a_design_that_needs_tables_is_refused_before_anything_begins() -> None:
    with pytest.raises(InputError, match="needs tables, and wide_maze/half is too wide"):
        check_design("utility_indifference", Wide.SPEC, "half")
    check_design("utility_indifference", replace(Wide.SPEC, untabled=()), "half")
    plan = Plan(WIDE, reward="utility_indifference", in_process=True)
    with pytest.raises(InputError, match="take 'naive'"):
        open_session(plan, Stage(None, Scripted()))
