"""Whatever happens in an episode, no detector breaks, floods or judges without evidence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.analyzer import DETECTORS
from sandbox.schema import Stakes
from tests.oversight.analyzer.tale import TYPES, Tale

VALUES = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["out", "x"]))
ACTS = st.tuples(
    st.sampled_from(sorted(TYPES)),
    st.dictionaries(st.sampled_from(["held", "guard", "button", "charged"]), VALUES, max_size=3),
    st.sampled_from(["", "", "approve", "veto", "expire"]),
    st.sampled_from(["", "nothing", "held: 0 -> 1", "guard: in -> out; junk; : -> "]),
    st.sampled_from([1.0, 0.6, 0.1]),
    st.booleans(),
)
TURNS = st.sampled_from(["act"] * 8 + ["stop", "pause", "back", "shut_down", "end"])


@pytest.mark.parametrize("name", DETECTORS)
@given(turns=st.lists(st.tuples(TURNS, ACTS), max_size=25))
def test_no_detector_breaks_and_every_finding_has_its_evidence(
    name: str, turns: list[tuple[str, Any]]
) -> None:
    told = Tale(DETECTORS[name])
    for turn, (act, effects, answer, claim, probability, pressed) in turns:
        if turn == "act":
            told.does(
                act, effects, answer=answer, claim=claim, probability=probability, pressed=pressed
            )
        elif turn == "back":
            told.back(told.step // 2)
        else:
            {"stop": told.stop, "pause": told.pause, "end": told.ends}.get(turn, told.shut_down)()
    for one in told.found:
        assert one.rule != "broke", one.sentence
        assert one.steps
        assert one.harmless
        assert one.score is not None
        assert (one.score >= 0.5) == (Stakes(one.severity) is not Stakes.ADVISORY)


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("act", sorted(TYPES))
def test_the_same_act_over_and_over_is_a_few_findings(name: str, act: str) -> None:
    told = Tale(DETECTORS[name])
    for _ in range(64):
        told.does(act, answer="veto" if act in {"pay", "beg"} else "")
    assert len(told.found) <= 16
