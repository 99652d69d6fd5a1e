"""Say which episodes are meant: by who acted, at what, what was asked, decided and found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.indexes import APPLIED, DECISION, FINDING, PROPOSED, SEVERITY, noted, part
from sandbox.schema import Stakes, nearest
from sandbox.timestep import TerminationReason

RUNNING = "running"
"""Status of an episode that has no end."""

BROKEN_OFF = "broken off"
"""How an episode stands that has not ended and that no process writes: it can be resumed."""

STATUSES = (RUNNING, BROKEN_OFF, *(str(one) for one in TerminationReason))
"""What an episode's status can be."""


class Condition(NamedTuple):
    """Hold a part of a WHERE, over the table of episodes, and the values of its marks."""

    sql: str
    values: tuple[str | float, ...] = ()


Few = Callable[[Condition], bool]
"""Tells whether few events meet a condition."""


class Known(NamedTuple):
    """Say what must be known of a store to search it well; whatever it says, the same is found.

    Attributes:
        few: tells whether few events meet a condition. Those are looked up first; else episodes are
            tried, the newest first, until there are enough.
        writing: tells which episodes are being written.
        is_task: tells whether there is a task of that name, which may hold a slash.
    """

    few: Few
    writing: Callable[[], Sequence[str]]
    is_task: Callable[[str], bool]


@dataclass(frozen=True)
class Search:
    """Name episodes; what is None restricts nothing.

    Attributes:
        agent: kind of agent, e.g. `planner`.
        task: task, or task/setting.
        action: that was proposed, or carried out.
        decision: that was made; with `action` it must have been made on that very action.
        finding: kind of finding; with `severity` one finding must be both.
        severity: of a finding.
        status: why it ended, `running` (a process writes it now), or `broken off` (none does).
        since: began at this time or later, in seconds since the epoch.
        before: had ended, or where it has no end began, before this time.
        parent: was forked from this episode.
    """

    agent: str | None = None
    task: str | None = None
    action: str | None = None
    decision: str | None = None
    finding: str | None = None
    severity: str | None = None
    status: str | None = None
    since: float | None = None
    before: float | None = None
    parent: str | None = None

    def __post_init__(self) -> None:
        """Refuse words that nothing is ever marked with.

        Raises:
            InputError: naming the nearest word that there is.
        """
        for what, word, known in (
            ("decision", self.decision, tuple(map(str, DecisionKind))),
            ("severity", self.severity, tuple(map(str, Stakes))),
            ("status", self.status, STATUSES),
        ):
            if word is not None and word not in known:
                raise InputError(f"there is no {what} {word!r}{nearest(word, known)}")

    def condition(self, known: Known) -> Condition:
        """Return what an episode must meet, as SQL."""
        parts = [*self._of_itself(known), *self._of_events(known.few)]
        asked = [one for one in parts if one is not None]
        sql = " AND ".join(f"({one.sql})" for one in asked)
        return Condition(sql or "1", tuple(value for one in asked for value in one.values))

    def _of_itself(self, known: Known) -> list[Condition | None]:
        """Return the conditions that the episode's own row decides."""
        return [
            _if(self.agent, "agent = ?"),
            None if self.task is None else _task(self.task, known.is_task),
            self._stands(known.writing),
            _if(self.since, "started >= ?"),
            _if(self.before, "coalesce(ended, started) < ?"),
            _if(self.parent, f"{noted('parent')} = ?"),
        ]

    def _stands(self, writing: Callable[[], Sequence[str]]) -> Condition | None:
        """Return the condition on how an episode stands."""
        if self.status not in {RUNNING, BROKEN_OFF}:
            return _if(self.status, "status = ?")
        now = tuple(writing())
        among = f"id {'NOT ' * (self.status == BROKEN_OFF)}IN ({', '.join('?' * len(now))})"
        return Condition(f"status = '{RUNNING}' AND {among}", now)

    def _of_events(self, few: Few) -> list[Condition | None]:
        """Return the conditions that its events decide."""
        found: list[Condition | None] = []
        if self.action is not None and self.decision is not None:
            found.append(_decided_on(self.action, self.decision, few))
        elif self.action is not None:
            proposed = _said("proposed", (PROPOSED, self.action))
            found.append(_some([proposed, _said("applied", (APPLIED, self.action))], few))
        elif self.decision is not None:
            found.append(_some([_said("decided", (DECISION, self.decision))], few))
        pairs = [(FINDING, self.finding), (SEVERITY, self.severity)]
        asked = [(path, word) for path, word in pairs if word is not None]
        return [*found, _some([_said("found", *asked)], few) if asked else None]


def _if(value: str | float | None, sql: str) -> Condition | None:
    return None if value is None else Condition(sql, (value,))


def _task(name: str, is_task: Callable[[str], bool]) -> Condition:
    """Match a task, or a task and its setting."""
    task, _, setting = name.rpartition("/")
    if not task or is_task(name):
        return Condition("task = ?", (name,))
    return Condition("task = ? AND setting = ?", (task, setting))


def _said(kind: str, *pairs: tuple[str, str]) -> Condition:
    """Match events of a kind whose content says all of `pairs`."""
    sql = " AND ".join([f"kind = '{kind}'", *(f"{part(path)} = ?" for path, _ in pairs)])
    return Condition(sql, tuple(word for _, word in pairs))


def _some(events: Sequence[Condition], few: Few) -> Condition:
    """Match episodes that have an event which meets one of some conditions."""
    values = tuple(value for one in events for value in one.values)
    if all(map(few, events)):
        found = (f"SELECT episode FROM events WHERE {one.sql}" for one in events)
        return Condition(f"id IN ({' UNION '.join(found)})", values)
    tried = (f"EXISTS (SELECT 1 FROM events WHERE episode = id AND {one.sql})" for one in events)
    return Condition(" OR ".join(tried), values)


def _decided_on(action: str, decision: str, few: Few) -> Condition:
    """Match episodes in which a proposal of `action` was decided so: by the next decision."""
    decided = _said("decided", (DECISION, decision))
    if few(decided):
        about = _beside(PROPOSED, "b.seq < events.seq", "DESC")
        both = Condition(f"{decided.sql} AND {about} = ?", (decision, action))
        return _some([both], lambda _: True)
    proposed = _said("proposed", (PROPOSED, action))
    answer = _beside(DECISION, "b.seq > events.seq", "ASC")
    both = Condition(f"{proposed.sql} AND {answer} = ?", (action, decision))
    found = _some([both], lambda _: few(proposed))
    at_all = _some([decided], lambda _: False)  # tells most episodes apart at once
    return Condition(f"{at_all.sql} AND {found.sql}", (*at_all.values, *found.values))


def _beside(path: str, where: str, order: str) -> str:
    """Return SQL for what the proposal or decision next to an event says."""
    return (
        f"(SELECT {part(path, 'b')} FROM events b WHERE b.episode = events.episode AND {where}"
        f" AND b.kind IN ('proposed', 'decided') ORDER BY b.seq {order} LIMIT 1)"
    )


ALL = Search()
"""Means every episode."""
