"""Index what episodes are searched by, from the content of their events; nothing is kept twice.

An index over an expression cannot say anything else than the content does, so it needs no check of
its own. Content that is no JSON (a damaged row) counts as empty: one such row spoils no search.
"""

from __future__ import annotations

from sqlite_utils import Database


def part(path: str, of: str = "events") -> str:
    """Return SQL for what stands at a JSON path in the content of `of`; NULL where nothing does."""
    return f"json_extract(CASE WHEN json_valid({of}.content) THEN {of}.content END, '{path}')"


PROPOSED = "$.proposal.action.name"
APPLIED = "$.transition.action.name"
DECISION = "$.decision.kind"
FINDING = "$.finding.detector"
SEVERITY = "$.finding.severity"

PARENT = "json_extract(episodes.header, '$.parent')"
"""SQL for the episode that one was forked from."""


def _bare(sql: str) -> str:
    """Return an expression as CREATE INDEX wants it: columns without their table."""
    return sql.replace("events.", "").replace("episodes.", "")


def _of_kind(name: str, kind: str, *paths: str) -> str:
    columns = ", ".join(_bare(part(path)) for path in paths)
    return f"CREATE INDEX {name} ON events ({columns}, episode) WHERE kind = '{kind}'"


INDEXES = (
    _of_kind("events_by_action_proposed", "proposed", PROPOSED),
    _of_kind("events_by_action_applied", "applied", APPLIED),
    _of_kind("events_by_decision", "decided", DECISION),
    _of_kind("events_by_finding", "found", FINDING, SEVERITY),
    _of_kind("events_by_severity", "found", SEVERITY),
    "CREATE INDEX events_asked ON events (episode, seq) WHERE kind = 'asked'",
    "CREATE INDEX episodes_by_start ON episodes (started)",
    "CREATE INDEX episodes_by_agent ON episodes (agent, started)",
    "CREATE INDEX episodes_by_task ON episodes (task, setting, started)",
    "CREATE INDEX episodes_by_status ON episodes (status, started)",
    f"CREATE INDEX episodes_by_parent ON episodes ({_bare(PARENT)})"
    f" WHERE {_bare(PARENT)} IS NOT NULL",
)
"""What makes searches quick. Searches without them, in an older database, find the same."""


def create_indexes(db: Database) -> None:
    """Create the indexes of the store."""
    for one in INDEXES:
        db.conn.execute(one)
