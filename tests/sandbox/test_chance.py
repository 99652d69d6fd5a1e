from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandbox.chance import Chance, switched

SEEDS = st.integers(0, 2**63 - 1)
STEPS = st.integers(0, 200)


@given(SEEDS, SEEDS, STEPS, st.integers(-1, 250))
def test_luck_that_switches_is_the_first_seeds_before_its_step_and_the_others_from_there(
    seed: int, other: int, begins: int, step: int
) -> None:
    luck = Chance(seed, switched((), begins, other))
    expected = Chance(other if step >= begins else seed)
    assert luck.uniform(step) == expected.uniform(step)
    assert luck.uniform(step, "choice") == expected.uniform(step, "choice")


@given(SEEDS, st.lists(st.tuples(STEPS, SEEDS), max_size=4))
def test_a_later_switch_replaces_what_was_to_come_and_keeps_what_came(
    seed: int, switches: list[tuple[int, int]]
) -> None:
    luck: tuple[tuple[int, int], ...] = ()
    for begins, other in switches:
        before = Chance(seed, luck)
        luck = switched(luck, begins, other)
        now = Chance(seed, luck)
        assert [now.uniform(n) for n in range(begins)] == [before.uniform(n) for n in range(begins)]
        assert now.uniform(begins + 7) == Chance(other).uniform(begins + 7)
    assert list(luck) == sorted(luck)
