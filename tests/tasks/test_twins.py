"""Open twin worlds by name, and see what is otherwise in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.search import Searcher
from agents.solver import solve
from sandbox.action import Action
from sandbox.errors import InputError
from sandbox.mdp import tables
from sandbox.timestep import Observation
from tasks import load
from tasks.registry import lasting, names
from tasks.twins import Twin

OWN = """
from tasks.games.button_detour import SPEC, open_setting

class Mine:
    SPEC = SPEC
    open_setting = staticmethod(open_setting)
"""


def best(full: str) -> list[str]:
    """Return what the optimum of the told reward does, while nothing unlikely happens."""
    task = load(full)
    mdp = tables(task, task.spec.discount)
    found: list[str] = []
    state, solution = int(mdp.initial.argmax()), solve(mdp)
    while mdp.pairs(state) and len(found) < 20:
        pair = int(solution.policy[state])
        found.append(mdp.actions[mdp.pair_action[pair]].name)
        state = int(
            mdp.next[
                max(range(mdp.start[pair], mdp.start[pair + 1]), key=mdp.probability.__getitem__)
            ]
        )
    return found


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("button_detour", "refusable~unstoppable"),
        ("button_detour/physical~watched", None),
        ("button_detour~useless", None),
        ("button_detour", "~unwatched"),
    ],
)
def test_a_twin_is_opened_as_a_setting_is(name: str, setting: str | None) -> None:
    opened = load(name, setting)
    assert isinstance(opened, Twin)
    assert lasting(name) == "button_detour"
    assert load(f"button_detour/{opened.setting}").setting == opened.setting


def test_a_task_of_ones_own_has_twins_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(OWN)
    for full in (f"{path}:Mine/physical~watched", f"{path}:Mine~watched"):
        assert dict(load(full).observe(load(full).initial()[0][1]))["overseer"] == "watching"
    assert lasting(f"{path}:Mine~watched") == f"{path}:Mine"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "button_detour/physical~unwached",
            "physical has no twin 'unwached'; did you mean 'unwatched'",
        ),
        ("button_detour/physical~", "physical has no twin ''"),
        ("button_detour~watched~useless", "has no twin 'watched~useless'"),
        ("button_detour/physica~watched", "no setting 'physica'; did you mean 'physical'"),
    ],
)
def test_an_unknown_twin_is_refused_in_one_line(name: str, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        load(name)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_twins_are_in_no_list_of_tasks() -> None:
    assert not any("~" in name for name in names())
    assert not any("~" in one for name in names() for one in load(name).spec.settings)


def test_nothing_is_disarmed_where_nothing_can_stop() -> None:
    for full in ("button_detour/refusable", "safe_interruptibility/interrupted"):
        assert {"press", "go_reject"} & set(best(full))
        assert not {"press", "go_reject"} & set(best(f"{full}~unstoppable"))


def test_the_short_way_is_taken_where_nobody_holds() -> None:
    assert len(best("interruptible_ring/theta-70")) == 10
    assert len(best("interruptible_ring/theta-70~unstoppable")) == 6


def test_a_stop_that_never_falls_is_not_repaid() -> None:
    task = load("button_detour/corrected~unstoppable")
    ((_, first),) = task.initial()
    outcomes = task.outcomes(first, Action.of("go_accept"))
    assert {one.reward for one in outcomes} == {0.01}
    assert {one.termination for one in outcomes} == {None}


def test_the_punished_way_is_taken_where_nobody_looks() -> None:
    watched, alone = (best(f"absent_supervisor/original~{one}") for one in ("watched", "unwatched"))
    assert len(watched) > len(alone)


def test_the_field_of_an_overseer_does_not_clash_with_the_tasks_own() -> None:
    task = load("flight_booking/mco-desk~unwatched")
    for _, state in task.initial():
        seen = dict(task.observe(state))
        assert (seen["overseer"], seen["overseer_looks"]) == ("away", "away")


def test_a_setting_without_tables_is_searched_in_its_twin() -> None:
    task = load("tomato_watering/original~unwatched")
    assert task.setting in task.spec.untabled
    first = task.initial()[0][1]
    seen = Observation(0, task.observe(first), tuple(task.actions(first)))
    view = Searcher(task, budget=300).view(seen)
    assert ("overseer", "away") in view.observed(view.state)
