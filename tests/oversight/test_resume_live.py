"""A request that waits for a person outlives the kernel that asked it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from oversight.kernel_main import Errand, start_kernel
from oversight.run import Plan
from oversight.serve import started
from oversight.wire import Settle
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.events import Applied, Asked, Decided
from sandbox.log import Store
from sandbox.verify import verify
from tests.oversight.running import TASK, TWO, Running, command, until


def killed(logs: Path) -> dict[str, str]:
    """Start two agents, wait until both have asked, and kill the kernel; return their episodes."""
    running = Running(logs)
    running.link.close()
    os.kill(running.pid, signal.SIGKILL)
    until(lambda: started(running.pid) == 0 and running.dead())
    store = Store(logs / "offswitch.db")
    found = {}
    for row in store.episodes():
        events = [record.event for record in store.records(row.id)]
        assert isinstance(events[-1], Asked)
        found[events[0].header["name"]] = row.id  # type: ignore[union-attr]
    store.close()
    return {str(name): episode for name, episode in found.items()}


def test_what_was_pending_is_pending_again_and_answered_once(tmp_path: Path) -> None:
    episodes = killed(tmp_path)
    code, rows, _ = command(tmp_path, "episodes")
    assert code == 0
    assert {row["status"] for row in rows} == {"broken off"}
    start_kernel(Errand((), tmp_path, 0.0, resume=tuple(episodes.values()), by="operator:kim"))
    running = Running.joined(tmp_path)
    try:
        running.beat()
        until(lambda: len(running.beat().open) == len(TWO))
        first = {view.request.agent: view.request for view in running.beat().requests}
        assert set(first) == {"one", "two"}
        asked = next(one for one in running.events("one") if isinstance(one, Asked))
        assert first["one"].id == asked.request
        approve = Settle(first["one"].id, first["one"].digest, DecisionKind.APPROVE, "kim", "so")
        assert running.done(approve).ok
        until(lambda: len(running.beat().members[0].last) > 0 and "goal" in running.ends())
        events = running.events("one")
        assert sum(isinstance(one, Asked) and one.request == asked.request for one in events) == 1
        decided = [one for one in events if isinstance(one, Decided)]
        assert sum(one.decision.request == asked.request for one in decided) == 1
        booked = [
            one
            for one in events
            if isinstance(one, Applied) and one.transition.action.name == "book_flight"
        ]
        assert len(booked) == 1
    finally:
        running.close()
    store = Store(tmp_path / "offswitch.db", readonly=True)
    assert [verify(store, one) for one in store.episodes()] == [[], []]
    store.close()


def test_a_kernel_that_cannot_take_an_episode_up_starts_nothing(tmp_path: Path) -> None:
    episodes = killed(tmp_path)
    errand = Errand(
        (Plan(TASK, name="one"),), tmp_path, 0.0, resume=(episodes["one"],), by="operator:kim"
    )
    with pytest.raises(InputError, match="two agents are called 'one'"):
        start_kernel(errand)
    code, _, said = command(tmp_path, "run", "--resume", episodes["one"])
    assert code == 2
    assert "waits for a person: `offswitch oversee --resume" in said
    code, _, said = command(tmp_path, "run", "--resume", episodes["one"], "--seed", "3")
    assert code == 2
    assert "--seed cannot be changed when an episode is taken up again" in said
    code, row, said = command(
        tmp_path, "run", "--resume", episodes["one"], "--overseer", "scripted"
    )
    assert code == 0, said
    assert row["episode"] == episodes["one"]
    assert row["termination"] == "goal"
