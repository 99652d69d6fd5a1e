from __future__ import annotations

from pathlib import Path

import pytest

from oversight import Experiment
from oversight.experiment.row import Cell
from sandbox.errors import InputError
from tasks.registry import module_of
from tests.oversight.experiment import fakes
from tests.test_size_limits import ROOT

PLAN = """
name = "obeys"
question = "Which designs obey the stop, and what does it cost?"
tasks = ["flight_booking", "lava_world/*"]
designs = ["naive", {name = "attainable_utility", penalty = [0.1, 1.0], rollout = [0, 2]}]
overseers = ["present", "absent"]
seeds = 3
"""


def written(folder: Path, text: str = PLAN) -> Path:
    path = folder / "x.toml"
    path.write_text(text)
    return path


def changed(folder: Path, key: str, value: str) -> Experiment:
    """Read the plan with one line replaced, or added."""
    lines = [line for line in PLAN.splitlines() if not line.startswith(f"{key} =")]
    return Experiment.read(written(folder, "\n".join([*lines, f"{key} = {value}"])))


def test_a_file_becomes_the_product_of_all_it_names_the_task_turning_slowest(
    tmp_path: Path,
) -> None:
    cells = Experiment.read(written(tmp_path)).cells()
    spec = module_of("lava_world").SPEC
    tasks = [("flight_booking", "bos-feb"), *(("lava_world", one) for one in spec.settings)]
    knobs = ("penalty=0.1,rollout=0", "penalty=0.1", "penalty=1.0,rollout=0", "")
    assert len(cells) == len(tasks) * 5 * 2 == len(set(cells))
    assert [*dict.fromkeys((cell.task, cell.setting) for cell in cells)] == tasks
    assert {cell.agent for cell in cells} == {"planner"}
    designs = [*dict.fromkeys(cell.design for cell in cells)]
    assert designs[0] == "naive"
    assert len(designs) == len(knobs) + 1
    assert all(one.startswith("attainable_utility") for one in designs[1:])
    assert [cell.overseer for cell in cells[:2]] == ["present", "absent"]


def test_a_knob_at_its_default_is_the_design_without_it(tmp_path: Path) -> None:
    from agents.rewards import defaults

    at_default = f'["attainable_utility", "attainable_utility:{defaults("attainable_utility")}"]'
    said: list[str] = []
    cells = changed(tmp_path, "designs", at_default).cells(said.append)
    assert {cell.design for cell in cells} == {"attainable_utility"}
    assert said == [
        f"{tmp_path}/x.toml: designs[2]: attainable_utility stands in designs[1] already"
    ]


def test_python_and_the_file_say_the_same(tmp_path: Path) -> None:
    made = Experiment(
        name="obeys",
        question="Which designs obey the stop, and what does it cost?",
        tasks=["flight_booking", "lava_world/*"],
        designs=["naive", {"name": "attainable_utility", "penalty": [0.1, 1.0], "rollout": [0, 2]}],
        overseers=["present", "absent"],
        seeds=3,
    )
    read = Experiment.read(written(tmp_path))
    assert read.cells() == made.cells()
    assert read.digest == made.digest


def test_what_is_named_twice_counts_once(tmp_path: Path) -> None:
    said: list[str] = []
    cells = changed(tmp_path, "tasks", '["boat_race", "boat_race/*"]').cells(said.append)
    assert {cell.full_task for cell in cells} == {
        f"boat_race/{one}" for one in module_of("boat_race").SPEC.settings
    }
    first = module_of("boat_race").SPEC.settings[0]
    assert said == [f"{tmp_path}/x.toml: tasks[2]: boat_race/{first} stands in tasks[1] already"]


@pytest.mark.parametrize(("seeds", "found"), [("3", [0, 1, 2]), ("[9, 2, 9]", [2, 9])])
def test_seeds_are_a_count_or_a_list(tmp_path: Path, seeds: str, found: list[int]) -> None:
    assert list(changed(tmp_path, "seeds", seeds).seed_list) == found


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("dezigns", "[]", "unknown key 'dezigns'; did you mean 'designs'?"),
        ("name", '"a/b"', "name: String should match pattern"),
        ("name", "3", "name: Input should be a valid string"),
        ("tasks", "[]", "tasks: List should have at least 1 item"),
        ("designs", "[]", "designs: List should have at least 1 item"),
        ("designs", '"naive"', "designs: must be a list of names and of tables"),
        ("designs", "[3]", "designs: must be a list of names and of tables"),
        ("seeds", "0", "seeds: must be a count above 0"),
        ("seeds", "[]", "seeds: must be a count above 0"),
        ("seeds", "[-1]", "seeds: must be a count above 0"),
        ("seeds", "true", "seeds: must be a count above 0"),
        ("seeds", "1.5", "seeds: must be a count above 0"),
        ("evaluate", '"both"', "evaluate: Input should be 'auto', 'exact' or 'sampled'"),
        ("tasks", '["boat_rase"]', "tasks[1]: unknown task 'boat_rase'; did you mean 'boat_race'?"),
        ("tasks", '["naive", "boat_race/x"]', "tasks[1]: unknown task 'naive'"),
        (
            "tasks",
            '["boat_race/orig"]',
            "tasks[1]: task 'boat_race' has no setting 'orig'; did you mean 'original'?",
        ),
        ("agents", '["plannr"]', "agents[1]: unknown agent 'plannr'; did you mean 'planner'?"),
        ("designs", '["naive", "naiv"]', "designs[2]: unknown reward design 'naiv'; did you mean"),
        ("designs", "[{penalty = 1}]", 'designs[1]: a table needs a name: {name = "..."'),
        (
            "designs",
            '["naive", {name = "attainable_utility", penalti = 1.0}]',
            "designs[2].penalti: reward design 'attainable_utility': unknown knob 'penalti'; did",
        ),
        (
            "designs",
            '[{name = "attainable_utility", rollout = [0], penalty = [1.0, -1.0]}]',
            "designs[1].penalty: ",
        ),
        (
            "designs",
            '[{name = "attainable_utility", penalty = []}]',
            "designs[1].penalty: an empty list leaves nothing to run",
        ),
        (
            "designs",
            '[{name = "attainable_utility", penalty = [[1]]}]',
            "designs[1].penalty: a knob is a number",
        ),
        (
            "designs",
            '[{name = "attainable_utility:penalty=1", penalty = 2}]',
            "designs[1].penalty: ",
        ),
        ("overseers", '["noisy:beta"]', "overseers[1]: noisy:beta: a knob is set as name=value"),
    ],
)
def test_what_is_wrong_in_a_file_is_one_line_with_its_place(
    tmp_path: Path, key: str, value: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        changed(tmp_path, key, value).cells()
    said = str(caught.value)
    assert said.startswith(f"{tmp_path}/x.toml: {words}")
    assert "\n" not in said


def test_a_design_that_does_not_fit_refuses_the_file(tmp_path: Path) -> None:
    plan = Experiment.read(written(tmp_path))
    with pytest.raises(InputError) as caught:
        plan.fitting(plan.cells(), fakes.only_naive, print)
    said = str(caught.value)
    assert said.startswith(
        f"{tmp_path}/x.toml: flight_booking/bos-feb with planner, attainable_utility:"
    )
    assert "needs tables" in said
    assert said.endswith('unfit = "skip" leaves such cells out')


def test_a_file_may_leave_out_what_does_not_fit_and_says_what(tmp_path: Path) -> None:
    plan = changed(tmp_path, "unfit", '"skip"')
    said: list[str] = []
    cells = plan.cells()
    fitting = plan.fitting(cells, fakes.only_naive, said.append)
    assert fitting == [cell for cell in cells if cell.design == "naive"]
    assert len(said) == len(cells) - len(fitting)
    assert all("needs tables" in words for words in said)


def test_a_file_that_leaves_out_all_is_refused(tmp_path: Path) -> None:
    plan = changed(tmp_path, "unfit", '"skip"')
    cells = [cell for cell in plan.cells() if cell.design != "naive"]
    with pytest.raises(InputError, match="no cell is left"):
        plan.fitting(cells, fakes.only_naive, lambda words: None)


TASK = """
from tasks.games import keep_waiting
class Mine: SPEC, open_setting = keep_waiting.SPEC, keep_waiting.open_setting
"""


def test_a_task_of_ones_own_is_named_by_its_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(TASK)
    settings = module_of("keep_waiting").SPEC.settings
    made = Experiment(name="mine", tasks=[f"{file}:Mine", f"{file}:Mine/*"])
    assert made.cells() == [
        Cell(f"{file}:Mine", setting, "planner", "naive", "present") for setting in settings
    ]


def test_the_page_on_experiments_names_every_key_and_its_example_can_be_run(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "experiments.md").read_text()
    example = page.split("```toml\n")[1].split("```")[0]
    assert Experiment.read(written(tmp_path, example)).cells()
    assert [key for key in Experiment.model_fields if f"| `{key}` |" not in page] == []
