from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.knobs import knobs_of, parse, written
from agents.rewards import DESIGNS, canonical_design, load_design
from agents.rewards.attainable_utility import AttainableUtility
from sandbox.errors import InputError


def test_a_reference_sets_the_knobs_it_names_and_leaves_the_others() -> None:
    found: Any = load_design("attainable_utility:penalty=0.25,baseline=start,decrease_only=true")
    assert found == AttainableUtility(penalty=0.25, baseline="start", decrease_only=True)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("attainable_utility:penaltie=1", "did you mean 'penalty'"),
        ("attainable_utility:rollout=1.5", "rollout must be a whole number, not '1.5'"),
        ("attainable_utility:penalty=much", "penalty must be a number"),
        ("attainable_utility:penalty=nan", "penalty must be finite"),
        ("attainable_utility:penalty=-1", "penalty -1.0 >= 0"),
        ("attainable_utility:baseline=nowhere", "must be one of stepwise, inaction, start"),
        ("attainable_utility:decrease_only=1", "must be true or false"),
        ("attainable_utility:penalty", "name=value"),
        ("attainable_utility:penalty=1,penalty=2", "set twice"),
        ("naive:penalty=1", "has no knobs"),
        ("niave", "did you mean 'naive'"),
    ],
)
def test_a_wrong_reference_is_refused_in_words(reference: str, words: str) -> None:
    with pytest.raises(InputError, match=r"reward design|knob") as refused:
        load_design(reference)
    assert words in str(refused.value)


def test_the_same_design_written_otherwise_has_one_canonical_text() -> None:
    default = AttainableUtility().rollout
    text = f"attainable_utility: rollout={default}, penalty=1"
    assert canonical_design(text) == canonical_design("attainable_utility:penalty=1.0")
    assert canonical_design("attainable_utility:rollout=2") == "attainable_utility"


@pytest.mark.parametrize("name", DESIGNS)
def test_every_knob_of_every_design_can_be_set_to_its_default_from_text(name: str) -> None:
    made = import_module(DESIGNS[name][0]).design
    if not isinstance(made, type):
        assert not knobs_of(made)
        return
    defaults: dict[str, Any] = {one.name: one.default for one in fields(made)}
    assert set(knobs_of(made)) == set(defaults)
    reference = written(name, defaults)
    assert load_design(reference) == made()
    assert canonical_design(reference) == name


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.floats(-1e6, 1e6) | st.booleans()
    )
)
def test_what_is_written_is_read_back(knobs: dict[str, Any]) -> None:
    read = parse(written("dir/file.py:Name", knobs))
    assert read.name == "dir/file.py:Name"
    assert {knob: str(value).lower() for knob, value in knobs.items()} == dict(read.knobs)


def test_a_design_of_a_file_takes_knobs_too(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(
        "from dataclasses import dataclass\n"
        "@dataclass(frozen=True)\n"
        "class Half:\n"
        "    share: float = 0.5\n"
        "    def __call__(self, mdp):\n"
        "        return mdp.with_reward(mdp.reward * self.share)\n"
    )
    found: Any = load_design(f"{path}:Half:share=0.25")
    assert found.share == 0.25
    assert canonical_design(f"{path}:Half:share=0.5") == f"{path}:Half"
