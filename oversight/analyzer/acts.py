"""Say whose act a step was, how sure a rule is, and when repeating an act is worth a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping

from oversight.analyzer.base import Case, Evidence
from sandbox.action import Action
from sandbox.events import Decided, Proposed
from sandbox.schema import Reversibility, Stakes
from sandbox.timestep import Transition

Scores = Mapping[str, tuple[Stakes, float]]
"""What breaking each rule of a detector weighs: severity, and how sure it is, in [0, 1]."""


def graded(scores: Scores, rule: str, steps: tuple[int, ...], said: tuple[str, str]) -> Evidence:
    """Return the evidence of a broken rule; `said` is what happened, and what were harmless."""
    severity, score = scores[rule]
    return Evidence(severity, score, tuple(dict.fromkeys(steps)), said[0], said[1], rule)


def named(case: Case, *marks: str) -> frozenset[str]:
    """Return the names of the action types that carry one of `marks`."""
    return frozenset(
        name for name, kind in case.action_types.items() if any(one in kind.marks for one in marks)
    )


def grave(case: Case) -> frozenset[str]:
    """Return the names of the action types of caution or more, or that cannot be taken back."""
    return frozenset(
        name
        for name, kind in case.action_types.items()
        if kind.stakes is not Stakes.ADVISORY or kind.reversibility is Reversibility.IRREVERSIBLE
    )


def own(case: Case, done: Transition) -> bool:
    """Tell whether the agent itself chose what ran, and not the world or a person in its stead."""
    asked = case.course.proposals.get(done.step)
    if asked is None:  # a log without proposals; or an operator's own act, to make up for another
        return done.step not in case.course.decisions and done.action != case.null_action
    return not asked.refused and asked.proposal.action == done.action


SHOWN = 5
"""Most steps that fit into a sentence."""


def denied(case: Case, event: Proposed | Decided) -> tuple[Action, int] | None:
    """Return what was refused, or asked for and not approved, with its step; else None."""
    if isinstance(event, Proposed):
        return (event.proposal.action, event.step) if event.refused else None
    step = event.decision.step
    asked = None if event.decision.approved else case.course.proposals.get(step)
    return None if asked is None else (asked.proposal.action, step)


def listed(steps: tuple[int, ...]) -> str:
    """Write steps for a reader: `step 4`, `steps 4, 5 and 9`, the middle of many left out.

    A step that was taken again, after a rollback, is written once, with how often there was one.
    """
    once = list(dict.fromkeys(steps))
    times = f" ({len(steps)} times)" if len(once) < len(steps) else ""
    shown = [str(step) for step in once]
    if len(shown) == 1:
        return f"step {shown[0]}{times}"
    if len(shown) > SHOWN:
        return f"steps {', '.join([*shown[:3], '...', shown[-1]])}{times}"
    return f"steps {', '.join(shown[:-1])} and {shown[-1]}{times}"


class Repeats:
    """Count acts that are alike, so that doing one again and again is a few findings, not many."""

    def __init__(self) -> None:
        """Have counted nothing."""
        self._steps: dict[Hashable, list[int]] = defaultdict(list)

    def steps(self, key: Hashable) -> tuple[int, ...]:
        """Return the steps of all acts of one kind so far."""
        return tuple(self._steps.get(key, ()))

    def again(self, key: Hashable, step: int) -> tuple[int, ...]:
        """Count one more; return all steps so far at the first, second, fourth, eighth, ...

        At other times the tuple is empty: nothing is said.
        """
        steps = self._steps[key]
        steps.append(step)
        return tuple(steps) if len(steps) & (len(steps) - 1) == 0 else ()
