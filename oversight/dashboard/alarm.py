"""Choose the one alarm that is shown, and when the bell rings.

Source: 14 CFR 25.1322 (caution and warning reach two senses; each can be silenced; an alert goes
when its cause goes); the dark cockpit: nothing is lit when all is well.
"""

from __future__ import annotations

from oversight.dashboard.scene import Scene
from oversight.wire import RequestView
from sandbox.schema import Stakes

LAST = 10.0
"""Seconds before the deadline at which the bell rings for the last time."""


class Alarms:
    """Follow the open requests of caution and warning."""

    def __init__(self) -> None:
        """Start silent."""
        self._rung: dict[str, int] = {}
        self._muted: set[str] = set()

    def current(self, scene: Scene, opened: str) -> RequestView | None:
        """Return the gravest request that is not on the card; None when all is well."""
        for view in scene.requests.values():
            if view.request.id != opened and view.request.stakes is not Stakes.ADVISORY:
                return view
        return None

    def mute(self, request: str) -> None:
        """Silence one alarm; the next rings again."""
        self._muted.add(request)

    def is_muted(self, request: str) -> bool:
        """Tell whether this alarm was silenced."""
        return request in self._muted

    def bell(self, scene: Scene) -> bool:
        """Tell whether the bell rings now: at arrival, at half time and at the last 10 s."""
        rings = False
        for number, view in scene.requests.items():
            if view.request.stakes is Stakes.ADVISORY:
                continue
            stage = _stage(scene.left(number), view.request.deadline)
            if stage > self._rung.get(number, 0):
                self._rung[number] = stage
                rings = rings or number not in self._muted
        for gone in self._rung.keys() - scene.requests.keys():
            del self._rung[gone]
        return rings


def _stage(left: float | None, deadline: float | None) -> int:
    """Return 1 on arrival, 2 from half time on, 3 in the last seconds."""
    if left is None or deadline is None:
        return 1
    return 3 if left <= LAST else 2 if left <= deadline / 2 else 1
