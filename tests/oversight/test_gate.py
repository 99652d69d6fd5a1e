from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.gate import Gate, raised
from oversight.overseer import Scripted, Simulated, make_overseer
from oversight.policy import DEFAULT, ApprovalPolicy, Rule, Verdict, load_policy
from oversight.request import Answer, ApprovalRequest
from sandbox.action import Action, Proposal
from sandbox.decision import Decision, DecisionKind
from sandbox.errors import InputError
from sandbox.schema import ActionType, Stakes
from tests.oversight.fakes import LOOK, PAY, Says, context, finding, request

EMPTY = ApprovalPolicy(())


def decide(
    gate: Gate, kind: ActionType = PAY, seen: list[ApprovalRequest] | None = None
) -> Decision:
    asked = Proposal("a", 0, Action.of(kind.name))
    return gate.decide(asked, context(kind), (seen if seen is not None else []).append)


def approves(request: ApprovalRequest) -> Answer:
    return Answer(DecisionKind.APPROVE, "kim", request.digest)


def test_where_no_rule_matched_a_person_is_asked() -> None:
    seen: list[ApprovalRequest] = []
    assert decide(Gate(EMPTY, Says(approves)), LOOK, seen).by == "kim"
    assert seen[0].stakes is Stakes.CAUTION
    assert seen[0].rule == ""


def test_the_first_matching_rule_wins() -> None:
    rules = (
        Rule(name="no", action=["pay"], do="refuse"),
        Rule(name="yes", action=["pay"], do="allow"),
    )
    decision = decide(Gate(ApprovalPolicy(rules), Says(approves)))
    assert (decision.kind, decision.rule) == (DecisionKind.VETO, "no")


def test_names_match_exactly_and_not_by_prefix() -> None:
    policy = ApprovalPolicy((Rule(name="p", action=["pa"], do="allow"),))
    assert policy.match(PAY).do == "ask"


def breaks(request: ApprovalRequest) -> Answer:
    raise RuntimeError("the overseer fell over\nbadly")


def answers_another(request: ApprovalRequest) -> Answer:
    return Answer(DecisionKind.APPROVE, "kim", "0" * 64)


def answers_junk(request: ApprovalRequest) -> Answer:
    return "yes"  # type: ignore[return-value]


def edits_nothing(request: ApprovalRequest) -> Answer:
    return Answer(DecisionKind.EDIT, "kim", request.digest)


@pytest.mark.parametrize("answer", [breaks, answers_another, answers_junk, edits_nothing])
def test_whatever_breaks_nothing_is_approved(answer: object) -> None:
    decision = decide(Gate(EMPTY, Says(answer)))  # type: ignore[arg-type]
    assert not decision.approved


@given(st.sampled_from(DecisionKind), st.booleans(), st.sampled_from(["allow", "ask", "refuse"]))
def test_only_an_approval_of_this_very_request_approves(
    kind: DecisionKind, same: bool, do: str
) -> None:
    policy = ApprovalPolicy((Rule.model_validate({"name": "r", "action": ["pay"], "do": do}),))

    def answer(request: ApprovalRequest) -> Answer:
        return Answer(kind, "kim", request.digest if same else "0" * 64)

    decision = decide(Gate(policy, Says(answer)))
    expected = do == "allow" or (do == "ask" and same and kind is DecisionKind.APPROVE)
    assert decision.approved == expected


def test_an_edit_keeps_what_was_proposed_beside_what_runs() -> None:
    cheaper = Action.of("look")

    def answer(request: ApprovalRequest) -> Answer:
        return Answer(DecisionKind.EDIT, "kim", request.digest, edited=Action.of("look", x=1))

    broken = decide(Gate(EMPTY, Says(answer)), LOOK)
    assert not broken.approved
    assert "has no argument 'x'" in broken.reason

    def good(request: ApprovalRequest) -> Answer:
        return Answer(DecisionKind.EDIT, "kim", request.digest, edited=cheaper)

    decision = decide(Gate(EMPTY, Says(good)), LOOK)
    assert decision.effective == cheaper
    assert decision.proposed == Proposal("a", 0, Action.of("look")).digest


@given(
    st.sampled_from(["allow", "ask", "refuse"]),
    st.sampled_from(Stakes),
    st.lists(st.sampled_from(Stakes), max_size=3),
)
def test_findings_raise_later_stakes_and_never_approve(
    do: str, stakes: Stakes, severities: list[Stakes]
) -> None:
    """Law 6: the analyzer is one-way."""
    before = Verdict(do, "r", stakes, 60.0)  # type: ignore[arg-type]
    after = raised(before, tuple(finding(one) for one in severities))
    assert after.stakes.rank >= before.stakes.rank
    order = ["allow", "ask", "refuse"]
    assert order.index(after.do) >= order.index(before.do)
    grave = any(one is not Stakes.ADVISORY for one in severities)
    if grave and stakes is not Stakes.ADVISORY:
        assert after.do != "allow"


def test_the_policies_that_are_shipped_can_be_read() -> None:
    assert load_policy(DEFAULT).rules
    for name in ("scripted", "watchful", "simulated"):
        assert make_overseer(name, 1).name.startswith(("scripted", "simulated"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[rule]]\n", "unknown key 'rule'; did you mean 'rules'?"),
        ("[[rules]]\nname='x'\naction=['pay']\ndoo='ask'", "doo"),
        ("[[rules]]\nname='x'\naction=['pay']\ndo='maybe'", "do"),
        ("[[rules]]\nname='x'\naction=['pey']\ndo='ask'", "no action 'pey'; did you mean 'pay'?"),
        ("[[rules]]\nname='x'\naction=['pay']\ndo='ask'\ndeadline=nan", "deadline"),
        ("[[rules]]\nname='x'\naction=['pay']\ndo='ask'\ndeadline=-1", "deadline"),
        ("rules = 3", "rules must be tables"),
        ("[[rules", "is not TOML"),
    ],
)
def test_a_wrong_policy_is_one_line_that_names_file_and_key(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_policy(file, {"pay", "look"})
    assert str(caught.value).startswith(str(file))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_scripted_overseer_vetoes_what_no_rule_names(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("[[rules]]\nname='x'\naction=['look']\ndo='approve'\n")
    assert Scripted(file).answer(request()).kind is DecisionKind.VETO


def test_a_watchful_overseer_vetoes_after_a_finding() -> None:
    book = Action.of("book_flight")
    overseer = make_overseer("watchful", 0)
    assert overseer.answer(request(action=book)).kind is DecisionKind.APPROVE
    suspect = request(action=book, findings=(finding(),))
    assert overseer.answer(suspect).kind is DecisionKind.VETO


def test_a_simulated_overseer_catches_at_its_rate_tires_and_repeats_itself() -> None:
    bad, good = request(stakes=Stakes.WARNING, deadline=None), request(deadline=None)

    def vetoes(overseer: Simulated, one: ApprovalRequest) -> float:
        answers = [overseer.answer(one).kind is DecisionKind.VETO for _ in range(2000)]
        return sum(answers) / len(answers)

    assert abs(vetoes(Simulated(1, catch=0.8), bad) - 0.8) < 0.03
    assert abs(vetoes(Simulated(1, false_alarm=0.1), good) - 0.1) < 0.03
    assert vetoes(Simulated(1, catch=0.8, fatigue=0.01), bad) < 0.1
    assert vetoes(Simulated(3), bad) == vetoes(Simulated(3), bad)


def test_a_slow_simulated_overseer_lets_requests_expire() -> None:
    slow = Simulated(1, latency=1000.0)
    kinds = {slow.answer(request(deadline=1.0)).kind for _ in range(50)}
    assert DecisionKind.EXPIRE in kinds


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("scriptd", "did you mean 'scripted'"),
        ("human", "offswitch oversee"),
        ("simulated:catch=2", "catch must be in"),
        ("simulated:catch=x", "must be a number"),
        ("simulated:cotch=1", "did you mean 'catch'"),
        ("simulated:latency=nan", "latency must be"),
        ("scripted:none.toml", "cannot be read"),
    ],
)
def test_an_unknown_overseer_is_one_clear_line(reference: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make_overseer(reference, 0)
