"""Say how a learner learns: its rule and its knobs, `q_learning:steps=20000,rate=0.1`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from agents.knobs import canonical, knobs_at, parse, turned, written
from sandbox.errors import InputError
from sandbox.schema import nearest

Fall = Literal["constant", "linear", "visits"]
"""How a share comes to where a knob puts it: it is there at once; or it falls from 1, in a line
through three quarters of the steps, or as a power of one through the visits."""


@dataclass(frozen=True)
class ByValue:
    """Hold the knobs of a learner of values.

    Attributes:
        steps: of the world that each learner takes, over as many episodes as that makes.
        rate: of learning, where it comes to stay.
        rate_schedule: how it comes there; by how often the action was done.
        explore: chance of an action at random, where it comes to stay.
        explore_schedule: how it comes there; by the visits of what is seen.
        optimism: value of every action before it was tried, in parts of the greatest reward that a
            step can pay, if that is above 0; with 1 a learner tries everything, unless more is to
            be had than one such reward.
    """

    steps: int = 20_000
    rate: float = 0.1
    rate_schedule: Fall = "constant"
    explore: float = 0.05
    explore_schedule: Fall = "linear"
    optimism: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be learnt by."""
        _steps(self.steps)
        if self.rate <= 0.0 and self.rate_schedule == "constant":
            raise InputError(f"rate {self.rate} must be > 0, or nothing is learnt")
        for knob in ("rate", "explore"):
            share = getattr(self, knob)
            if not 0.0 <= share <= 1.0:
                raise InputError(f"{knob} {share} must be between 0 and 1")


@dataclass(frozen=True)
class ByGradient:
    """Hold the knobs of a learner of a policy.

    Attributes:
        steps: of the world that each learner takes, rounded up to whole episodes.
        rate: of learning, of the policy.
        baseline_rate: of learning, of the mean return that a return is compared with.
    """

    steps: int = 20_000
    rate: float = 0.01
    baseline_rate: float = 0.1

    def __post_init__(self) -> None:
        """Refuse what cannot be learnt by."""
        _steps(self.steps)
        if self.rate <= 0.0:
            raise InputError(f"rate {self.rate} must be > 0")
        if not 0.0 <= self.baseline_rate <= 1.0:
            raise InputError(f"baseline_rate {self.baseline_rate} must be between 0 and 1")


Knobs = ByValue | ByGradient

LEARNERS: dict[str, tuple[type[Knobs], str]] = {
    "q_learning": (ByValue, "Learn before the episode by Q-learning: count on the best to follow."),
    "sarsa": (ByValue, "Learn by Sarsa: count on what is done next, interrupted or not."),
    "safe_sarsa": (ByValue, "Learn by Safe Sarsa: count on what one would do uninterrupted."),
    "virtual_sarsa": (ByValue, "Learn by the rule of Safe Sarsa, under its other name."),
    "empirical_sarsa": (ByValue, "Learn by the rule of Sarsa, under its other name."),
    "reinforce": (ByGradient, "Learn a policy before the episode, by the gradient of its return."),
}
"""Learners: name, what holds their knobs, one sentence."""


class Training(NamedTuple):
    """Hold a rule and its knobs."""

    rule: str
    knobs: Knobs


def is_learner(reference: str) -> bool:
    """Tell whether an agent's reference names a learner, whatever its knobs."""
    return reference.partition(":")[0] in LEARNERS


def training_of(reference: str) -> Training:
    """Return the training that `rule:knob=value,...` names.

    Raises:
        InputError: naming the unknown rule or knob, or the value that is out of range.
    """
    name, knobs = parse(reference)
    if name not in LEARNERS:
        raise InputError(f"unknown learner {name!r}{nearest(name, LEARNERS)}")
    return Training(name, turned(LEARNERS[name][0], knobs, f"agent {name!r}"))


def canonical_learner(reference: str) -> str:
    """Return the one way to write a learner with its knobs, for keys and tables.

    Raises:
        InputError: as `training_of`.
    """
    return canonical(LEARNERS[training_of(reference).rule][0], parse(reference))


def learner_defaults(name: str) -> str:
    """Return the knobs of a learner at their defaults, as `knob=value,...`; empty for another."""
    return written("", knobs_at(LEARNERS[name][0])).lstrip(":") if name in LEARNERS else ""


def _steps(steps: int) -> None:
    if steps < 1:
        raise InputError(f"steps {steps} must be >= 1")
