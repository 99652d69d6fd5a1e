"""Learn the task before the episode begins, then act by what was learnt, and show the plan.

How it learns is in `agents.trained`; the seed of the episode is that of the learner. During the
episode it learns nothing more. What it says of later steps, and of a stop, follows the likeliest
course through the tables, as a planner's words do: a learner of values knows no such course itself.

Known to fail at: what it has not met, or not often enough, in the steps that it was given.
"""

from __future__ import annotations

from functools import lru_cache

from agents.base import Briefing
from agents.outlook import outlook
from agents.planner import Planner
from agents.policies import Way
from agents.trained import train
from agents.training import ByGradient, Training
from agents.view import Foresight, View
from sandbox.timestep import Observation


@lru_cache(maxsize=16)
def learnt(task: str, reward: str, training: Training, seed: int) -> Way:
    """Return how one learner acts in a task once it has learnt it under a reward design.

    Raises:
        InputError: as `agents.trained.train`.
    """
    return train(task, reward, training, [seed]).way(0)


class Recall:
    """See the task as it was learnt."""

    def __init__(self, task: str, way: Way, training: Training) -> None:
        """Begin an episode of `task` with what was learnt."""
        self._outlook, self._way = outlook(task), way
        self._tracker = self._outlook.track()
        caveat = self._outlook.caveat
        self._how = f"learnt in {training.knobs.steps:,} steps by {training.rule}, not solved"
        self._how += f"; {caveat}" if caveat else ""

    def view(self, seen: Observation) -> View:
        """Return the task from where the agent stands; what looks alike is worth the same."""
        here = self._tracker.locate(seen)
        mdp, solution, _ = self._way
        return View(mdp, solution, here, self._outlook.observed, self._how)


class Learned(Planner):
    """Act by what was learnt under one reward design. Ties go to the task's order."""

    def __init__(self, training: Training, reward: str) -> None:
        """Learn as `training` says, under the reward design `reward`."""
        super().__init__(reward)
        self.training = training

    def _foresee(self, briefing: Briefing) -> Foresight:
        way = learnt(briefing.task, self.reward, self.training, briefing.seed)
        return Recall(briefing.task, way, self.training)

    def _rationale(self, ahead: View, pair: int, chance: float | None) -> str:
        if not isinstance(self.training.knobs, ByGradient):
            return super()._rationale(ahead, pair, chance)
        mean = float(ahead.solution.value[ahead.state])
        return f"likeliest action; mean {self.reward} reward from here: {mean:.3f} ({ahead.how})"
