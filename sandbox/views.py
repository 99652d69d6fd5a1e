"""Draw views over the events that a person can read with any SQLite tool."""

from __future__ import annotations

from sqlite_utils import Database

from sandbox.indexes import DECISION, FINDING, SEVERITY, noted, part

DECIDING = ("proposed", "decided", "applied")
"""Events that end one matter and begin the next: the last one before a decision tells of what."""


def _time(column: str) -> str:
    """Return SQL for a time that a person reads: UTC, to the millisecond."""
    return f"strftime('%Y-%m-%dT%H:%M:%fZ', {column}, 'unixepoch')"


def _arguments(path: str, of: str) -> str:
    """Return SQL for an action's arguments as one JSON object."""
    value = "json_extract(value, '$[1]')"
    kept = (
        "CASE json_type(value, '$[1]') WHEN 'true' THEN json('true')"
        f" WHEN 'false' THEN json('false') ELSE {value} END"
    )
    return _object(f"{path}.args", of, kept)


def _object(path: str, of: str, value: str = "json_extract(value, '$[1]')") -> str:
    """Return SQL that makes a JSON object of pairs; NULL where there are none to make it of."""
    return (
        f"CASE WHEN {part(path, of)} IS NOT NULL THEN"
        f" (SELECT json_group_object(json_extract(value, '$[0]'), {value})"
        f" FROM json_each({of}.content, '{path}')) END"
    )


def _before(of: str) -> str:
    """Return SQL that joins the proposal `p` which an event is about, if it is about one."""
    kinds = ", ".join(f"'{kind}'" for kind in DECIDING)
    return (
        f" LEFT JOIN events p ON p.episode = {of}.episode AND p.kind = 'proposed' AND p.seq ="
        f" (SELECT b.seq FROM events b WHERE b.episode = {of}.episode AND b.seq < {of}.seq"
        f" AND b.kind IN ({kinds}) ORDER BY b.seq DESC LIMIT 1)"
    )


def _view(name: str, columns: dict[str, str], source: str) -> str:
    """Return SQL of a view: its columns by name, and where they come from."""
    listed = ",\n  ".join(f"{sql} AS {column}" for column, sql in columns.items())
    return f"CREATE VIEW {name} AS SELECT\n  {listed}\nFROM {source}"


DECISIONS = _view(
    "decisions",
    {
        "episode": "d.episode",
        "seq": "d.seq",
        "step": "d.step",
        "request": part("$.decision.request", "d"),
        "agent": part("$.decision.agent", "d"),
        "action": f"coalesce({part('$.proposal.action.name', 'p')},"
        f" {part('$.decision.effective.name', 'd')})",
        "arguments": f"coalesce({_arguments('$.proposal.action', 'p')},"
        f" {_arguments('$.decision.effective', 'd')})",
        "decision": part(DECISION, "d"),
        "effective_action": part("$.decision.effective.name", "d"),
        "effective_arguments": _arguments("$.decision.effective", "d"),
        "decided_by": part("$.decision.by", "d"),
        "reason": part("$.decision.reason", "d"),
        "rule": part("$.decision.rule", "d"),
        "was_asked": "a.seq IS NOT NULL",
        "stakes": part("$.stakes", "a"),
        "seconds": "round(d.wall - a.wall, 3)",
        "decided": _time("d.wall"),
        "audit": _object("$.decision.audit", "d"),
    },
    "events d"
    + _before("d")
    + " LEFT JOIN events a ON a.episode = d.episode AND a.kind = 'asked' AND a.seq ="
    " (SELECT b.seq FROM events b WHERE b.episode = d.episode AND b.seq < d.seq"
    " AND b.kind IN ('asked', 'proposed', 'decided') ORDER BY b.seq DESC LIMIT 1)"
    " WHERE d.kind = 'decided'",
)

REQUESTS = _view(
    "requests",
    {
        "episode": "a.episode",
        "seq": "a.seq",
        "step": "a.step",
        "request": part("$.request", "a"),
        "agent": part("$.proposal.agent", "p"),
        "action": part("$.proposal.action.name", "p"),
        "arguments": _arguments("$.proposal.action", "p"),
        "stakes": part("$.stakes", "a"),
        "rule": part("$.rule", "a"),
        "deadline": part("$.deadline", "a"),
        "findings": part("$.findings", "a"),
        "asked": _time("a.wall"),
        "answer": f"coalesce({part(DECISION, 'd')}, 'pending')",
        "answered_by": part("$.decision.by", "d"),
        "reason": part("$.decision.reason", "d"),
        "answered": _time("d.wall"),
        "seconds": "round(d.wall - a.wall, 3)",
    },
    "events a" + _before("a") + " LEFT JOIN events d ON d.episode = a.episode AND"
    " d.kind = 'decided' AND d.seq = (SELECT b.seq FROM events b WHERE b.episode = a.episode"
    " AND b.seq > a.seq AND b.kind IN ('asked', 'decided') ORDER BY b.seq LIMIT 1)"
    " WHERE a.kind = 'asked'",
)

FINDINGS = _view(
    "findings",
    {
        "episode": "f.episode",
        "seq": "f.seq",
        "step": "f.step",
        "finding": part("$.finding.id", "f"),
        "agent": part("$.finding.agent", "f"),
        "kind": part(FINDING, "f"),
        "severity": part(SEVERITY, "f"),
        "score": part("$.finding.score", "f"),
        "method": part("$.finding.method", "f"),
        "steps": part("$.finding.steps", "f"),
        "sentence": part("$.finding.sentence", "f"),
        "harmless": part("$.finding.harmless", "f"),
        "rule": part("$.finding.rule", "f"),
        "evidence": part("$.finding.evidence", "f"),
        "instead": part("$.finding.instead", "f"),
        "twins": part("$.finding.twins", "f"),
        "low": part("$.finding.interval[0]", "f"),
        "high": part("$.finding.interval[1]", "f"),
        "found": _time("f.wall"),
    },
    "events f WHERE f.kind = 'found'",
)

COUNTED = {
    "approved": "approve",
    "edited": "edit",
    "vetoed": "veto",
    "expired": "expire",
    "interrupted": "interrupt",
    "shut_down": "shutdown",
}
"""Columns of a summary that count decisions, and which."""


def _decided(*kinds: str) -> str:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    return (
        "(SELECT count(*) FROM events d WHERE d.episode = e.id AND d.kind = 'decided'"
        f" AND {part(DECISION, 'd')} IN ({words}))"
    )


def _found(*severities: str) -> str:
    words = ", ".join(f"'{severity}'" for severity in severities)
    return (
        "(SELECT count(*) FROM events f WHERE f.episode = e.id AND f.kind = 'found'"
        f" AND {part(SEVERITY, 'f')} IN ({words}))"
    )


SUMMARIES = _view(
    "episode_summaries",
    {
        "episode": "e.id",
        "number": "e.number",
        "task": "e.task",
        "setting": "e.setting",
        "agent": "e.agent",
        "reward_design": noted("reward_design", "e"),
        "overseer": noted("overseer", "e"),
        "seed": noted("seed", "e"),
        "containment": noted("containment", "e"),
        "parent": noted("parent", "e"),
        "fork_step": noted("fork_step", "e"),
        "fork_decision": noted("fork_decision", "e"),
        "begun": _time("e.started"),
        "ended": _time("e.ended"),
        "seconds": "round(e.ended - e.started, 3)",
        "status": "e.status",
        "ended_by": part("$.termination", "z"),
        "detail": part("$.detail", "z"),
        "steps": f"coalesce({part('$.step', 'z')}, (SELECT b.step + 1 FROM events b"
        " WHERE b.episode = e.id AND b.kind = 'applied' ORDER BY b.seq DESC LIMIT 1), 0)",
        "reward": part("$.reward", "z"),
        "performance": part("$.performance", "z"),
        "events": "e.length",
        "requests": "(SELECT count(*) FROM events a WHERE a.episode = e.id AND a.kind = 'asked')",
        "decisions": _decided(*COUNTED.values()),
        **{column: _decided(kind) for column, kind in COUNTED.items()},
        "findings": _found("advisory", "caution", "warning"),
        "warnings": _found("warning"),
    },
    "episodes e LEFT JOIN events z ON z.episode = e.id AND z.seq = e.length"
    " AND z.kind = 'episode_ended' WHERE e.status <> 'ledger'",
)

VIEWS = (DECISIONS, REQUESTS, FINDINGS, SUMMARIES)


def create_views(db: Database) -> None:
    """Create the views of the store."""
    for one in VIEWS:
        db.conn.execute(one)
