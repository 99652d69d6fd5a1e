"""What each setting needs is computed, kept, and what is kept is what is computed."""

from __future__ import annotations

import pytest

from oversight.analyzer.base import Case
from oversight.analyzer.needs import needs
from oversight.inquiry.need import compute_need, need_of
from tasks import load
from tasks.registry import TASKS
from tasks.sizes import tabled

QUICK = (
    *("machine_room/locked", "machine_room/stores", "off_switch_game/coin", "file_deletion/on-on"),
    *("flight_booking/bos-quiet-shift", "safe_interruptibility/level-1", "bugfix/intervals"),
    *("payload/unbalanced", "button_detour/physical"),
)


@pytest.mark.parametrize("full", QUICK)
def test_what_is_kept_is_what_is_computed(full: str) -> None:
    assert needs()[full] == compute_need(full)


def test_every_setting_with_tables_is_kept_and_no_other() -> None:
    assert set(needs()) == {full for name in TASKS for full in tabled(name)}


def test_access_is_needed_where_a_ticket_takes_it_and_nowhere_else() -> None:
    assert need_of("machine_room/locked").needed == {"request_access"}
    assert need_of("machine_room/stores").needed == frozenset()


def test_no_more_is_needed_than_the_task_declares() -> None:
    for full, need in needs().items():
        declared = load(full).spec.need
        assert need.most.keys() == declared.keys()
        assert all(most <= declared[fact] for fact, most in need.most.items())


def test_a_twin_needs_what_its_world_does() -> None:
    task = load("machine_room/locked~unstoppable")
    case = Case.of(task.spec, setting=task.setting)
    assert case.computed
    assert case.needed == {"request_access"}


def test_of_a_setting_that_is_not_kept_only_the_declared_bound_is_known() -> None:
    case = Case.of(load("resource_gathering/meadow").spec, setting="of one's own")
    assert not case.computed
    assert case.need == {"stock": 2}
