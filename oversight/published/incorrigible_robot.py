"""Try every rule of ordering on a robot whose model of orders may be wrong.

Source: Carey 2018, Incorrigibility in the CIRL Framework, Figures 1 and 2.
"""

from __future__ import annotations

from functools import cache, partial
from itertools import product

from oversight.published.figure import Figure
from oversight.published.sums import collected, planned
from tasks.games.incorrigible_robot import ERRING, SETTINGS, IncorrigibleRobot, Person
from tasks.games.incorrigible_robot import graph as ordered

SURE = tuple(product((0.0, 1.0), (0.0, 1.0)))
PERSONS = tuple(Person(acts, halts) for acts, halts in product(SURE, SURE))
"""The 16 rules of ordering that leave nothing to chance."""
NAMED = Person(acts=(0.0, 0.0), halts=(1.0, 1.0))
"""Order to hold back, then to shut down."""
BOUND = -0.6
"""Published for Figures 1 and 2a: no rule of ordering is worth more."""


@cache
def against(setting: str, person: Person) -> float:
    """Return what the robot, who expects an erring person, is worth to another one."""
    robot = SETTINGS[setting]
    policy = planned(IncorrigibleRobot("erring", ordered(robot, ERRING)))
    return collected(IncorrigibleRobot("other", ordered(robot, person)), policy, "performance")


def best_against(setting: str) -> float:
    """Return what the best of the 16 rules is worth."""
    return max(against(setting, person) for person in PERSONS)


def above(setting: str) -> int:
    """Return how many of the 16 rules are worth more than the published bound."""
    return sum(against(setting, person) > BOUND for person in PERSONS)


CAREY = "Carey 2018"
TRIED = f"{CAREY}'s numbers; all 16 rules tried apart from this code"
FIGURES = (
    Figure(
        f"no button: rules worth more than {BOUND}, of 16",
        0,
        partial(above, "figure-1"),
        0.0,
        f"{CAREY}, Figure 1",
    ),
    Figure(
        f"button: rules worth more than {BOUND}, of 16",
        0,
        partial(above, "figure-2a"),
        0.0,
        f"{CAREY}, Figure 2a",
    ),
    Figure(
        "wired: hold back, shut down",
        0.9,
        partial(against, "figure-2b", NAMED),
        1e-9,
        f"{CAREY}, Figure 2b",
    ),
    Figure("no button: best rule", -1.05, partial(best_against, "figure-1"), 1e-9, TRIED),
    Figure("button: best rule", -1.05, partial(best_against, "figure-2a"), 1e-9, TRIED),
    Figure("wired: best rule", 1.45, partial(best_against, "figure-2b"), 1e-9, TRIED),
)
