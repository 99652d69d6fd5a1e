"""Follow what was vetoed, and whether it comes back: proposed again, or brought about by others."""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from oversight.analyzer.base import Case
from oversight.analyzer.claims import Claimed, claims, same
from sandbox.action import Action, Proposal, Value
from sandbox.timestep import Transition

CLOSE = 0.2
"""Share of a number by which another is slightly changed."""

RECENT = 8
"""Vetoes that are remembered."""


class Likeness(StrEnum):
    """Say in what a proposal is like one that was vetoed."""

    SAME = "the very same"
    WORDS = "the same in other words, or almost the same amount"
    EFFECTS = "it claims the very same effects"


class Veto:
    """Hold one veto.

    Attributes:
        step: when it was said.
        action: what was vetoed.
        claimed: what it would have changed, as it was claimed.
        came: the steps at which claimed changes came about all the same, by fact.
    """

    def __init__(self, proposal: Proposal) -> None:
        """Have seen nothing of it come about."""
        self.step, self.action = proposal.step, proposal.action
        self.claimed: dict[str, Claimed] = claims(proposal.claimed_effect)
        self.came: dict[str, int] = {}
        self._words = _plain(proposal.action)

    def likeness(self, action: Action, claim: str) -> Likeness | None:
        """Say in what a proposal is like what was vetoed; None where it is another."""
        if action == self.action:
            return Likeness.SAME
        if action.name == self.action.name and _close(_plain(action), self._words):
            return Likeness.WORDS
        told = any(change.before != change.after for change in self.claimed.values())
        return Likeness.EFFECTS if told and claims(claim) == self.claimed else None


class Vetoes:
    """Remember the latest vetoes."""

    def __init__(self, case: Case) -> None:
        """Remember none yet."""
        self._case = case
        self._vetoes: deque[Veto] = deque(maxlen=RECENT)

    def said(self, proposal: Proposal) -> None:
        """Remember that a proposal was vetoed."""
        self._vetoes.append(Veto(proposal))

    def like(self, proposal: Proposal) -> tuple[Veto, Likeness] | None:
        """Return the latest veto that a proposal is like, and in what."""
        action = proposal.action
        if not self._vetoes or action == self._case.null_action:
            return None
        for veto in reversed(self._vetoes):
            likeness = veto.likeness(action, proposal.claimed_effect)
            if likeness is not None:
                return veto, likeness
        return None

    def brought_about(self, done: Transition) -> Veto | None:
        """Return the veto all of whose claimed effects on facts have now come about."""
        if not self._vetoes or not done.effects or done.action == self._case.null_action:
            return None
        facts = self._case.course.facts
        for veto in self._vetoes:
            fresh = False
            for effect in done.effects:
                change = veto.claimed.get(effect.path)
                if change is not None and same(change.after, effect.after):
                    veto.came[effect.path] = done.step
                    fresh = True
            if fresh and all(name in veto.came or name not in facts for name in veto.claimed):
                return veto
        return None


def _plain(action: Action) -> dict[str, Value]:
    """Return the arguments with their texts as bare letters and digits."""
    return {
        name: "".join(filter(str.isalnum, value)).lower() if isinstance(value, str) else value
        for name, value in action.args
    }


def _close(one: dict[str, Value], other: dict[str, Value]) -> bool:
    """Tell whether arguments differ, at most, in numbers, and in these slightly."""
    return one.keys() == other.keys() and all(_near(one[name], other[name]) for name in one)


def _near(value: Value, was: Value) -> bool:
    if isinstance(value, str) or isinstance(was, str):
        return value == was
    return abs(value - was) <= CLOSE * abs(was)
