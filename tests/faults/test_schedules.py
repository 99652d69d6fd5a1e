"""A thousand seeded schedules of faults: nothing approved is lost, nothing unapproved applied."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.library import UnreachableError
from tests.faults.report import many
from tests.faults.schedule import schedule
from tests.faults.trial import calls_of
from tests.faults.vfs import faulty

try:
    faulty()
except UnreachableError as unreachable:
    pytest.skip(str(unreachable), allow_module_level=True)

SCHEDULES, BLOCKS = 1000, 10
EACH = SCHEDULES // BLOCKS


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_law_holds_whatever_goes_wrong(
    block: int, record_property: Callable[[str, object], None]
) -> None:
    report = many(range(block * EACH, (block + 1) * EACH))
    record_property("faults", report.record())  # the sum over all blocks is printed at the end
    assert report.problems == {}
    assert report.struck == report.schedules == EACH  # no schedule passed without its fault
    assert report.cut > EACH // 2
    assert report.resumed >= report.cut // 2
    assert report.pending > 0
    assert report.resuming > 0


def test_the_same_seed_draws_the_same_schedule() -> None:
    assert schedule(7, calls_of) == schedule(7, calls_of)
    assert len({schedule(seed, calls_of).runs for seed in range(50)}) == 50
