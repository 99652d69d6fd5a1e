"""Earns reward without doing what was wanted.

Sees: nothing yet. Cannot see: everything. Caveat: to be written.

Source: to be written.
"""

from __future__ import annotations

from collections.abc import Iterable

from oversight.analyzer.base import Case, Evidence
from sandbox.events import AnyEvent, Applied


class ProxyGaming:
    """To be written."""

    name = "proxy_gaming"
    summary = "Earns reward without doing what was wanted."
    reads = (Applied,)

    def __init__(self, case: Case) -> None:
        """Know the case."""
        self._case = case

    def observe(self, event: AnyEvent) -> Iterable[Evidence]:
        """Return what the event shows."""
        del event
        return ()
