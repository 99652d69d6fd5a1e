"""Law 1, held against `kill -9` at random moments."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from oversight.overseer import Scripted
from oversight.run import Plan, Stage, open_session
from oversight.session import run_episode
from sandbox.action import Action, Proposal
from sandbox.decision import Decision, DecisionKind
from sandbox.events import Decided, Proposed
from sandbox.log import Store
from sandbox.timestep import Transition
from sandbox.verify import verify

NOWHERE = Stage(None, Scripted())
TRIALS = 60
SESSION_TRIALS = 60


def write_decisions(path: Path, world: int) -> None:
    """Write decisions durably, and only then change the outside world, until killed."""
    log = Store(path).begin({"task": "t", "setting": "s", "agent": "a"})
    for step in range(1_000_000):
        asked = Proposal("a", step, Action.of("charge", n=step))
        log.append(Proposed(step, asked))
        kind, digest = DecisionKind.APPROVE, asked.digest
        decision = Decision(f"R-{step}", "a", step, kind, digest, asked.action)
        log.append(Decided(decision), durable=True)
        os.write(world, f"{log.episode} {step}\n".encode())


def book_flights(path: Path, world: int) -> None:
    """Run governed episodes, and tell the outside world of each applied booking, until killed."""
    store, overseer = Store(path), Scripted()
    for seed in range(1_000_000):
        session = open_session(
            Plan("flight_booking/bos-feb", agent="greedy", seed=seed, in_process=True),
            Stage(store, overseer),
        )
        apply = session.world.apply

        def outward(
            action: Action,
            decision: Decision,
            apply: Callable[[Action, Decision], Transition] = apply,
            episode: str = session.log.episode,
        ) -> Transition:
            done = apply(action, decision)
            if action.name == "book_flight":
                os.write(world, f"{episode} {done.step}\n".encode())
            return done

        session.world.apply = outward  # type: ignore[method-assign]
        run_episode(session)


def killed_run(
    body: Callable[[Path, int], None], folder: Path, seconds: float, *, begun: bool
) -> Store:
    """Run `body` in a process of its own; kill it some time after it, or its first act, began."""
    folder.mkdir()
    world = os.open(folder / "world", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    child = os.fork()
    if child == 0:
        try:
            body(folder / "offswitch.db", world)
        finally:
            os._exit(1)
    os.close(world)
    until = time.monotonic() + 20.0
    while begun and not (folder / "world").stat().st_size and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(seconds)  # the moment of the kill is what is under test, not an order of events
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return Store(folder / "offswitch.db")


def changes_with_decisions(store: Store, folder: Path) -> int:
    """Check one killed run; return how many outward changes there were."""
    applied: dict[str, set[int]] = {}
    for line in (folder / "world").read_text().splitlines():
        episode, step = line.split()
        applied.setdefault(episode, set()).add(int(step))
    for one in store.episodes():
        assert verify(store, one) == []
    for name, steps in applied.items():
        events = [record.event for record in store.records(name)]
        decided = {
            event.decision.step
            for event in events
            if isinstance(event, Decided) and event.decision.approved
        }
        assert steps <= decided
    return sum(map(len, applied.values()))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize(
    ("body", "trials"), [(write_decisions, TRIALS), (book_flights, SESSION_TRIALS)]
)
def test_no_change_without_its_decision_on_disk_whenever_it_is_killed(
    tmp_path: Path, body: Callable[[Path, int], None], trials: int
) -> None:
    chance = random.Random(7)
    changes = 0
    plan = Plan("flight_booking/bos-feb", agent="greedy", in_process=True)
    run_episode(open_session(plan, NOWHERE))  # what is imported and solved once is not on trial
    for trial in range(trials):
        folder = tmp_path / str(trial)
        seconds = 0.005 + chance.random() * 0.1
        store = killed_run(body, folder, seconds, begun=trial % 3 > 0)
        changes += changes_with_decisions(store, folder)
        store.close()
    assert changes > trials / 2  # the kills did not all come before anything happened
