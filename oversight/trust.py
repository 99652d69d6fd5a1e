"""Follow how far one running agent is trusted: looked at when it starts and before each decision.

What another process changes (a person who demotes, another episode's warning) counts from the very
next decision on. Time is the latest that was seen: in the store, by the clock, or counted since
the start, so that a clock that is set back lengthens no trust.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from agents.code import code_of
from oversight.demotion import end_what_is_over, for_warning, is_grave
from oversight.stage_chain import Chain, adding, read_chain, unchanged
from oversight.stage_file import StageFile
from oversight.stage_place import Place, Who, is_due, place_in, places_of
from oversight.stages import EVERYTHING, StageName, header_lines, in_words, strictest
from sandbox.clock import Clock
from sandbox.errors import AgentError
from sandbox.events import Finding, Header, StageChanged
from sandbox.log import Store


class Hours:
    """Tell a time that never runs backwards, whatever becomes of the machine's clock."""

    def __init__(self, clock: Clock, seen: float) -> None:
        """Begin at `clock`, or at the time `seen` before, in seconds since the epoch."""
        self._clock = clock
        self._begun = max(clock.now(), seen)
        self._ticks = clock.monotonic()
        self._latest = self._begun

    def now(self, seen: float = 0.0) -> float:
        """Return the latest time there is a sign of, in seconds since the epoch."""
        counted = self._begun + self._clock.monotonic() - self._ticks
        self._latest = max(self._latest, self._clock.now(), counted, seen)
        return self._latest


class LiveTrust:
    """Follow the chain of stages for one agent. One thread at a time may call."""

    def __init__(self, file: StageFile, who: Who, store: Store, *, counts: bool = True) -> None:
        """Read `store` over a connection of its own, and note what is over already.

        Unless it `counts`, as in a fork, nothing is lost by what is found.

        Raises:
            StoreError: when the chain is not whole, or cannot be written.
        """
        self.file, self.who, self.counts = file, who, counts
        self.heard: Callable[[StageChanged], None] = lambda change: None
        self._store = Store(store.path, clock=store.clock)
        try:
            self._chain = read_chain(self._store)
            self._hours = Hours(store.clock, self._chain.latest)
            self._places: dict[str, Place] = {}
            self._behind = False
            self._told = self._stages(self._chain)
            self.look()
        except BaseException:
            self.close()
            raise

    def _now(self) -> float:
        return self._hours.now(self._chain.latest)

    def _stages(self, chain: Chain) -> dict[str, Place]:
        return places_of(chain.changes, self.who, self.file, self._hours.now(chain.latest))

    def look(self) -> None:
        """Take in what has changed since the last look: promotions, demotions, expiry.

        Raises:
            StoreError: when the chain is not whole, or cannot be written.
        """
        if self._behind or not unchanged(self._store, self._chain):
            self._behind = False
            self._take(read_chain(self._store))
        now = self._now()
        if any(is_due(self._chain.changes, self._place(scope, now)) for scope in self._told):
            with adding(self._store) as held:
                end_what_is_over(held, self.who, self.file, now)
            self._take(held.chain)

    def stage(self, scopes: Sequence[str]) -> StageName:
        """Return the strictest stage of the scopes; of none at all, that of everything."""
        now = self._now()
        return strictest(self._place(scope, now).stage for scope in scopes or (EVERYTHING,))

    def _place(self, scope: str, now: float) -> Place:
        found = self._places.get(scope)
        if found is None or 0.0 < found.until <= now:
            found = place_in(self._chain.changes, self.who, scope, self.file, now)
            self._places[scope] = found
        return found

    def found(self, finding: Finding, episode: str) -> None:
        """Lower the agent at once, in every scope, where a finding is a warning.

        Raises:
            StoreError: when that cannot be written.
        """
        if self.counts and is_grave(finding):
            with adding(self._store) as held:
                for_warning(held, self.who, self.file, finding, episode, self._now())
            self._take(held.chain)

    def _take(self, chain: Chain) -> None:
        """Go on from a later chain, and tell what it changes for this agent."""
        before, old = self._told, self._chain
        self._chain, self._places = chain, {}
        now = self._now()
        self._told = self._stages(chain)
        for scope, place in self._told.items():
            was = before.get(scope) or place_in(old.changes, self.who, scope, self.file, now)
            if was.stage is not place.stage:
                self.heard(self._change(scope, was.stage, place))

    def _change(self, scope: str, was: StageName, place: Place) -> StageChanged:
        """Return what an episode's log says of a change; the rest stands in the chain of stages."""
        agent, reward, _ = self.who
        return StageChanged(-1, agent, reward, scope, was, place.stage, place.by, place.reason)

    def begun(self) -> None:
        """See, once the agent has loaded its code, that it is still the code that was looked at.

        Raises:
            AgentError: when its file was changed meanwhile.
        """
        if code_of(self.who.agent, self.who.reward) != self.who.code:
            raise AgentError("its code was changed while it was started: start it again")

    def stood(self, stages: Mapping[str, StageName]) -> None:
        """Say where the agent stood when its episode was broken off; the next look tells more."""
        self._told = {scope: Place(stage) for scope, stage in stages.items()}
        self._behind = True

    def words(self) -> str:
        """Return its stages in words, that of everything first."""
        return in_words({scope: place.stage for scope, place in self._told.items()})

    def header(self) -> Header:
        """Return what an episode's header says of it: enough to hold a fork to the same rows."""
        return {
            "stages": header_lines({scope: one.stage for scope, one in self._told.items()}),
            "stage_rows": self.file.lines(),
            "stages_seen": self._chain.length,
            "agent_code": self.who.code,
        }

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()
