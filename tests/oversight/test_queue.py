from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from oversight.queue import RequestQueue, Ticket
from oversight.request import Answer
from sandbox.clock import ManualClock
from sandbox.decision import DecisionKind
from sandbox.schema import Stakes
from tests.oversight.fakes import request


def answer(ticket: Ticket, kind: DecisionKind = DecisionKind.APPROVE, by: str = "kim") -> Answer:
    return Answer(kind, by, ticket.request.digest)


def test_the_first_answer_wins_and_the_others_learn_that_they_lost() -> None:
    for _ in range(30):
        queue = RequestQueue(ManualClock())
        ticket = queue.submit(request())
        barrier = threading.Barrier(8)

        def race(
            number: int,
            queue: RequestQueue = queue,
            ticket: Ticket = ticket,
            barrier: threading.Barrier = barrier,
        ) -> bool:
            barrier.wait()
            kind = list(DecisionKind)[number % 6]
            return queue.settle("R-0001", answer(ticket, kind, str(number)))

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(race, range(8)))
        assert won.count(True) == 1
        assert ticket.wait().by == str(won.index(True))


def test_nobody_answers_and_it_expires_which_is_neither_veto_nor_approval() -> None:
    clock = ManualClock()
    ticket = RequestQueue(clock).submit(request(deadline=60))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ticket.wait)
        clock.waiters.acquire()
        clock.advance(60)
        assert waiting.result(timeout=5).kind is DecisionKind.EXPIRE


def test_an_approval_after_the_deadline_is_too_late() -> None:
    clock = ManualClock()
    queue = RequestQueue(clock)
    ticket = queue.submit(request(deadline=60))
    clock.advance(60)
    assert not queue.settle("R-0001", answer(ticket))
    assert ticket.wait().kind is DecisionKind.EXPIRE


def test_a_pause_stops_the_clock_of_every_request() -> None:
    clock = ManualClock()
    queue = RequestQueue(clock)
    ticket = queue.submit(request(deadline=60))
    clock.advance(20)
    queue.pause()
    clock.advance(1000)
    late = queue.submit(request("R-0002", deadline=60))
    clock.advance(1000)
    assert ticket.left == 40
    assert late.left == 60
    queue.resume()
    clock.advance(15)
    assert ticket.left == 25
    assert queue.settle("R-0001", answer(ticket))


def test_an_answer_with_another_requests_digest_settles_nothing() -> None:
    queue = RequestQueue(ManualClock())
    ticket = queue.submit(request())
    stale = Answer(DecisionKind.APPROVE, "kim", request(agent="b").digest)
    assert not queue.settle("R-0001", stale)
    assert ticket.answer is None


def test_a_withdrawal_ends_only_that_agents_requests() -> None:
    queue = RequestQueue(ManualClock())
    mine, other = queue.submit(request()), queue.submit(request("R-0002", agent="b"))
    assert queue.withdraw("a", DecisionKind.SHUTDOWN, "kim", "enough") == 1
    assert mine.wait().kind is DecisionKind.SHUTDOWN
    assert other.answer is None


@given(st.permutations(range(6)))
def test_requests_are_ordered_by_level_then_time_left_then_arrival(order: list[int]) -> None:
    queue = RequestQueue(ManualClock())
    made = [
        request(
            f"R-{number}",
            agent=str(number),
            stakes=list(Stakes)[2 - number // 2],
            deadline=None if number % 2 else 60,
        )
        for number in range(6)
    ]
    for number in order:
        queue.submit(made[number])
    assert [one.request.id for one in queue.open()] == [f"R-{n}" for n in range(6)]


def test_a_listener_hears_of_arrival_and_end() -> None:
    queue, heard = RequestQueue(ManualClock()), []
    queue.subscribe(lambda: heard.append(len(queue.open())))
    ticket = queue.submit(request())
    queue.settle("R-0001", answer(ticket))
    assert heard == [1, 0]
