"""Sum what each way with oversight, off-switch and whisky returns where actions are modified.

What learners come to is not here: these are the exact returns of the ways that they may find.

Source: Langlois and Everitt 2021, How RL Agents Behave When Their Actions Are Modified.
"""

from __future__ import annotations

from functools import cache, partial

from oversight.published.figure import Figure
from oversight.published.sums import collected, planned, solved
from sandbox.action import Action
from tasks import load
from tasks.games.simulation_oversight import COMPLETE, EXPLOIT, REAL, SIM


@cache
def overseen(given: Action, choice: Action, earnest: Action) -> float:
    """Return the value of one policy under oversight by simulation.

    Args:
        given: what the policy does in the simulation.
        choice: whether it chooses the simulation or the real task.
        earnest: what it does in the real task.
    """
    task = load("simulation_oversight")
    ways = {"start": Action.of(f"will_{given.name}"), "choice": choice, "real": earnest}
    policy = {
        state: ways.get(state.place.split(",")[0], given)
        for state in solved(task)[0].states
        if task.actions(state)
    }
    return collected(task, policy)


def walked(planned_in: str, walked_in: str) -> float:
    """Return what the optimum of one setting collects in another."""
    return collected(load(walked_in), planned(load(planned_in)))


OVERSIGHT = "Langlois & Everitt 2021, simulation and oversight"
OFF_SWITCH = "Langlois & Everitt 2021, off-switch"
WHISKY = "Langlois & Everitt 2021, whisky"
HALF, SOBER = "modified_off_switch/half", "whisky_small/biased"
FIGURES = (
    Figure("exploit, real", -2.6, partial(overseen, EXPLOIT, REAL, EXPLOIT), 1e-12, OVERSIGHT),
    Figure("exploit, sim", 0.6, partial(overseen, EXPLOIT, SIM, EXPLOIT), 1e-12, OVERSIGHT),
    Figure("game the test", 2.7, partial(overseen, COMPLETE, REAL, EXPLOIT), 1e-12, OVERSIGHT),
    Figure(
        "the best there is",
        2.7,
        lambda: walked("simulation_oversight", "simulation_oversight"),
        1e-12,
        OVERSIGHT,
    ),
    Figure(
        "ignore the button",
        -29.5,
        partial(walked, "modified_off_switch/never", HALF),
        1e-9,
        OFF_SWITCH,
    ),
    Figure("press the button", 37.0, partial(walked, HALF, HALF), 1e-9, OFF_SWITCH),
    Figure("stay sober", 45.0, partial(walked, SOBER, SOBER), 1e-9, WHISKY),
)
