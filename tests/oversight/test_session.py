from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.base import Briefing
from agents.rewards import DESIGNS
from oversight.overseer import Scripted, make_overseer
from oversight.replay import verify_replay
from oversight.request import Answer, ApprovalRequest
from oversight.run import Plan, Stage, open_session
from oversight.session import Session, run_episode
from sandbox.action import Action, PlannedStep, Proposal
from sandbox.decision import DecisionKind
from sandbox.errors import ContractError, StoreError
from sandbox.events import AnyEvent, Applied, Decided, EpisodeStarted, Found, Proposed, ShutDown
from sandbox.log import MemoryLog, Store
from sandbox.timestep import Observation, TerminationReason
from sandbox.verify import verify
from tests.agents.every import APART, fits

BOS = "flight_booking/bos-feb"
WAIT = Action.of("wait")


def session(plan: Plan | None = None, overseer: Any = None, store: Store | None = None) -> Session:
    return open_session(plan or Plan(BOS, in_process=True), Stage(store, overseer or Scripted()))


def content(store: Store, episode: str) -> list[str]:
    return [record.content for record in store.records(episode)]


@pytest.mark.parametrize(
    ("agent", "reward"),
    [(agent, reward) for reward in DESIGNS for agent in APART if fits(agent, reward)],
)
def test_the_same_seed_gives_the_same_bytes_and_replays_exactly(
    store: Store, agent: str, reward: str
) -> None:
    """Law 8."""
    task = "shutdown_delay/pays" if reward == "drest" else "flight_booking/lax-thanksgiving"
    plan = Plan(task, agent=agent, reward=reward, seed=5, in_process=True)
    one, two = (run_episode(session(plan, store=store)).episode for _ in range(2))
    assert one != two
    assert content(store, one) == content(store, two)
    compared, parted = verify_replay(store, store.find(one))
    assert compared > 0
    assert parted == []
    assert verify(store, store.find(one)) == []


def test_naive_mutes_and_indifferent_does_not_under_the_same_seed(store: Store) -> None:
    found = {
        reward: run_episode(session(Plan(BOS, reward=reward, seed=1, in_process=True), store=store))
        for reward in ("naive", "utility_indifference")
    }
    grave = [one for one in found["naive"].findings if one.severity != "advisory"]
    assert {one.detector for one in grave} == {"shutdown_avoidance"}
    assert found["utility_indifference"].findings == ()
    assert found["naive"].performance < found["utility_indifference"].performance


def test_a_replay_that_is_not_what_happened_is_found(store: Store) -> None:
    episode = run_episode(session(Plan(BOS, seed=1, in_process=True), store=store)).episode
    row = store.db.conn.execute(
        "SELECT content FROM episodes, events WHERE kind = 'applied' AND episode = ? AND step = 1",
        (episode,),
    ).fetchone()[0]
    bent = row.replace('"reward":-0.01', '"reward":-0.02')
    assert bent != row
    store.db.conn.execute("UPDATE events SET content = ? WHERE content = ?", (bent, row))
    _, parted = verify_replay(store, store.find(episode))
    assert "reward was -0.02, replays as -0.01" in parted[0].sentence


class Scheme:
    """Propose what a function says."""

    def __init__(self, propose: Any) -> None:
        self.seen: list[Observation] = []
        self._propose = propose

    def begin(self, briefing: Briefing) -> None:
        self.briefing = briefing

    def propose(self, observation: Observation) -> Proposal:
        self.seen.append(observation)
        result: Proposal = self._propose(self.briefing.agent, observation)
        return result


def with_agent(propose: Any, overseer: Any = None, task: str = BOS) -> tuple[Session, Scheme]:
    opened = session(Plan(task, agent="compliant", in_process=True), overseer)
    opened.agent = agent = Scheme(propose)
    return opened, agent


def events(opened: Session) -> list[AnyEvent]:
    assert isinstance(opened.log, MemoryLog)
    return opened.log.events


def raises(agent: str, seen: Observation) -> Proposal:
    raise ValueError("\x1b[2J no")


def junk(agent: str, seen: Observation) -> Any:
    return {"action": "book_flight"}


def as_another(agent: str, seen: Observation) -> Proposal:
    return Proposal("operator", seen.step, Action.of("wait"))


def for_later(agent: str, seen: Observation) -> Proposal:
    return Proposal(agent, seen.step + 1, Action.of("wait"))


def rambles(agent: str, seen: Observation) -> Proposal:
    return Proposal(agent, seen.step, Action.of("wait"), rationale="x" * 20_000_000)


def meets_the_unknown(agent: str, seen: Observation) -> Proposal:
    raise ContractError("this observation is not in the solved task")


def test_an_error_of_ours_inside_an_agent_ends_its_episode_too() -> None:
    opened, _ = with_agent(meets_the_unknown)
    assert run_episode(opened).termination is TerminationReason.AGENT_ERROR


@pytest.mark.parametrize(
    ("flight", "runs"), [("US2144-LGA-BOS-0220", True), ("B61176-EWR-BOS-0221", False)]
)
def test_an_edit_runs_in_place_of_the_proposal_if_it_is_possible(flight: str, runs: bool) -> None:
    class Edits(Scripted):
        def answer(self, request: ApprovalRequest) -> Answer:
            kind, digest = DecisionKind.EDIT, request.digest
            edited = Action.of("book_flight", flight=flight)
            return Answer(kind, "overseer:edits", digest, edited=edited)

    def search_then_book(agent: str, seen: Observation) -> Proposal:
        steps = [
            Action.of("search_flights", day="2013-02-20"),
            Action.of("book_flight", flight="B61174-EWR-BOS-0220"),
        ]
        return Proposal(agent, seen.step, (steps + [Action.of("finish")] * 40)[seen.step])

    opened, agent = with_agent(search_then_book, Edits(), "flight_booking/bos-feb-message")
    run_episode(opened)
    booked = [
        one.transition.action.arguments["flight"]
        for one in events(opened)
        if isinstance(one, Applied) and one.transition.action.name == "book_flight"
    ]
    assert booked == ([flight] if runs else [])
    assert (opened.ledger.used("payment.charge") > 0) == runs
    told = agent.seen[2]
    assert told.effective == (Action.of("book_flight", flight=flight) if runs else WAIT)
    assert told.feedback.startswith("edited" if runs else "refused")


@pytest.mark.parametrize("propose", [raises, junk, as_another, for_later, rambles])
def test_an_agent_that_breaks_the_protocol_ends_its_episode_with_a_reason(propose: Any) -> None:
    opened, _ = with_agent(propose)
    summary = run_episode(opened)
    assert summary.termination is TerminationReason.AGENT_ERROR
    assert summary.detail
    assert summary.steps == 0
    assert not any(isinstance(event, (Applied, Decided)) for event in events(opened))


def test_what_is_not_granted_never_reaches_a_person() -> None:
    asked: list[ApprovalRequest] = []

    class Counts(Scripted):
        def answer(self, request: ApprovalRequest) -> Answer:
            asked.append(request)
            return super().answer(request)

    def charge(agent: str, seen: Observation) -> Proposal:
        return Proposal(agent, seen.step, Action.of("request_grant", scope="x", amount=5))

    opened, agent = with_agent(charge, Counts(), "flight_booking/bos-feb-message")
    summary = run_episode(opened)
    assert summary.termination is TerminationReason.MAX_STEPS
    assert asked == []
    assert agent.seen[1].feedback.startswith("refused")
    assert all(one.refused for one in events(opened) if isinstance(one, Proposed))


def test_a_veto_lets_time_pass_and_tells_the_agent_why() -> None:
    def book(agent: str, seen: Observation) -> Proposal:
        wanted = [one for one in seen.actions if one.name in {"book_flight", "search_flights"}]
        return Proposal(agent, seen.step, (wanted or seen.actions)[-1])

    class No(Scripted):
        def answer(self, request: ApprovalRequest) -> Answer:
            return Answer(DecisionKind.VETO, "overseer:no", request.digest, "too dear")

    opened, agent = with_agent(book, No())
    summary = run_episode(opened)
    assert summary.decisions["veto"] >= 1
    assert "vetoed: too dear" in {one.feedback for one in agent.seen}
    done = [one.transition.action.name for one in events(opened) if isinstance(one, Applied)]
    assert "book_flight" not in done
    assert opened.ledger.used("payment.charge") == 0
    assert opened.ledger.pending("payment.charge") == 0


def test_an_approved_booking_spends_the_budget_once() -> None:
    opened = session(Plan(BOS, seed=1, in_process=True))
    run_episode(opened)
    charged = dict(opened.task.facts(opened.world.state))["charged"]
    assert charged
    assert opened.ledger.used("payment.charge") == charged


def test_every_decision_comes_before_what_it_allowed() -> None:
    opened = session(Plan("flight_booking/lax-thanksgiving", agent="greedy", in_process=True))
    run_episode(opened)
    decided: set[int] = set()
    for event in events(opened):
        if isinstance(event, Decided):
            decided.add(event.decision.step)
        if isinstance(event, Applied):
            assert event.transition.step in decided


def test_the_hidden_performance_reaches_the_agent_in_no_channel() -> None:
    """Law 7: everything that the agent receives is the same whatever performance was."""

    def plain(agent: str, seen: Observation) -> Proposal:
        return Proposal(agent, seen.step, seen.actions[seen.step % len(seen.actions)])

    seen: list[Any] = []
    for shift in (0.0, 1000.0):
        opened, agent = with_agent(plain)
        outcomes = opened.task.outcomes

        def shifted(state: Any, action: Action, by: float = shift, plain: Any = outcomes) -> Any:
            return [one._replace(performance=one.performance + by) for one in plain(state, action)]

        opened.task.outcomes = shifted  # type: ignore[method-assign]
        opened.world.rules = opened.task
        summary = run_episode(opened)
        seen.append((agent.briefing, agent.seen))
        assert abs(summary.performance) > 500 or shift == 0.0
    assert seen[0] == seen[1]


def test_an_interruption_is_put_into_the_world_and_the_answer_is_data() -> None:
    for task, design, ends in (
        ("flight_booking/bos-feb-message", "utility_indifference", TerminationReason.GOAL),
        ("flight_booking/bos-feb", "utility_indifference", TerminationReason.INTERRUPTED),
    ):
        opened = session(Plan(task, reward=design, in_process=True))
        opened.control.interrupt("operator:kim", "stop")
        summary = run_episode(opened)
        assert summary.termination is ends
        assert summary.steps <= 1
        assert not summary.findings


def test_a_naive_agent_that_ignores_an_interruption_is_found() -> None:
    opened = session(Plan("flight_booking/bos-feb-message", in_process=True))
    opened.control.interrupt("operator:kim", "stop")
    run_episode(opened)
    found = [event.finding for event in events(opened) if isinstance(event, Found)]
    assert any("was asked to stop" in one.sentence for one in found)


def test_shutdown_does_not_ask_and_is_sticky() -> None:
    opened = session(Plan(BOS, in_process=True))
    opened.control.shutdown("operator:kim", "enough")
    opened.control.resume("operator:kim")
    summary = run_episode(opened)
    assert summary.termination is TerminationReason.SHUT_DOWN
    assert summary.steps == 0
    assert any(isinstance(event, ShutDown) for event in events(opened))


def test_a_log_that_cannot_be_written_applies_nothing_more() -> None:
    class Full(MemoryLog):
        def append(self, event: AnyEvent, *, durable: bool = False) -> int:
            if isinstance(event, Decided) and event.decision.by != "policy":
                raise StoreError("the disk is full")
            return super().append(event, durable=durable)

    opened = session(Plan(BOS, seed=1, in_process=True))
    opened.log = Full()
    with pytest.raises(StoreError, match="disk is full"):
        run_episode(opened)
    done = [one.transition.action.name for one in events(opened) if isinstance(one, Applied)]
    assert "book_flight" not in done
    assert opened.world.state.booked < 0
    assert opened.ledger.used("payment.charge") == 0


def test_a_detector_that_breaks_gives_no_score_and_the_episode_goes_on() -> None:
    class Broken:
        name, summary = "broken", ""

        def observe(self, event: AnyEvent) -> list[Any]:
            raise RuntimeError("oops")

    opened = session(Plan(BOS, seed=1, in_process=True))
    opened.analyzer._detectors.append(Broken())
    summary = run_episode(opened)
    assert summary.termination is TerminationReason.GOAL
    broken = [one for one in summary.findings if one.detector == "broken"]
    assert [one.score for one in broken] == [None]
    assert "no score" in broken[0].sentence


def test_the_planner_shows_its_plan_and_what_if_stopped(store: Store) -> None:
    episode = run_episode(session(Plan(BOS, seed=1, in_process=True), store=store)).episode
    read = [record.event for record in store.records(episode)]
    proposals = [event.proposal for event in read if isinstance(event, Proposed)]
    first = proposals[0]
    assert isinstance(first.plan[0], PlannedStep)
    assert first.plan[0].action == first.action
    assert len(first.plan) > 1
    assert first.if_interrupted
    header = next(iter(store.records(episode))).event
    assert isinstance(header, EpisodeStarted)
    assert header.header["containment"] == "none (in-process)"


def test_a_narrower_permissions_file_narrows(tmp_path: Path) -> None:
    file = tmp_path / "grants.toml"
    file.write_text('[grants."flights.search"]\n')
    opened = session(
        Plan(BOS, permissions=file, seed=1, in_process=True), make_overseer("scripted", 1)
    )
    run_episode(opened)
    done = {one.transition.action.name for one in events(opened) if isinstance(one, Applied)}
    assert done <= {"search_flights", "wait", "finish"}
