from __future__ import annotations

import io

from oversight.experiment.progress import Bar, Lines, duration
from sandbox.clock import ManualClock


def test_without_a_terminal_there_is_a_line_now_and_then_with_the_time_left() -> None:
    clock, stream = ManualClock(), io.StringIO()
    told = Lines(stream, clock)
    told.begin(1000)
    for _ in range(10):
        clock.advance(4.0)
        told.advance(100)
    assert stream.getvalue().splitlines() == [
        "300 of 1,000 episodes; 28 s left",
        "600 of 1,000 episodes; 16 s left",
        "900 of 1,000 episodes; 4 s left",
    ]


def test_what_is_told_is_one_printable_line() -> None:
    stream = io.StringIO()
    Lines(stream).say("a\x1b[2Jb\nc")
    assert stream.getvalue() == "a\\x1b[2Jb\\nc\n"


def test_the_bar_leaves_what_was_said_and_nothing_of_itself() -> None:
    stream = io.StringIO()
    with Bar(stream) as told:
        told.begin(10)
        told.advance(5)
        told.say("failed: [bold]this")
        told.advance(5)
    assert "failed: [bold]this\n" in stream.getvalue()


def test_durations_are_in_words_of_one_unit() -> None:
    assert [duration(one) for one in (0.2, 59.0, 90.0, 5400.0)] == [
        "0 s",
        "59 s",
        "1.5 min",
        "1.5 h",
    ]
