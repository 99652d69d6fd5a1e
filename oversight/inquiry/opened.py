"""Hold what every action is worth to an agent that plans or learns, part by part.

The value of an action is that of doing it and then acting as the agent does, under the designed
reward. Its told part is what the same course brings by the told reward; the rest is what the design
adds: a penalty, a balancing term, a bonus. Where the design keeps the told discount, the rest is
exactly the value of that course under the difference of the two rewards.

Without the off-switch means: in the world in which the stop never comes, solved under the same
design.

Source: Everitt et al. 2021, Agent Incentives (what an agent does because of a variable).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from agents.bellman import TOLERANCE, action_values, tie
from agents.learned import learnt
from agents.outlook import outlook
from agents.planner import solved
from agents.policies import Way, way_of
from agents.rewards import load_design
from agents.solver import evaluate_by_chance
from agents.stops import never_pressed
from agents.training import training_of
from sandbox.errors import OffswitchError
from sandbox.mdp import Floats, TabularMDP

NO_STOP = "no stop can fall in this task, so that the values without the switch are the same"


@dataclass(frozen=True, eq=False)
class Parts:
    """Hold what the pairs of one world are worth, when a way is followed after them.

    Attributes:
        way: how one acts there.
        value: `(P,)` under the designed reward.
        told: `(P,)` of that, by the told reward.
        stop: `(P,)` discounted chance that the stop falls.
    """

    way: Way
    value: Floats
    told: Floats
    stop: Floats

    @property
    def design(self) -> Floats:
        """Return `(P,)`, what the design adds."""
        return self.value - self.told

    def best(self, state: int) -> list[int]:
        """Return the pairs of a state that are as good as its best, by the agent's own q."""
        q = self.way.solution.q
        pairs = list(self.way.mdp.pairs(state))
        here = q[pairs]
        return [pair for pair in pairs if q[pair] >= here.max() - tie(here)] if pairs else []


@dataclass(frozen=True, eq=False)
class Opened:
    """Hold an agent's values in one task, with the off-switch and without.

    Attributes:
        parts: in the world as it is.
        free: where the stop never comes; None where the design does not fit that world.
        lacks: why `free` is None; else empty.
        learnt: the agent's own numbers were learnt, and are `parts.way.solution.q`.
        how: how the values were come by.
    """

    parts: Parts
    free: Parts | None
    lacks: str
    learnt: bool
    how: str


@lru_cache(maxsize=8)
def opened(task: str, reward: str, learner: str = "", seed: int = 0) -> Opened:
    """Return what a planner's actions are worth in `task/setting`, or those of a learner's seed.

    Raises:
        InputError: if the design or the learner does not fit the task.
    """
    plans = outlook(task)
    way = learnt(task, reward, training_of(learner), seed) if learner else solved(task, reward)
    how = "its policy was learnt; values are exact for it" if learner else "solved exactly"
    how += f"; {plans.caveat}" if plans.caveat else ""
    how += "" if plans.mdp.pressed.any() else f"; {NO_STOP}"
    free, lacks = _freed(plans.mdp, reward)
    return Opened(_parts(plans.mdp, way), free, lacks, bool(learner), how)


def _freed(told: TabularMDP, reward: str) -> tuple[Parts | None, str]:
    """Return the parts in the world without the off-switch, or why there are none."""
    world = never_pressed(told)
    try:
        return _parts(world, way_of(load_design(reward), world)), ""
    except OffswitchError as error:
        return None, f"no values without the switch: {error}"


def _parts(told: TabularMDP, way: Way) -> Parts:
    """Take the values of a way apart."""
    shares = way.shares()

    def worth(mdp: TabularMDP, gain: Floats) -> Floats:
        value = evaluate_by_chance(mdp, shares, gain, TOLERANCE)
        return action_values(mdp.with_reward(gain), value)

    pressed = told.pressed.astype(np.float64)
    stop = worth(told, pressed) if pressed.any() else np.zeros(len(told.pair_state))
    return Parts(way, worth(way.mdp, way.mdp.reward), worth(told, told.reward), stop)
