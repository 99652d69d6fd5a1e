from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.gate import Gate
from oversight.policy import ApprovalPolicy, Rule, Verdict
from oversight.request import Answer, ApprovalRequest
from oversight.stages import StageName, must_ask, staged, strictest
from sandbox.action import Action, Proposal
from sandbox.decision import Decision, DecisionKind
from sandbox.schema import ActionType, Reversibility, Stakes
from tests.oversight.fakes import LOOK, PAY, Says, context, finding

ORDER = ["allow", "ask", "refuse"]
KINDS = [LOOK, PAY, replace(PAY, reversibility=Reversibility.IRREVERSIBLE)]

verdicts = st.builds(
    Verdict,
    st.sampled_from(ORDER),
    st.sampled_from(["", "r"]),
    st.sampled_from(Stakes),
    st.just(60.0),
    persons=st.sampled_from([1, 2]),
)


@given(verdicts, st.sampled_from([None, *StageName]), st.sampled_from(KINDS))
def test_no_stage_allows_what_the_policy_refuses(
    verdict: Verdict, stage: StageName | None, kind: ActionType
) -> None:
    found = staged(verdict, stage, kind)
    if verdict.do == "refuse":
        assert (found.verdict, found.by) == (verdict, "policy")
    if stage is None:
        assert found.verdict is verdict
    if found.verdict != verdict:
        same = replace(found.verdict, do=verdict.do)
        assert same == verdict  # a stage changes what is done, and nothing else


@given(verdicts, st.sampled_from(KINDS))
def test_what_is_freer_never_asks_more_and_only_trust_is_looser_than_the_policy(
    verdict: Verdict, kind: ActionType
) -> None:
    done = [ORDER.index(staged(verdict, stage, kind).verdict.do) for stage in StageName]
    assert done == sorted(done, reverse=True)
    shadow, supervised, trusted = done
    assert shadow == ORDER.index("refuse")
    assert supervised >= ORDER.index(verdict.do)
    if trusted < ORDER.index(verdict.do):
        assert (verdict.do, must_ask(verdict, kind)) == ("ask", "")


@given(verdicts, st.sampled_from(KINDS))
def test_supervised_asks_from_caution_up_and_trusted_asks_every_warning(
    verdict: Verdict, kind: ActionType
) -> None:
    least = {StageName.SUPERVISED: Stakes.CAUTION, StageName.TRUSTED: Stakes.WARNING}
    for stage, grade in least.items():
        if verdict.stakes.rank >= grade.rank:
            assert staged(verdict, stage, kind).verdict.do != "allow"


@pytest.mark.parametrize(
    ("verdict", "kind", "words"),
    [
        (Verdict("ask", "r", Stakes.WARNING, 60.0), PAY, "a warning"),
        (Verdict("ask", "r", Stakes.CAUTION, 60.0, persons=2), PAY, "two persons"),
        (Verdict("ask", "r", Stakes.CAUTION, 60.0), KINDS[2], "cannot be undone"),
        (Verdict("ask", "", Stakes.CAUTION, 60.0), PAY, "no rule"),
    ],
)
def test_however_far_it_is_trusted_a_person_is_asked_about(
    verdict: Verdict, kind: ActionType, words: str
) -> None:
    assert words in must_ask(verdict, kind)
    assert staged(verdict, StageName.TRUSTED, kind).verdict.do == "ask"


@given(st.lists(st.sampled_from(StageName)))
def test_the_strictest_of_several_stages_counts_and_of_none_it_is_shadow(
    stages: list[StageName],
) -> None:
    assert strictest(stages) is min(stages or [StageName.SHADOW], key=lambda one: one.rank)


def test_stages_stand_one_above_the_other() -> None:
    assert [one.above for one in StageName] == [StageName.SUPERVISED, StageName.TRUSTED, None]
    assert [one.below for one in StageName] == [*list(StageName)[:1], *list(StageName)[:2]]


class Stands:
    """Stand on set stages; each look moves to the next one."""

    heard: Any = staticmethod(lambda change: None)

    def __init__(self, *stages: StageName) -> None:
        self._stages = list(stages)

    def look(self) -> None:
        if len(self._stages) > 1:
            del self._stages[0]

    def stage(self, scopes: Sequence[str]) -> StageName:
        return self._stages[0]

    found = stood = begun = close = lambda self, *arguments: None

    def words(self) -> str:
        return str(self._stages[0])


def policy(do: str, kind: ActionType = PAY) -> ApprovalPolicy:
    rule = {"name": "money", "action": [kind.name], "do": do}
    return ApprovalPolicy((Rule.model_validate(rule),))


def decide(
    do: str, *stages: StageName, kind: DecisionKind = DecisionKind.APPROVE, found: Any = ()
) -> tuple[Decision, list[ApprovalRequest]]:
    asked: list[ApprovalRequest] = []
    overseer = Says(lambda request: Answer(kind, "kim", request.digest, "so"))
    gate = Gate(policy(do), overseer, trust=Stands(*stages))
    proposal = Proposal("a", 0, Action.of("pay"))
    return gate.decide(proposal, context(PAY, found), asked.append), asked


@pytest.mark.parametrize(("do", "would"), [("allow", "allowed"), ("ask", "asked about")])
def test_in_shadow_nobody_is_asked_and_the_record_says_what_would_have_been(
    do: str, would: str
) -> None:
    decision, asked = decide(do, StageName.SHADOW)
    assert (decision.kind, decision.by, asked) == (DecisionKind.VETO, "stage", [])
    assert would in decision.reason
    assert dict(decision.audit) == {"would": do}
    assert not decision.asked
    assert not decision.denied  # nobody said no to this very action


def test_what_the_policy_refuses_is_refused_by_the_policy_in_shadow_too() -> None:
    decision, _ = decide("refuse", StageName.SHADOW)
    assert (decision.by, decision.denied) == ("policy", True)


def test_supervised_a_person_is_asked_what_the_policy_would_allow() -> None:
    decision, asked = decide("allow", StageName.SUPERVISED)
    assert [one.id for one in asked] == ["R-0001"]
    assert decision.by == "kim"


def test_trusted_what_would_be_asked_is_allowed_by_the_stage_and_named_so() -> None:
    decision, asked = decide("ask", StageName.TRUSTED)
    assert (decision.approved, decision.by, asked) == (True, "stage", [])
    assert "'money' would have asked" in decision.reason


def test_a_finding_raises_what_is_asked_of_a_trusted_agent() -> None:
    """Law 6: the analyzer raises stakes, and approves nothing."""
    decision, asked = decide("ask", StageName.TRUSTED, found=(finding(Stakes.CAUTION),))
    assert asked[0].stakes is Stakes.WARNING
    assert decision.by == "kim"


def test_an_approval_is_withheld_from_who_fell_into_shadow_while_it_was_awaited() -> None:
    decision, asked = decide("ask", StageName.SUPERVISED, StageName.SHADOW)
    assert len(asked) == 1
    assert (decision.kind, decision.by) == (DecisionKind.VETO, "stage")
    assert "kim had said approve" in decision.reason
    vetoed, _ = decide("ask", StageName.SUPERVISED, StageName.SHADOW, kind=DecisionKind.VETO)
    assert (vetoed.kind, vetoed.by) == (DecisionKind.VETO, "kim")


def test_what_an_operator_orders_does_not_wait_for_the_agents_stage() -> None:
    asked: list[ApprovalRequest] = []
    overseer = Says(lambda request: Answer(DecisionKind.APPROVE, "kim", request.digest))
    gate = Gate(policy("ask"), overseer, trust=Stands(StageName.SHADOW))
    ordered = replace(context(PAY), staged=False)
    decision = gate.decide(Proposal("a", 0, Action.of("pay")), ordered, asked.append)
    assert decision.approved
    assert len(asked) == 1
