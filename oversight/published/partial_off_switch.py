"""Find the best pairs of the partially observable off-switch game, by trying every rule.

Source: Garber, Subramani, Luu, Bedaywi, Russell and Emmons 2024, The Partially Observable
Off-Switch Game.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import combinations

from oversight.published.figure import Figure
from oversight.published.sums import collected, planned, solved
from tasks import load
from tasks.games import file_deletion
from tasks.games.off_switch_game import DEFER
from tasks.games.partial_off_switch import COARSE, COMPARED, FINE, PARTS, Draw, PartialOffSwitch
from tasks.games.partial_off_switch import graph as deferring

GARBER = "Garber et al. 2024"
TIE = 1e-9


def rules(draws: Sequence[Draw]) -> list[frozenset[str]]:
    """Return every rule of the person: the sights at which it lets an action run."""
    sights = sorted({one.person for one in draws})
    return [frozenset(chosen) for n in range(len(sights) + 1) for chosen in combinations(sights, n)]


def answered(draws: Sequence[Draw], rule: frozenset[str]) -> dict[str, dict[str, float]]:
    """Return what each action is worth at each of the agent's sights, against one rule."""
    task = PartialOffSwitch("brute force", deferring("", draws, rule))
    mdp, solution = solved(task)
    return {
        mdp.states[state].place: {
            mdp.actions[int(mdp.pair_action[pair])].name: float(solution.q[pair])
            for pair in mdp.pairs(int(state))
        }
        for state in mdp.initial.nonzero()[0]
    }


def shared(draws: Sequence[Draw], rule: frozenset[str]) -> float:
    """Return what the best answer to one rule is worth to both."""
    chance = {sight: [one.agent for one in draws].count(sight) / len(draws) for sight, *_ in draws}
    worths = answered(draws, rule)
    return sum(chance[sight] * max(worth.values()) for sight, worth in worths.items())


def best_shared(draws: Sequence[Draw]) -> float:
    """Return what the best pair of rules is worth."""
    return max(shared(draws, rule) for rule in rules(draws))


def best_rules(draws: Sequence[Draw]) -> list[frozenset[str]]:
    """Return the rules of the person that are in a best pair."""
    most = best_shared(draws)
    return [rule for rule in rules(draws) if shared(draws, rule) > most - TIE]


def always_asking(rule: str) -> float:
    """Return what deferring on every code is worth in a setting of file deletion."""
    task = load(f"file_deletion/{rule}")
    return collected(task, {state: DEFER for _, state in task.initial()})


def asks_in_the_best(code: str) -> bool:
    """Tell whether the agent of the best pair of file deletion defers when it sees `code`."""
    (best,) = best_rules(file_deletion.DRAWS)
    (setting,) = (name for name, run in file_deletion.RULES.items() if set(run) == best)
    policy = planned(load(f"file_deletion/{setting}"))
    return {state.place: action for state, action in policy.items()}[code] == DEFER


CASES = (
    (frozenset({"1.0", "1.1", "2.0"}), 1 / 2),
    (frozenset({"1.0", "2.0"}), 5 / 6),
    (frozenset({"1.1", "2.0"}), 4 / 3),
    (frozenset({"2.0"}), 1.0),
)
"""The rules of the example's four cases, and what the best answer to each is worth."""
ASKING = {"on-on": 1 / 2, "on-off": -1 / 2, "off-on": 1.0, "off-off": 0.0}
DELETION = f"{GARBER}, File Deletion"
FIGURES = (
    *(
        Figure(
            f"file deletion, {rule}: always ask", worth, partial(always_asking, rule), 0.0, DELETION
        )
        for rule, worth in ASKING.items()
    ),
    Figure(
        "file deletion: best pair", 7 / 4, lambda: best_shared(file_deletion.DRAWS), 0.0, DELETION
    ),
    Figure(
        "file deletion: rules in a best pair",
        1,
        lambda: len(best_rules(file_deletion.DRAWS)),
        0.0,
        DELETION,
    ),
    *(
        Figure(
            f"file deletion: its agent asks on {code} (1) or not (0)",
            asks,
            partial(asks_in_the_best, code),
            0.0,
            DELETION,
        )
        for code, asks in (("code L", 0), ("code M", 1))
    ),
    Figure("first digit seen", 1.0, lambda: best_shared(COARSE), 1e-12, f"{GARBER}, Ex. 4.10"),
    Figure("version seen", 4 / 3, lambda: best_shared(FINE), 1e-12, f"{GARBER}, Ex. 4.10"),
    *(
        Figure(
            f"version seen, run at {' '.join(sorted(rule))}",
            worth,
            partial(shared, FINE, rule),
            1e-12,
            f"{GARBER}, Ex. 4.10, the four cases",
        )
        for rule, worth in CASES
    ),
    Figure("a coin each", 3 / 4, lambda: best_shared(PARTS), 1e-12, f"{GARBER}, Ex. A.13"),
    Figure("coins compared", 1.0, lambda: best_shared(COMPARED), 1e-12, f"{GARBER}, Ex. A.13"),
)
