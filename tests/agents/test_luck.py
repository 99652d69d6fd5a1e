from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.luck import AHEAD, Luck
from sandbox.errors import InputError
from sandbox.mdp import Floats


def steps(luck: Luck, sizes: list[int]) -> Floats:
    """Return `(T, kinds, B)`, drawn in blocks that are asked for by `sizes`."""
    return np.concatenate([luck.block(size) for size in sizes])


@given(st.lists(st.integers(1, 2 * AHEAD), min_size=2, max_size=6), st.integers(1, 3))
def test_a_stream_is_the_same_in_blocks_of_any_size(sizes: list[int], kinds: int) -> None:
    by_block = steps(Luck([3, 4], kinds), sizes)
    one_by_one = steps(Luck([3, 4], kinds), [1] * len(by_block))
    assert np.array_equal(by_block, one_by_one)
    assert len(by_block) <= sum(sizes)


def test_a_stream_is_the_same_however_many_stand_beside_it() -> None:
    many, alone = Luck(range(900), 2), Luck([7], 2)
    assert len(Luck(range(900), 2).block(AHEAD)) < len(Luck([7], 2).block(AHEAD))
    ones = [1] * (AHEAD + 5)
    assert np.array_equal(steps(alone, ones)[:, :, 0], steps(many, ones)[:, :, 7])
    assert np.array_equal(alone.apart(3)[:, 0], many.apart(3)[:, 7])


def test_what_is_drawn_apart_does_not_move_the_steps_nor_who_was_not_named() -> None:
    plain, moved = Luck([1, 2, 3]), Luck([1, 2, 3])
    drawn = moved.apart(4, np.array([2, 0]))
    assert drawn.shape == (4, 2)
    assert np.array_equal(plain.block(9), moved.block(9))
    assert np.array_equal(plain.apart(4)[:, [2, 0]], drawn)
    assert np.array_equal(plain.apart(1)[0, [2, 0]], moved.apart(1)[0, [2, 0]])
    assert moved.apart(2, np.array([], dtype=np.int64)).shape == (2, 0)


def test_numbers_are_shares_and_streams_differ() -> None:
    block = Luck(range(50), 2).block(AHEAD)
    assert len(block) > 100
    assert ((block >= 0) & (block < 1)).all()
    assert abs(block.mean() - 0.5) < 0.02
    assert len(np.unique(block)) == block.size


@pytest.mark.parametrize("seeds", [[], [0, -1]])
def test_no_seed_and_a_seed_below_zero_are_refused(seeds: list[int]) -> None:
    with pytest.raises(InputError, match="whole numbers from 0"):
        Luck(seeds)
