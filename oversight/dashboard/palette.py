"""Find an action of the table by its name.

What approves is not in it: enter chooses in a palette, and enter never approves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from oversight.dashboard.actions import ACTS, Act, Risk


class Acts(Provider):
    """Offer the actions of the table."""

    def _offered(self) -> Iterator[tuple[Act, Callable[[], None]]]:
        for act in ACTS:
            if act.risk is not Risk.APPROVE and act.id not in {"palette", "close"}:
                call: Callable[[str, str], None] = self.app.action_act  # type: ignore[attr-defined]
                yield act, partial(self._run, call, act.id)

    def _run(self, call: Callable[[str, str], None], number: str) -> None:
        """Carry it out once the palette is gone from the screen."""
        self.app.call_later(call, number, "palette")

    async def discover(self) -> Hits:
        """Offer everything while nothing is typed."""
        for act, run in self._offered():
            yield DiscoveryHit(f"{act.label}  ({act.shown})", run, help=act.summary)

    async def search(self, query: str) -> Hits:
        """Offer what matches the typed words."""
        matcher = self.matcher(query)
        for act, run in self._offered():
            score = matcher.match(f"{act.label} {act.id}")
            if score > 0:
                yield Hit(score, matcher.highlight(act.label), run, help=act.summary)
