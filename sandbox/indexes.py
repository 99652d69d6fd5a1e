"""Index what episodes are searched by, from the content of their events; nothing is kept twice.

An index over an expression cannot say anything else than the content does, so it needs no check of
its own. Content that is no JSON (a damaged row) counts as empty: one such row spoils no search.
"""

from __future__ import annotations

from sqlite_utils import Database


def part(path: str, of: str = "events") -> str:
    """Return SQL for what stands at a JSON path in the content of `of`; NULL where nothing does."""
    return f"json_extract(CASE WHEN json_valid({of}.content) THEN {of}.content END, '{path}')"


def noted(name: str, of: str = "episodes") -> str:
    """Return SQL for what the header of `of` says under a name; NULL where it says nothing."""
    return f"json_extract(CASE WHEN json_valid({of}.header) THEN {of}.header END, '$.{name}')"


PROPOSED = "$.proposal.action.name"
APPLIED = "$.transition.action.name"
DECISION = "$.decision.kind"
FINDING = "$.finding.detector"
SEVERITY = "$.finding.severity"


def _bare(sql: str) -> str:
    """Return an expression as CREATE INDEX wants it: columns without their table."""
    return sql.replace("events.", "").replace("episodes.", "")


def _of_kind(name: str, kind: str, path: str, *further: str) -> str:
    """Index one kind of event: a search gives the first word and the episode, and reads on."""
    columns = ", ".join([_bare(part(path)), "episode", *(_bare(part(one)) for one in further)])
    return f"CREATE INDEX {name} ON events ({columns}) WHERE kind = '{kind}'"


_PARENT = _bare(noted("parent"))

INDEXES = (
    _of_kind("events_by_action_proposed", "proposed", PROPOSED),
    _of_kind("events_by_action_applied", "applied", APPLIED),
    _of_kind("events_by_decision", "decided", DECISION),
    _of_kind("events_by_finding", "found", FINDING, SEVERITY),
    _of_kind("events_by_severity", "found", SEVERITY),
    "CREATE INDEX events_asked ON events (episode, seq) WHERE kind = 'asked'",
    "CREATE INDEX episodes_by_start ON episodes (started)",
    "CREATE INDEX episodes_by_agent ON episodes (agent, number)",
    "CREATE INDEX episodes_by_task ON episodes (task, number)",
    "CREATE INDEX episodes_by_setting ON episodes (task, setting, number)",
    "CREATE INDEX episodes_by_status ON episodes (status, number)",
    f"CREATE INDEX episodes_by_parent ON episodes ({_PARENT}) WHERE {_PARENT} IS NOT NULL",
)
"""What makes searches quick. Searches without them, in an older database, find the same."""


def create_indexes(db: Database) -> None:
    """Create the indexes of the store."""
    for one in INDEXES:
        db.conn.execute(one)
