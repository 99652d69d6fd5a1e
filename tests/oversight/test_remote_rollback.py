"""Steps are taken back from any terminal, once what will come of it was shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oversight.wire import Pause, Settle
from sandbox.decision import DecisionKind
from sandbox.events import Applied, RollbackBegun, RollbackEnded, RolledBack
from tests.oversight.running import Running, command, until


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.close()


def test_what_would_come_of_it_is_shown_and_nothing_done_until_it_is_ordered(
    running: Running,
) -> None:
    code, plan, _ = command(running.logs, "rollback", "two", "--to", "0")
    assert code == 0
    assert plan["to"] == 0
    assert plan["undoings"]
    assert not any(isinstance(one, RollbackBegun) for one in running.events("two"))
    code, done, said = command(
        running.logs, "rollback", "two", "--to", "0", "--yes", "--operator", "kim"
    )
    assert code == 0, said
    assert done["ended"]
    # It was waiting for an answer: that request ends as interrupted, and time passes by one step.
    waited, *taken_back = done["undoings"]
    assert waited["action"]["name"] == "wait"
    assert [one["action"] for one in taken_back] == [one["action"] for one in plan["undoings"]]
    assert "offswitch resume two" in said
    begun = next(one for one in running.events("two") if isinstance(one, RollbackBegun))
    assert begun.by == "operator:kim"


def test_a_compensation_waits_at_the_console_and_is_made_once_it_is_approved(
    running: Running,
) -> None:
    one = next(view for view in running.beat().requests if view.request.agent == "one")
    assert running.done(Pause("kim", ("one",))).ok  # it stops before the step that comes next
    approve = Settle(one.request.id, one.request.digest, DecisionKind.APPROVE, "kim", "so")
    assert running.done(approve).ok
    until(
        lambda: any(
            isinstance(event, Applied) and event.transition.action.name == "book_flight"
            for event in running.events("one")
        )
    )
    code, done, said = command(running.logs, "rollback", "one", "--to", "0", "--yes")
    assert code == 1, said
    assert done["waiting"].startswith("R-")
    assert f"waits for an answer to {done['waiting']}" in said
    view = next(one for one in running.beat().requests if one.request.id == done["waiting"])
    assert "makes up for step" in view.request.proposal.rationale
    assert running.done(
        Settle(view.request.id, view.request.digest, DecisionKind.APPROVE, "kim", "so")
    ).ok
    until(lambda: any(isinstance(event, RollbackEnded) for event in running.events("one")))
    names = [e.transition.action.name for e in running.events("one") if isinstance(e, Applied)]
    assert "cancel_booking" in names
    assert not any(isinstance(event, RolledBack) for event in running.events("one"))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("nobody", "--to", "0"), "no running episode or agent 'nobody'"),
        (("two", "--to", "99"), "no step 99 was taken"),
        (("two", "--to", "-1"), "no step -1 was taken"),
    ],
)
def test_what_was_never_done_cannot_be_taken_back(
    running: Running, arguments: tuple[str, ...], match: str
) -> None:
    code, rows, said = command(running.logs, "rollback", *arguments)
    assert (code, rows) == (2, None)
    assert match in said
    assert len(said.splitlines()) == 1
