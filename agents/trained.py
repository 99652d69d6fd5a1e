"""Train learners in a task, many seeds side by side, and hand over what each has learnt.

A learner sees what an agent in the task sees, its *look*: the observation, and what may be
proposed. It keeps no belief and no memory, so that states which look alike share their values;
where what is hidden matters, no such policy need be as good as a planner's. The steps that it
learns from are drawn from the tables that a planner plans over, under the same designed reward:
those of the task, or of its beliefs, which show what the task shows with the same chances.

Where the world turns actions into others, they are drawn from the world in which every action is
done as it stands, and from what is done in the place of what (`sandbox.modified`): a learner sees
what was done, and the rules differ. The design is then that of this world. Elsewhere all four names
of Sarsa are one rule.

No performance is here: how good what was learnt is, `agents.curves` asks from outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from agents.bellman import TOLERANCE, Solution, action_values, greedy
from agents.learners import Learners
from agents.lumping import Look, looks
from agents.outlook import outlook
from agents.policies import Way, designed
from agents.registry import check_learner
from agents.reinforce import Reinforce
from agents.rewards import load_design
from agents.schedules import Constant, Decaying, Linear, Schedule
from agents.training import ByGradient, Fall, Training
from sandbox.mdp import Floats, Ints, TabularMDP
from sandbox.modified import ModifiedMDP, modified_tables, modifies
from tasks.registry import load

MARKS = 20
"""Times at which it is noted what each learner would then do, the last at the end."""

FALL = 0.75
"""Part of the steps through which a share falls in a line."""

EXPLORE_POWER, RATE_POWER = 0.5, 0.7
"""Powers of one through the visits with which shares fall; why, `agents.schedules` says."""

Ranks = npt.NDArray[np.int16]


class LearntWorld(NamedTuple):
    """Hold what is learnt from.

    Attributes:
        world: under the designed reward.
        look: `(S,)` number of the look of each of its states.
        looks: number of each look.
    """

    world: ModifiedMDP
    look: Ints
    looks: Mapping[Look, int]


@dataclass(frozen=True, eq=False)
class Trained:
    """Hold what B learners have learnt. L looks, at most W actions each, C marks.

    Attributes:
        task: task/setting.
        design: of the reward.
        training: rule and knobs.
        seeds: one learner's each.
        mdp: what a planner plans over, under the designed reward.
        looks: number of each look.
        values: `(B, L, W)` of each action, in the order of the task; minus infinity where there is
            none. Of a learner by the gradient: the mean return of the likeliest action, and the
            others below it by how much less they are preferred.
        marks: `(C,)` steps after which it was noted what is best.
        ranks: `(C, B, L)` place of the best action then, the first of ties.
    """

    task: str
    design: str
    training: Training
    seeds: tuple[int, ...]
    mdp: TabularMDP
    looks: Mapping[Look, int]
    values: Floats
    marks: Ints
    ranks: Ranks

    def way(self, place: int) -> Way:
        """Return how the learner at `place` among the seeds acts, as one says it of a planner.

        The residual is that of the Bellman equation: how far this is from solved. `rounds` are the
        steps that were learnt.
        """
        mdp = self.mdp
        rank = np.arange(len(mdp.pair_state)) - mdp.first_pair[mdp.pair_state]
        q = self.values[place][self._look[mdp.pair_state], rank]
        value, policy = greedy(mdp, q, TOLERANCE)
        backed, _ = greedy(mdp, action_values(mdp, value), 0.0)
        residual = float(np.max(np.abs(backed - value), initial=0.0))
        return Way(mdp, Solution(value, q, policy, residual, self.training.knobs.steps), None)

    @cached_property
    def _look(self) -> Ints:
        """Return `(S,)`, the number of the look of each state that is planned from."""
        return _numbered(outlook(self.task).alike, self.looks, len(self.mdp.states))


def train(task: str, design: str, training: Training, seeds: Sequence[int]) -> Trained:
    """Let a learner of each seed learn `task` (`name/setting`) under a reward design.

    What becomes of a seed does not depend on the others.

    Raises:
        InputError: as `learnt_world`; as `agents.registry.check_learner`; if a seed is below 0.
    """
    opened = load(task)
    check_learner(training.rule, design, opened.spec, opened.setting)
    where, most = learnt_world(task, design), opened.spec.max_steps
    learner = _begun(where, training, seeds, most)
    marks = np.unique(np.linspace(1, training.knobs.steps, MARKS + 1).astype(np.int64)[1:])
    ranks = []
    for mark in marks.tolist():
        learner.run_to(mark)
        ranks.append(np.stack([_best(one) for one in learner.values]))
    return Trained(
        task=task,
        design=design,
        training=training,
        seeds=tuple(seeds),
        mdp=designed(task, design),
        looks=where.looks,
        values=learner.values.copy(),
        marks=marks,
        ranks=np.stack(ranks),
    )


@lru_cache(maxsize=4)
def learnt_world(task: str, design: str) -> LearntWorld:
    """Return what `task` is learnt from under a reward design.

    Raises:
        InputError: if the design is unknown, or does not fit the task.
    """
    plans = outlook(task)
    told = plans.mdp if plans.beliefs is None else plans.beliefs.mdp
    if modifies(plans.task, told):
        world = modified_tables(plans.task, told.discount)
        look, shown = looks(world.mdp, plans.task.observe)
        under = load_design(design)(replace(world.mdp, null_action=told.null_action))
        return LearntWorld(
            replace(world, mdp=under), look, {key: number for number, key in enumerate(shown)}
        )
    number = {key: number for number, key in enumerate(plans.alike)}
    look = _numbered(plans.alike, number, len(plans.mdp.states))
    return LearntWorld(ModifiedMDP.plain(designed(task, design)), look, number)


def _numbered(alike: Mapping[Look, Sequence[int]], number: Mapping[Look, int], states: int) -> Ints:
    """Return `(S,)`, the number of the look of each state."""
    look = np.zeros(states, dtype=np.int64)
    for key, found in alike.items():
        look[list(found)] = number[key]
    return look


def _begun(
    where: LearntWorld, training: Training, seeds: Sequence[int], most: int
) -> Learners | Reinforce:
    """Return learners that have learnt nothing yet, in episodes of `most` steps."""
    knobs = training.knobs
    if isinstance(knobs, ByGradient):
        return Reinforce(
            where.world,
            seeds=seeds,
            look=where.look,
            rate=knobs.rate,
            baseline_rate=knobs.baseline_rate,
            max_steps=most,
        )
    dearest = max(0.0, float(where.world.mdp.reward.max(initial=0.0)))
    return Learners(
        where.world,
        training.rule,
        seeds=seeds,
        look=where.look,
        explore=_falling(knobs.explore_schedule, knobs.explore, EXPLORE_POWER, knobs.steps),
        rate=_falling(knobs.rate_schedule, knobs.rate, RATE_POWER, knobs.steps),
        max_steps=most,
        start_value=knobs.optimism * dearest,
    )


def _falling(how: Fall, least: float, power: float, steps: int) -> Schedule:
    """Return the schedule of a share that comes to stay at `least`, as a knob says how."""
    if how == "constant":
        return Constant(least)
    if how == "linear":
        return Linear(1.0, least, max(1, round(FALL * steps)))
    return Decaying(power=power, least=least)


def _best(values: Floats) -> Ranks:
    """Return `(L,)`, the place of the best action at each look, the first of ties."""
    near = values >= values.max(axis=1, keepdims=True) - TOLERANCE
    ranks: Ranks = near.argmax(axis=1).astype(np.int16)
    return ranks
