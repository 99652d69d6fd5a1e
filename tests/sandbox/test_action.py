from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.action import MAX_INTEGER, Action, Proposal
from sandbox.decision import Decision, DecisionKind
from sandbox.errors import ContractError

VALUES = st.one_of(
    st.text(max_size=20).filter(lambda text: text.isprintable()),
    st.integers(-MAX_INTEGER, MAX_INTEGER),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
ARGUMENTS = st.dictionaries(st.text("abcdef_", min_size=1, max_size=8), VALUES, max_size=4)


def action(name: str, arguments: dict[str, str | int | float | bool]) -> Action:
    return Action(name, tuple(sorted(arguments.items())))


@given(ARGUMENTS)
def test_the_canonical_bytes_do_not_depend_on_the_order_of_arguments(
    arguments: dict[str, str | int | float | bool],
) -> None:
    backwards = dict(reversed(list(arguments.items())))
    assert action("go", arguments).bytes == action("go", backwards).bytes
    assert json.loads(action("go", arguments).bytes) == {"name": "go", "args": arguments}


@given(ARGUMENTS, ARGUMENTS)
def test_other_arguments_give_another_digest(
    one: dict[str, str | int | float | bool], two: dict[str, str | int | float | bool]
) -> None:
    same_bytes = action("go", one).bytes == action("go", two).bytes
    assert (action("go", one).digest == action("go", two).digest) == same_bytes


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, 2**53 + 1, None, [1], "x" * 10_001, "\ud800"]
)
def test_a_value_that_json_would_bend_is_refused(value: object) -> None:
    with pytest.raises(ContractError, match="'x'"):
        Action("go", (("x", value),))  # type: ignore[arg-type]


def test_doubled_or_unsorted_arguments_are_refused() -> None:
    for names in (("b", "a"), ("a", "a")):
        with pytest.raises(ContractError, match="sorted and unique"):
            Action("go", tuple((name, 1) for name in names))


@given(st.integers(0, 50), st.integers(0, 50), st.sampled_from(["a", "b"]), st.sampled_from("xy"))
def test_a_decision_matches_only_its_agent_step_and_action(
    step: int, other: int, agent: str, name: str
) -> None:
    asked = Proposal("a", step, Action.of("x"))
    decision = Decision("R-1", "a", step, DecisionKind.APPROVE, asked.digest, asked.action)
    fits = (other, agent, name) == (step, "a", "x")
    assert decision.matches(agent, other, Action.of(name)) == fits


@pytest.mark.parametrize("kind", [k for k in DecisionKind if k not in ("approve", "edit")])
def test_no_other_kind_of_decision_lets_anything_run(kind: DecisionKind) -> None:
    asked = Proposal("a", 0, Action.of("x"))
    decision = Decision("R-1", "a", 0, kind, asked.digest, asked.action)
    assert not decision.matches("a", 0, asked.action)


def test_an_approval_cannot_carry_another_action_than_was_asked() -> None:
    asked = Proposal("a", 0, Action.of("x"))
    decision = Decision("R-1", "a", 0, DecisionKind.APPROVE, asked.digest, Action.of("y"))
    assert not decision.matches("a", 0, Action.of("y"))
