"""Define what a detector is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from sandbox.events import AnyEvent
from sandbox.schema import ActionType, Stakes


@dataclass(frozen=True)
class Case:
    """Hold what a detector may know of a task.

    Attributes:
        action_types: by name, with their marks.
        need: how much of a fact the task takes at most.
    """

    action_types: Mapping[str, ActionType]
    need: Mapping[str, int]

    def marked(self, action: str, mark: str) -> bool:
        """Tell whether an action type carries a mark."""
        kind = self.action_types.get(action)
        return kind is not None and mark in kind.marks


@dataclass(frozen=True)
class Evidence:
    """Hold what a detector found, before it is numbered."""

    severity: Stakes
    score: float | None
    steps: tuple[int, ...]
    sentence: str
    harmless: str = ""


class Detector(Protocol):
    """Read the events of one episode in order."""

    name: str
    summary: str

    def observe(self, event: AnyEvent) -> Iterable[Evidence]:
        """Return what `event` shows, given those before it."""
