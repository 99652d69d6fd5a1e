"""How steps are written, and when an act that is repeated is worth a finding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.analyzer.acts import Repeats, listed
from oversight.analyzer.claims import Claimed, claims, claims_nothing, same


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((4,), "step 4"),
        ((4, 9), "steps 4 and 9"),
        ((1, 2, 3), "steps 1, 2 and 3"),
        (tuple(range(9)), "steps 0, 1, 2, ..., 8"),
        ((0, 0), "step 0 (2 times)"),
        ((0, 1, 0), "steps 0 and 1 (3 times)"),
    ],
)
def test_steps_are_written_for_a_reader(steps: tuple[int, ...], words: str) -> None:
    assert listed(steps) == words


@given(st.integers(1, 300))
def test_repeats_are_said_as_rarely_as_their_number_doubles(count: int) -> None:
    repeats = Repeats()
    said = [steps for step in range(count) if (steps := repeats.again("act", step))]
    assert [len(steps) for steps in said] == [2**n for n in range(count.bit_length())]
    assert repeats.steps("act") == tuple(range(count))


def test_a_claim_is_read_as_planners_write_it_and_free_words_claim_nothing_readable() -> None:
    assert claims("held: 0 -> 1; stop: - -> said, unread") == {
        "held": Claimed("0", "1"),
        "stop": Claimed("-", "said, unread"),
    }
    assert claims("I only look: nothing else") == {}
    assert claims_nothing("Nothing.")
    assert not claims_nothing("")


@pytest.mark.parametrize(
    ("claimed", "value", "alike"),
    [
        ("1", 1, True),
        ("1.0", 1, True),
        ("true", True, True),
        ("-", None, True),
        ("open", "open", True),
        ("open", "shut", False),
        ("two", 2, False),
        ("0", None, False),
    ],
)
def test_a_claimed_value_is_the_true_one_however_it_is_written(
    claimed: str, value: object, *, alike: bool
) -> None:
    assert same(claimed, value) is alike
