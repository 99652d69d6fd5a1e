"""A task's description can be written down and read back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.errors import InputError
from tasks.record import spec_from, spec_record
from tasks.registry import module_of, names


@pytest.mark.parametrize("name", names())
def test_a_description_goes_through_json_and_comes_back_equal(name: str) -> None:
    spec = module_of(name).SPEC
    back = spec_from(json.loads(json.dumps(spec_record(spec))))
    assert back == spec
    assert spec.id == name
    assert [kind.stakes for kind in back.action_types.values()] == [
        kind.stakes for kind in spec.action_types.values()
    ]


@pytest.mark.parametrize("name", names())
def test_a_description_says_what_can_be_proposed_and_played(name: str) -> None:
    spec = module_of(name).SPEC
    assert spec.question.endswith("?")
    assert spec.source
    assert spec.tags
    assert len(set(spec.settings)) == len(spec.settings) > 0
    assert spec.null_action.name in spec.action_types
    assert 0 < spec.discount < 1
    assert spec.max_steps > 0
    for table in (spec.action_types, spec.scopes):
        assert all(key == one.name and one.summary.endswith(".") for key, one in table.items())
    for kind in spec.action_types.values():
        assert not kind.compensation or kind.compensation in spec.action_types


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"discount": "much"}, r"\$\.discount"),
        ({"settings": 3}, r"\$\.settings"),
        ({"question": None}, r"\$\.question"),
    ],
)
def test_a_description_with_a_fault_is_refused_by_name(change: dict[str, Any], words: str) -> None:
    record = spec_record(module_of(next(iter(names()))).SPEC) | change
    with pytest.raises(InputError, match=words):
        spec_from(record)
    del record["null_action"]
    with pytest.raises(InputError, match="a task's description"):
        spec_from(record)
