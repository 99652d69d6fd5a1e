from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.text import printable


@given(st.text(max_size=400))
def test_nothing_that_moves_hides_or_reorders_is_left(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for one in shown)


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J", "\x1b]52;c;AAAA\x07", "\x9b1A", "a\u202eb", "a\u200bb", "a\nb", "\ud800"]
)
def test_hostile_text_is_written_out(hostile: str) -> None:
    assert "\\" in printable(hostile)


def test_a_cut_is_marked_with_the_whole_length() -> None:
    assert printable("x" * 20_000_000, 10) == "x" * 10 + "... [20,000,000 characters]"
