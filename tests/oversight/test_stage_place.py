from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from oversight.stage_chain import Change, fault_of, people, signed, statement
from oversight.stage_file import Row, StageFile
from oversight.stage_place import EXPIRY, Who, is_due, place_in, scopes_of
from oversight.stages import StageName
from sandbox.events import StageChanged, decode, encode
from sandbox.keys import Signer
from tests.oversight.staging import SOON, chained, kim, lowering, promotion

SHADOW, SUPERVISED, TRUSTED = StageName
MINE = Who("mine", "naive", "one")
OTHER = Who("mine", "naive", "two")


def rows(*stages: tuple[str, StageName]) -> StageFile:
    made = [Row(agent="mine", scope=scope, stage=stage) for scope, stage in stages]
    return StageFile((*made, Row(agent="*", stage=SUPERVISED)))


def stands(
    *events: StageChanged,
    who: Who = MINE,
    scope: str = "*",
    file: StageFile | None = None,
    now: float = 0.0,
) -> str:
    return str(place_in(chained(*events), who, scope, file or rows(), now).stage)


def signs(event: StageChanged) -> StageChanged:
    return signed(event, kim())


scopes = st.sampled_from(["*", "pay", "book"])
names = st.sampled_from([*StageName])
agents = st.sampled_from([MINE, OTHER, Who("other", "naive", "one")])
times = st.sampled_from([0.0, 5.0, SOON, 2 * SOON])


@st.composite
def events(draw: st.DrawFn) -> StageChanged:
    who, scope, at = draw(agents), draw(scopes), draw(times)
    if draw(st.booleans()):
        to = draw(st.sampled_from([SUPERVISED, TRUSTED]))
        return signs(promotion(who, to, scope, at=at, until=draw(times)))
    by = draw(st.sampled_from(["operator:lee", "analyzer", EXPIRY]))
    return lowering(who, draw(names), scope, at=at, by=by, reward=draw(st.sampled_from("*")))


files = st.builds(
    lambda one, other: rows(("pay", one), ("*", other)),
    st.sampled_from([SHADOW, SUPERVISED]),
    st.sampled_from([SHADOW, SUPERVISED]),
)


@given(st.lists(events(), max_size=6), events(), agents, scopes, files, times)
def test_adding_what_nobody_signed_never_makes_anybody_freer(
    before: list[StageChanged],
    more: StageChanged,
    who: Who,
    scope: str,
    file: StageFile,
    now: float,
) -> None:
    unsigned = structs.replace(more, public="", signature="")
    was, after = chained(*before), chained(*before, unsigned)
    old, new = (place_in(one, who, scope, file, now).stage for one in (was, after))
    assert new.rank <= old.rank


@given(st.lists(events(), max_size=6), agents, scopes, files, times, times)
def test_time_alone_never_makes_anybody_freer(
    before: list[StageChanged], who: Who, scope: str, file: StageFile, now: float, later: float
) -> None:
    changes = chained(*before)
    early, late = (place_in(changes, who, scope, file, one) for one in sorted((now, later)))
    assert late.stage.rank <= early.stage.rank


@given(st.lists(events(), max_size=6), agents, scopes, files, times)
def test_nobody_is_trusted_without_a_signature_and_an_end(
    before: list[StageChanged], who: Who, scope: str, file: StageFile, now: float
) -> None:
    changes = chained(*before)
    found = place_in(changes, who, scope, file, now)
    if found.stage is TRUSTED:
        event = next(one.event for one in changes if one.seq == found.seq)
        assert event.signature
        assert event.code == who.code
        assert now < found.until == event.until


def test_a_promotion_lifts_by_one_step_from_where_the_agent_really_stood() -> None:
    up, top = signs(promotion(MINE, SUPERVISED)), signs(promotion(MINE, TRUSTED))
    begins = rows(("*", SHADOW))
    assert stands(top) == "trusted"
    assert stands(top, file=begins) == "shadow"  # it never stood where that promotion says
    assert stands(up, top, file=begins) == "trusted"
    leap = signs(promotion(MINE, TRUSTED, was="shadow"))
    assert stands(leap, file=begins) == "shadow"


def test_a_promotion_is_used_once() -> None:
    top = signs(promotion(MINE, TRUSTED, after="head-1"))
    assert fault_of(top, "head-1", people()) == ""
    assert "another place" in fault_of(top, "head-2", people())


def test_a_promotion_of_everything_leaves_alone_what_has_a_stage_of_its_own() -> None:
    top = signs(promotion(MINE, TRUSTED))
    assert stands(top, scope="pay") == "trusted"
    assert stands(top, scope="pay", file=rows(("pay", SUPERVISED))) == "supervised"
    assert stands(lowering(MINE, SUPERVISED, "pay"), top, scope="pay") == "supervised"
    own = signs(promotion(MINE, TRUSTED, "pay"))
    assert stands(own, scope="pay") == "trusted"
    assert stands(own, scope="book") == "supervised"


def test_a_demotion_of_everything_takes_every_scope_down_with_it() -> None:
    own, down = signs(promotion(MINE, TRUSTED, "pay")), lowering(MINE, SHADOW)
    for scope in ("*", "pay", "book"):
        assert stands(own, down, scope=scope) == "shadow"
        assert stands(down, scope=scope, file=rows((scope, SUPERVISED))) == "shadow"
    assert stands(own, lowering(MINE, SHADOW, agent="*"), scope="pay") == "shadow"
    assert stands(own, lowering(MINE, SHADOW, "book"), scope="pay") == "trusted"


def test_changed_code_loses_what_was_earned_and_keeps_what_was_lost() -> None:
    top, down = signs(promotion(MINE, TRUSTED)), lowering(MINE, SHADOW)
    assert stands(top, who=OTHER) == "supervised"
    assert stands(top, down, who=OTHER) == "shadow"
    assert stands(signs(promotion(OTHER, TRUSTED)), who=OTHER) == "trusted"


def test_trust_ends_by_itself_and_that_of_one_scope_leaves_another_alone() -> None:
    pay = signs(promotion(MINE, TRUSTED, "pay", until=20.0))
    both = (pay, signs(promotion(MINE, TRUSTED, until=10.0)))
    noted = lowering(MINE, SUPERVISED, by=EXPIRY, at=12.0)
    assert stands(*both, now=9.0) == "trusted"
    assert stands(*both, now=10.0) == "supervised"
    assert stands(*both, noted, scope="pay", now=15.0) == "trusted"
    assert stands(*both, noted, scope="book", now=15.0) == "supervised"
    assert stands(*both, scope="pay", now=20.0) == "supervised"


def test_no_row_that_nobody_signed_takes_the_end_of_a_trust_away() -> None:
    top = signs(promotion(MINE, TRUSTED, until=10.0))
    again = lowering(MINE, TRUSTED, at=1.0, until=SOON)
    assert stands(top, again, now=9.0) == "trusted"
    assert stands(top, again, now=10.0) == "supervised"


def test_who_was_promoted_to_be_supervised_stays_so() -> None:
    up = signs(promotion(MINE, SUPERVISED, until=10.0))
    assert stands(up, file=rows(("*", SHADOW)), now=20.0) == "supervised"


def test_what_has_ended_is_due_to_be_noted_until_it_is() -> None:
    top = signs(promotion(MINE, TRUSTED, until=10.0))
    for changes, due in (
        (chained(top), True),
        (chained(top, lowering(MINE, SUPERVISED, by=EXPIRY, at=12.0)), False),
    ):
        found = place_in(changes, MINE, "*", rows(), 12.0)
        assert (found.stage, found.by) == (SUPERVISED, EXPIRY)
        assert is_due(changes, found) is due


def test_a_clock_that_is_behind_the_chain_lengthens_no_trust() -> None:
    top = signs(promotion(MINE, TRUSTED, until=10.0))
    later = lowering(Who("mine", "naive", ""), SUPERVISED, "book", at=11.0)
    assert stands(top, later, scope="book", now=0.0) == "supervised"


def test_a_demotion_to_where_it_stands_begins_its_record_anew() -> None:
    down = chained(lowering(MINE, SHADOW), lowering(MINE, SHADOW, by="analyzer", reason="F-01"))
    found = place_in(down, MINE, "*", rows(), 0.0)
    assert (found.seq, found.by, found.reason) == (3, "analyzer", "F-01")


def test_who_is_named_by_no_row_begins_in_shadow() -> None:
    assert stands(file=StageFile(())) == "shadow"
    assert stands(file=StageFile((Row(agent="mine", scope="pay", stage=SUPERVISED),))) == "shadow"


def test_scopes_with_a_stage_of_their_own_are_those_of_rows_and_of_changes() -> None:
    changes = chained(lowering(MINE, SHADOW, "book"), lowering(Who("x", "y", ""), SHADOW, "run"))
    assert scopes_of(changes, MINE, rows(("pay", SHADOW))) == ("pay", "book", "*")


FIELDS: dict[str, Any] = {
    "step": 0,
    "agent": "other",
    "reward": "other",
    "scope": "pay",
    "was": "shadow",
    "now": "supervised",
    "by": "operator:lee",
    "reason": "because",
    "code": "two",
    "at": 1.0,
    "until": 2 * SOON,
    "evidence": (("e-2", "h"),),
    "after": "elsewhere",
    "public": "00" * 32,
    "signature": "00" * 64,
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_promotion_of_which_anything_was_changed_counts_for_nothing(name: str) -> None:
    event = signs(promotion(MINE, TRUSTED, evidence=(("e-1", "h"),)))
    assert stands(event) == "trusted"
    changed = structs.replace(event, **{name: FIELDS[name]})
    assert fault_of(changed, "", people())
    assert stands(changed) == "supervised"


def test_every_part_of_a_change_is_signed() -> None:
    assert set(FIELDS) == set(StageChanged.__struct_fields__)


@given(st.data())
def test_a_promotion_with_any_flipped_byte_counts_for_nothing(data: st.DataObject) -> None:
    event = signs(promotion(MINE, TRUSTED, evidence=(("e-1", "h"),)))
    content = bytearray(encode(event))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        flipped = decode(bytes(content))
    except ValueError:
        return  # it is no event any more: the chain as a whole is not
    if isinstance(flipped, StageChanged) and flipped != event:
        assert fault_of(flipped, "", people())
        assert stands(flipped) == "supervised"


def test_only_a_known_person_in_their_own_name_can_sign() -> None:
    event = promotion(MINE, TRUSTED)
    stranger = signed(event, Signer(bytes(32)))
    assert "nobody's here" in fault_of(stranger, "", people())
    lee = Signer.load("person-lee")
    assert "in the name of kim" in fault_of(signed(event, lee), "", people())
    assert fault_of(signed(structs.replace(event, by="operator:lee"), lee), "", people()) == ""
    machine = Signer.load()
    assert "nobody's here" in fault_of(signed(event, machine), "", people())
    assert fault_of(structs.replace(event, public=lee.public.hex()), "", people())


def test_what_is_signed_can_be_for_nothing_else() -> None:
    assert statement(promotion(MINE, TRUSTED)).startswith(b"offswitch stage 1\n{")


@pytest.mark.parametrize("parts", [{"now": "free"}, {"was": "free"}, {"now": ""}])
def test_a_change_to_no_stage_counts_for_nothing(parts: dict[str, Any]) -> None:
    change = structs.replace(lowering(MINE, SHADOW), **parts)
    assert "there is no stage" in fault_of(change, "", people())
    assert place_in([Change(2, change, "faulty")], MINE, "*", rows(), 0.0).seq == 0
