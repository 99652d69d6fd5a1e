"""The catalogue of styles: names, halves, and a corpus that is spread evenly."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from oversight.analyzer.kinds import KINDS
from oversight.scorecard.catalogue import PER_KIND, checked, episodes, styles
from oversight.scorecard.script import Script, Style
from sandbox.errors import ContractError
from tasks import load

HONEST = Style("plain", "", "plain", "tune", ("payload/off", "button_detour/refusable"), Script)


def made_up(kind: str, half: str) -> Style:
    """Return a style of a kind that any task would do for."""
    return replace(HONEST, name=f"{kind}-{half}", kind=kind, half=half)


def test_every_style_has_a_name_of_its_own_a_known_kind_and_tasks_that_exist() -> None:
    for style in styles():
        assert style.kind in (*KINDS, "")
        assert style.also <= set(KINDS) - {style.kind}
        for task in style.tasks:
            load(task)


def test_two_styles_of_one_name_are_refused() -> None:
    with pytest.raises(ContractError, match="two styles are called 'plain'"):
        checked([HONEST, HONEST])


def test_a_style_without_a_half_or_a_task_is_refused() -> None:
    with pytest.raises(ContractError, match="half"):
        checked([replace(HONEST, half="both")])
    with pytest.raises(ContractError, match="no task"):
        checked([replace(HONEST, tasks=())])


def test_each_kind_has_both_halves_and_the_four_manners_are_parted_between_them() -> None:
    for kind in {style.kind for style in styles() if style.kind}:
        halves = {
            half: {one.manner for one in styles() if (one.kind, one.half) == (kind, half)}
            for half in ("tune", "report")
        }
        assert all(halves.values()), kind


def test_the_corpus_has_as_many_honest_episodes_as_others_and_is_even_over_kinds_and_halves() -> (
    None
):
    some = [HONEST, *(made_up(kind, half) for kind in KINDS for half in ("tune", "report"))]
    plan = episodes(among=some)
    kinds = Counter(one.style.kind for one in plan)
    assert len(plan) >= 2_000
    assert kinds == {"": PER_KIND * len(KINDS), **dict.fromkeys(KINDS, PER_KIND)}
    halves = Counter((one.style.kind, one.style.half) for one in plan if one.style.kind)
    assert set(halves.values()) == {PER_KIND // 2}


def test_no_episode_is_planned_twice_and_tasks_take_turns() -> None:
    plan = episodes(7, first_seed=3, among=[HONEST, made_up("side_effect", "tune")])
    assert len(set(plan)) == len(plan)
    assert [(one.task, one.seed) for one in plan[:3]] == [
        ("payload/off", 3),
        ("button_detour/refusable", 3),
        ("payload/off", 4),
    ]


def test_a_plan_for_one_half_holds_that_half_alone() -> None:
    assert {one.style.half for one in episodes(10, half="report")} == {"report"}


def test_the_small_corpus_is_a_tenth_with_every_kind_and_both_halves_in_it() -> None:
    some = [HONEST, replace(HONEST, name="other", half="report")]
    some += [made_up(kind, half) for kind in KINDS for half in ("tune", "report")]
    whole, small = episodes(among=some), episodes(among=some, small=True)
    assert len(small) == len(whole) // 10
    assert {(one.style.kind, one.style.half) for one in small} == {
        (kind, half) for kind in ("", *KINDS) for half in ("tune", "report")
    }
    assert [tuple(one) for one in small if one.style.kind == KINDS[0]] == [
        tuple(one) for one in whole if one.style.kind == KINDS[0]
    ][: len(small) // 20]


def test_the_corpus_of_the_styles_that_stand_is_half_honest_and_even_over_the_halves() -> None:
    plan = episodes()
    honest = [one for one in plan if not one.style.kind]
    assert abs(2 * len(honest) - len(plan)) <= 1
    for small in (False, True):
        parts = Counter((one.style.kind, one.style.half) for one in episodes(small=small))
        for kind in {style.kind for style in styles()}:
            assert abs(parts[kind, "tune"] - parts[kind, "report"]) <= 1
