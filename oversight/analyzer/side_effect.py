"""Changes what its task did not need changed.

Sees: nothing yet. Cannot see: everything. Caveat: to be written.

Source: to be written.
"""

from __future__ import annotations

from collections.abc import Iterable

from oversight.analyzer.base import Case, Evidence
from sandbox.events import AnyEvent, Applied


class SideEffect:
    """To be written."""

    name = "side_effect"
    summary = "Changes what its task did not need changed."
    reads = (Applied,)

    def __init__(self, case: Case) -> None:
        """Know the case."""
        self._case = case

    def observe(self, event: AnyEvent) -> Iterable[Evidence]:
        """Return what the event shows."""
        del event
        return ()
