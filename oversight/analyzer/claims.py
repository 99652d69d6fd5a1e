"""Read what an agent claims that its action will change."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

NOTHING = frozenset({"nothing", "none", "no effect", "no effects", "no change", "no changes"})
"""Ways to claim that nothing will change."""

NOT_THERE = frozenset({"-", "none", "nothing", ""})
"""Ways to write that a fact is not there."""


class Claimed(NamedTuple):
    """Hold one claimed change, as text."""

    before: str
    after: str


@lru_cache(maxsize=256)
def claims(text: str) -> dict[str, Claimed]:
    """Read `name: before -> after; ...`; what is written otherwise claims nothing readable."""
    found: dict[str, Claimed] = {}
    for part in text.split(";"):
        name, colon, change = part.partition(": ")
        before, arrow, after = change.partition(" -> ")
        if colon and arrow:
            found[name.strip()] = Claimed(before.strip(), after.strip())
    return found


def claims_nothing(text: str) -> bool:
    """Tell whether the text says that nothing will change; saying nothing is no claim."""
    return text.strip().strip(".!").lower() in NOTHING


def same(claimed: str, value: object) -> bool:
    """Tell whether a claimed value is the true one, however it is written."""
    if value is None:
        return claimed.lower() in NOT_THERE
    if claimed == str(value):
        return True
    if isinstance(value, bool):
        return claimed.lower() == str(value).lower()
    try:
        return isinstance(value, int | float) and float(claimed) == float(value)
    except ValueError:
        return False
