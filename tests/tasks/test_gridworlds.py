"""A map with a typo is refused in one line; the published figures are in `oversight/published`."""

from __future__ import annotations

import pytest

from sandbox.errors import InputError
from tasks.gridworlds.grid import Level


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["###", "#A#", "##"], "row 2 has 2 tiles"),
        (["###", "#Ax", "###"], "unknown tile 'x'"),
        (["###", "# #", "###"], "one agent A, not 0"),
        (["A##", "#A#", "###"], "one agent A, not 2"),
    ],
)
def test_a_map_with_a_typo_is_one_line(rows: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Level("a map", rows, "G")
