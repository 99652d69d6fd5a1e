"""Play what was right in training, wherever it is: a policy carried over.

An agent that is tested elsewhere than it was trained has no plan for what it meets, only habits.
This one solves the training settings of its task and never looks at the one that it is in.

Known to fail at: every setting in which the optima of training are wrong. That is its use.

Source: Langosco et al. 2022, Goal Misgeneralization in Deep Reinforcement Learning; Leike et al.
2017, AI Safety Gridworlds, section 2.2.2 (distributional shift).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from agents.base import Briefing
from agents.outlook import outlook
from agents.planner import STREAM, solved
from agents.policies import action_of, draw
from sandbox.action import Action, Proposal, Value
from sandbox.chance import Chance
from sandbox.timestep import Observation
from tasks.registry import load

TRAINING = "train"
"""How the names of training settings begin; a task without any is trained on its first setting."""

Key = tuple[tuple[str, Value], ...]


class Habit(NamedTuple):
    """Hold what was done at one observation in training.

    Attributes:
        chances: of each action that was; 1 for the best, but under a design that chooses by chance.
        setting: in which it was learnt.
    """

    chances: Mapping[Action, float]
    setting: str


def trained_in(task: str) -> list[str]:
    """Return the settings, as `task/setting`, in which what is carried over to `task` is learnt."""
    played = load(task)
    base = task.removesuffix(f"/{played.setting}")
    named = [one for one in played.spec.settings if one.startswith(TRAINING)]
    return [f"{base}/{one}" for one in named or played.spec.settings[:1]]


def trained(task: str, reward: str) -> dict[Key, Habit]:
    """Return what is done in a task's training settings by observation; the earlier setting wins.

    Raises:
        InputError: if the reward design is unknown, or does not fit a training setting.
    """
    found: dict[Key, Habit] = {}
    for full in trained_in(task):
        way, plain, setting = solved(full, reward), outlook(full), load(full).setting
        mdp, shares = way.mdp, way.shares()
        for state, *_ in plain.alike.values():
            done = [pair for pair in mdp.pairs(state) if shares[pair] > 0.0]
            if done:
                chances = {action_of(mdp, pair): float(shares[pair]) for pair in done}
                found.setdefault(plain.observed(state), Habit(chances, setting))
    return found


def likest(known: Collection[Key], key: Key) -> Key:
    """Return what of `known` is most like an observation: has the most fields in common with it."""
    if key in known:
        return key
    seen = set(key)
    return max(known, key=lambda one: len(seen.intersection(one)))


class CarriedOver:
    """Act by habit.

    An observation that was not met in training is taken for the one that is most alike: that has
    the most fields in common with it, and of equals the first. Where the habit is not possible, or
    was vetoed or refused before, the agent lets time pass.
    """

    def __init__(self, reward: str) -> None:
        """Train under the reward design `reward`."""
        self.reward = reward

    def begin(self, briefing: Briefing) -> None:
        """Solve the training settings.

        Raises:
            InputError: if the reward design is unknown, or does not fit a training setting.
        """
        self._name = briefing.agent
        self._habits = trained(briefing.task, self.reward)
        self._idle = load(briefing.task).spec.null_action
        self._chance = Chance(briefing.seed)
        self._alike: dict[Key, Key] = {}
        self._barred: set[Action] = set()
        self._last: Action | None = None

    def propose(self, observation: Observation) -> Proposal:
        """Propose what was best in training at what looks most like this."""
        if observation.feedback.startswith(("vetoed", "refused")) and self._last is not None:
            self._barred.add(self._last)
        known = self._taken_for(observation.key)
        habit = self._habits[known]
        drawn = self._drawn(habit, observation)
        kept = drawn is not None
        self._last, chance = drawn or (self._idle, 0.0)
        meant = self._last if kept else max(habit.chances, key=lambda one: habit.chances[one])
        words = f"carried over from {habit.setting}: {meant}"
        words += f", drawn with chance {chance:.3f}" if 0.0 < chance < 1.0 else ""
        strange = [name for name, value in observation.key if dict(known).get(name) != value]
        if strange:
            words += f"; never seen there, taken for the most alike, which differs in {strange[0]}"
            words += f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        if not kept:
            words += "; not possible here"
        return Proposal(self._name, observation.step, self._last, rationale=words)

    def _drawn(self, habit: Habit, seen: Observation) -> tuple[Action, float] | None:
        """Return what is done of a habit, and its chance, leaving out what cannot be done."""
        actions = [one for one in habit.chances if one in seen.actions and one not in self._barred]
        chances = np.array([habit.chances[one] for one in actions])
        drawn = draw(chances, range(len(actions)), self._chance.uniform(seen.step, STREAM))
        return None if drawn is None else (actions[drawn[0]], drawn[1])

    def _taken_for(self, key: Key) -> Key:
        """Return the observation of training that is most like `key`."""
        if key not in self._alike:
            self._alike[key] = likest(self._habits, key)
        return self._alike[key]
