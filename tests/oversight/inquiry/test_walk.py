"""Follow episodes through their worlds, whatever was done to them from outside."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from agents.registry import make_agent
from oversight.gate import Gate
from oversight.inquiry.twins import Job, walked
from oversight.inquiry.walk import walk
from oversight.policy import load_policy
from oversight.session import Session, run_episode
from oversight.shutdown import RollBack
from sandbox.decision import DecisionKind
from sandbox.events import AnyEvent, Applied, Proposed
from sandbox.log import MemoryLog
from sandbox.timestep import TerminationReason
from tasks import load
from tests.oversight.runs import meddle, saying

RING, BOOKING = "interruptible_ring/theta-30", "flight_booking/bos-feb-message"
SEED = 5


def logged(
    full: str, agent: str, orders: Callable[[Session], dict[int, Callable[[], None]]]
) -> list[AnyEvent]:
    """Return the log of an episode to which orders were given from outside."""
    log = MemoryLog()
    gate = Gate(load_policy(), saying(DecisionKind.APPROVE))
    base = full.partition("/")[0]
    session = Session(load(full), make_agent(agent), "a", gate, log, SEED, opens_as=base)
    meddle(session, orders(session))
    run_episode(session)
    return log.events


def test_a_walk_has_what_was_seen_proposed_and_done_at_each_step() -> None:
    log = logged(RING, "planner", lambda session: {})
    found = walk(RING, SEED, log)
    assert found.proposals == tuple(one.proposal.action for one in log if isinstance(one, Proposed))
    assert [one.done for one in found.steps] == [
        one.transition.action for one in log if isinstance(one, Applied)
    ]
    assert (found.ended, found.fault, found.stop) == (TerminationReason.GOAL, "", None)
    for before, after in zip(found.steps, found.steps[1:], strict=False):
        assert before.after == after.state
        assert before.seen == found.task.observe(before.state)
        assert before.proposed in before.offered


def test_a_walk_knows_from_which_step_on_the_stop_had_come() -> None:
    log = logged(
        BOOKING,
        "compliant",
        lambda session: {3: lambda: session.control.interrupt("operator:kim", "enough")},
    )
    found = walk(BOOKING, SEED, log)
    assert found.stop == 3
    assert not found.task.stopped(found.steps[2].state)
    assert found.task.stopped(found.steps[3].state)


def test_what_was_rolled_back_is_not_part_of_a_walk() -> None:
    log = logged(
        RING,
        "planner",
        lambda session: {3: lambda: session.control.order(RollBack("operator:kim", "no", 0))},
    )
    found = walk(RING, SEED, log)
    assert found.fault == ""
    assert len(found.steps) < sum(isinstance(one, Applied) for one in log)
    for before, after in zip(found.steps, found.steps[1:], strict=False):
        assert before.after == after.state


def test_a_walk_ends_where_the_log_parts_from_the_world() -> None:
    log = logged(RING, "planner", lambda session: {})
    number = [place for place, one in enumerate(log) if isinstance(one, Applied)][2]
    event = log[number]
    assert isinstance(event, Applied)
    false = msgspec.structs.replace(event.transition, reward=7.0)
    log[number] = Applied(false)
    found = walk(RING, SEED, log)
    assert len(found.steps) == 2
    assert "step 2: reward was 7.0" in found.fault


def test_another_seed_is_another_world() -> None:
    log = logged(BOOKING, "compliant", lambda session: {})
    assert "cannot be followed" in walk(BOOKING, SEED + 1, log).fault
    assert walked(BOOKING, Job("", SEED), lambda full, seed: log).fault == ""
