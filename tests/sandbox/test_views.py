"""The views say in columns what the events say, also of what is damaged, and still pending."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any

import pytest

from sandbox.action import Action, Proposal, binding
from sandbox.decision import Decision, DecisionKind
from sandbox.events import Applied, Decided, Proposed
from sandbox.log import Store
from sandbox.timestep import Transition
from tests.sandbox.logged import LOOK, PAID, PENDING, REFUSED, finding, write
from tests.test_size_limits import ROOT

VIEWS = ("decisions", "episode_summaries", "findings", "requests")
TABLES = ("episodes", "events", "seals", "store", "pruned")


def rows(store: Store, view: str, where: str = "1") -> list[dict[str, Any]]:
    return list(store.db.query(f"SELECT * FROM {view} WHERE {where}"))


def test_a_decision_is_told_with_what_was_asked_and_what_may_run(store: Store) -> None:
    write(store, LOOK, PAID, REFUSED)
    look, paid, refused = rows(store, "decisions")
    assert (look["action"], look["arguments"], look["was_asked"]) == ("look", '{"at":"sky"}', 0)
    assert (look["stakes"], look["seconds"], look["decided_by"]) == (None, None, "policy")
    assert json.loads(paid["arguments"]) == {"amount": 3, "now": True}
    assert paid["effective_arguments"] == paid["arguments"]
    assert (paid["request"], paid["was_asked"], paid["stakes"]) == ("R-0001", 1, "caution")
    assert (refused["decision"], refused["action"]) == ("veto", "pay")
    assert (refused["effective_action"], refused["effective_arguments"]) == (None, None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", paid["decided"])
    assert 0.0 <= paid["seconds"] < 60.0


def test_a_decision_that_no_agent_proposed_names_what_it_lets_run(store: Store) -> None:
    log = store.begin({"task": "t"})
    action, back = Action.of("pay"), Action.of("refund")
    log.append(Proposed(0, Proposal("a", 0, action)))
    kind = DecisionKind.APPROVE
    log.append(Decided(Decision("R-0", "a", 0, kind, binding("a", 0, action), action)))
    log.append(Applied(Transition(0, action, (), 0.0, 0.0, "0" * 64)))
    log.append(Decided(Decision("rollback-0", "a", 1, kind, binding("a", 1, back), back)))
    log.close()
    assert [one["action"] for one in rows(store, "decisions")] == ["pay", "refund"]


def test_a_request_is_told_with_its_answer_or_as_pending(store: Store) -> None:
    done = write(store, PAID, REFUSED)
    waits = write(store, PENDING, ended=None)
    found = {(one["episode"], one["step"]): one for one in rows(store, "requests")}
    assert found.keys() == {(done, 0), (done, 1), (waits, 0)}
    paid, refused, pending = found[done, 0], found[done, 1], found[waits, 0]
    assert (paid["answer"], paid["answered_by"], paid["reason"]) == (
        *("approve", "operator:kim", "so"),
    )
    assert (refused["answer"], refused["action"], refused["agent"]) == ("veto", "pay", "a-1")
    assert (pending["answer"], pending["answered"], pending["seconds"]) == ("pending", None, None)
    assert (pending["action"], pending["deadline"]) == ("pay", 60.0)
    assert rows(store, "requests", "answer = 'pending'") == [pending]


def test_a_finding_is_told_whole(store: Store) -> None:
    write(store, LOOK, findings=(finding(), finding("tampering", "warning")))
    one, other = rows(store, "findings")
    assert (one["finding"], one["kind"], one["severity"]) == ("F-01", "side_effect", "caution")
    assert (one["score"], one["steps"], one["sentence"]) == (0.9, "[0]", "it broke a vase")
    assert (other["kind"], other["low"], other["high"]) == ("tampering", None, None)


def test_an_episode_is_told_in_one_row(store: Store) -> None:
    parent = write(store, LOOK, PAID, REFUSED, findings=(finding("tampering", "warning"),))
    fork = write(store, PENDING, ended=None, parent=parent)
    told, broken = rows(store, "episode_summaries")
    expected = {
        "episode": parent,
        "number": 1,
        "task": "boat",
        "agent": "planner",
        "seed": 7,
        "reward_design": "naive",
        "overseer": "kim",
        "parent": None,
        "status": "goal",
        "ended_by": "goal",
        "detail": "over",
        "steps": 3,
        "reward": 2.0,
        "performance": 1.0,
        "events": 14,
        "requests": 2,
        "decisions": 3,
        "approved": 2,
        "vetoed": 1,
        "edited": 0,
        "findings": 1,
        "warnings": 1,
    }
    assert expected.items() <= told.items()
    expected = {
        "episode": fork,
        "number": 2,
        "parent": parent,
        "status": "running",
        "ended": None,
        "ended_by": None,
        "steps": 0,
        "requests": 1,
        "decisions": 0,
        "performance": None,
    }
    assert expected.items() <= broken.items()


def test_a_chain_that_is_no_episode_is_not_among_the_summaries(store: Store) -> None:
    store.ledger("stages").close()
    write(store, LOOK)
    assert len(rows(store, "episode_summaries")) == 1


@pytest.mark.parametrize("kind", ["proposed", "asked", "decided", "found", "episode_ended"])
def test_a_damaged_event_spoils_no_view_and_no_index(store: Store, kind: str) -> None:
    first = write(store, PAID, findings=(finding(),))
    write(store, PAID, findings=(finding(),))
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE events SET content = '{]' WHERE kind = ? AND episode = ?", (kind, first))
        db.execute("UPDATE episodes SET header = '{]' WHERE id = ?", (first,))
    db.close()
    for view in VIEWS:
        assert {one["episode"] for one in rows(store, view)} >= {store.names()[1]}
    assert store.db.conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def plan(store: Store, sql: str) -> list[str]:
    return [row[3] for row in store.db.conn.execute(f"EXPLAIN QUERY PLAN {sql}", ("x",))]


@pytest.mark.parametrize(
    ("view", "column", "index"),
    [
        *((view, "episode", "") for view in VIEWS),
        ("decisions", "decision", "events_by_decision"),
        ("findings", "kind", "events_by_finding"),
        ("findings", "severity", "events_by_severity"),
        ("episode_summaries", "task", "episodes_by_task"),
        ("episode_summaries", "agent", "episodes_by_agent"),
        ("episode_summaries", "number", ""),
    ],
)
def test_a_view_reads_no_more_than_is_asked_of_it(
    store: Store, view: str, column: str, index: str
) -> None:
    steps = plan(store, f"SELECT * FROM {view} WHERE {column} = ?")
    walks = [step for step in steps if step.startswith("SCAN") and "json_each" not in step]
    assert walks == []
    assert index in steps[0]


def test_pending_requests_are_found_among_what_was_asked_alone(store: Store) -> None:
    steps = plan(store, "SELECT * FROM requests WHERE answer = ?")
    assert steps[0] == "SCAN a USING INDEX events_asked"


@pytest.mark.parametrize("name", [*TABLES, *VIEWS])
def test_every_column_stands_in_the_document(store: Store, name: str) -> None:
    text = (ROOT / "docs" / "record.md").read_text()
    section = re.search(rf"^#### `{name}`\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"docs/record.md has no section on {name}"
    documented = re.findall(r"^\| `(\w+)` \|", section[1], re.MULTILINE)
    assert documented == [one.name for one in store.db[name].columns]


def test_every_table_and_view_is_documented(store: Store) -> None:
    names = {*store.db.table_names(), *store.db.view_names()} - {"_sqlite_migrations"}
    assert names == {*TABLES, *VIEWS}
