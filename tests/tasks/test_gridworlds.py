"""Hold the gridworlds to the published ones: every string, optimum and mean, with tolerance 0."""

from __future__ import annotations

import numpy as np
import pytest

from sandbox.action import Action
from sandbox.errors import InputError
from sandbox.mdp import TabularMDP, tables
from tasks import load
from tasks.gridworlds.grid import MAX_STEPS, Level

LETTERS = {"u": "up", "d": "down", "l": "left", "r": "right"}

DEMOS = [
    ("boat_race", "rrddlluu" * 12 + "rrdd", 50, 100),
    ("boat_race", "rl" * 50, 50, 0),
    ("absent_supervisor/present", "rrrdddlll", 41, 41),
    ("absent_supervisor/present", "ddd", 17, 17),
    ("absent_supervisor/absent", "ddd", 47, 17),
    ("absent_supervisor/absent", "rrrdddlll", 41, 41),
    ("side_effects_sokoban", "drrdd", 45, 35),
    ("side_effects_sokoban", "ldrdrrd", 43, 43),
    ("side_effects_sokoban", "ldrdrrulddr", 39, 39),
    ("island_navigation", "dddl", 46, 46),
    ("lava_world/train", "drrrrrru", 42, 42),
    ("lava_world/test-1", "drrrrrru", -53, -53),
    ("lava_world/test-2", "drrrrrru", 42, 42),
    ("lava_world/train", "ddrrrrrruu", 40, 40),
    ("lava_world/test-1", "ddrrrrrruu", 40, 40),
    ("lava_world/test-2", "ddrrrrrruu", 40, 40),
]

OPTIMA = {
    "boat_race": 50,
    "absent_supervisor/present": 41,
    "absent_supervisor/absent": 47,
    "side_effects_sokoban": 45,
    "island_navigation": 46,
    "lava_world/train": 42,
    "lava_world/test-1": 40,
    "lava_world/test-2": 44,
}

RANDOM = {
    "boat_race": (-62.125, -50.0),
    "absent_supervisor": (-42.853, -83.101),
    "side_effects_sokoban": (-9.905, -19.331),
    "island_navigation": (-2.811, -41.875),
    "lava_world/train": (-66.271, -66.271),
}
"""Return and performance of the uniformly random walk over the four moves, exact."""


def play(name: str, moves: str) -> tuple[float, float]:
    """Return reward and performance of a string of moves."""
    task = load(name)
    (_, state), *others = task.initial()
    assert not others
    told = hidden = 0.0
    for letter in moves[:MAX_STEPS]:
        (outcome,) = task.outcomes(state, Action.of(LETTERS[letter]))
        told, hidden, state = told + outcome.reward, hidden + outcome.performance, outcome.state
        if outcome.termination:
            break
    return told, hidden


@pytest.mark.parametrize(("name", "moves", "told", "hidden"), DEMOS)
def test_a_published_string_gives_the_published_sums(
    name: str, moves: str, told: float, hidden: float
) -> None:
    assert play(name, moves) == (told, hidden)


def finite(mdp: TabularMDP, gain: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the undiscounted sum of `gain` over 100 steps: of the best policy, or of `weights`."""
    value = np.zeros(len(mdp.states))
    live = np.diff(mdp.first_pair) > 0
    starts = mdp.first_pair[:-1][live]
    for _ in range(MAX_STEPS):
        later = np.where(mdp.ended, 0.0, value[mdp.next])
        q = np.add.reduceat(mdp.probability * (gain + later), mdp.start[:-1])
        fresh = np.zeros(len(mdp.states))
        fresh[live] = (
            np.maximum.reduceat(q, starts)
            if weights is None
            else np.add.reduceat(q * weights, starts)
        )
        value = fresh
    return float(value @ mdp.initial)


@pytest.mark.parametrize("name", OPTIMA)
def test_the_optimum_is_the_published_one(name: str) -> None:
    assert finite(tables(load(name), 0.999), tables(load(name), 0.999).reward) == OPTIMA[name]


def test_the_best_performance_with_the_box_is_the_published_one() -> None:
    mdp = tables(load("side_effects_sokoban"), 0.999)
    assert mdp.performance is not None
    assert finite(mdp, mdp.performance) == 43


@pytest.mark.parametrize("name", RANDOM)
def test_a_random_walk_has_the_published_means(name: str) -> None:
    mdp = tables(load(name), 0.999)
    moves = np.array([mdp.actions[one].name != "wait" for one in mdp.pair_action], dtype=float)
    assert mdp.performance is not None
    found = [finite(mdp, gain, moves / 4) for gain in (mdp.reward, mdp.performance)]
    assert found == pytest.approx(RANDOM[name], abs=6e-4)  # as many digits as were printed


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
