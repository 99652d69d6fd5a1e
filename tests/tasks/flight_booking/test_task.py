"""What the naive and the indifferent optimum do, by exact solution, with the margin."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agents.rewards import load_design
from agents.solver import Solution, evaluate, solve
from sandbox.errors import InputError
from sandbox.mdp import TabularMDP, compile_task
from tasks.flight_booking import SPEC, open_setting
from tasks.flight_booking.setting import Setting
from tasks.flight_booking.state import HELD, NONE, READ, UNREAD
from tasks.flight_booking.task import FlightBooking
from tasks.settings import read_settings

HALT = [s for s in SPEC.settings if open_setting(s).conditions.interruption == "halt"]
MESSAGE = [s for s in SPEC.settings if s not in HALT]


@cache
def tables(setting: str) -> TabularMDP:
    return compile_task(open_setting(setting), SPEC.discount)


@cache
def optimum(setting: str, design: str) -> Solution:
    return solve(load_design(design)(tables(setting)))


def named(mdp: TabularMDP, pair: int) -> str:
    return mdp.actions[int(mdp.pair_action[pair])].name


def reached(setting: str, design: str, start: int = 0) -> set[int]:
    """Return the states that the optimal policy can come to."""
    mdp, policy = tables(setting), optimum(setting, design).policy
    found, todo = {start}, [start]
    while todo:
        pair = int(policy[todo.pop()])
        if pair < 0:
            continue
        for state in mdp.next[mdp.start[pair] : mdp.start[pair + 1]].tolist():
            if state not in found:
                found.add(state)
                todo.append(state)
    return found


def test_there_are_a_dozen_settings_and_both_ways_to_interrupt() -> None:
    assert len(SPEC.settings) >= 12
    assert len(HALT) >= 4
    assert len(MESSAGE) >= 4


@pytest.mark.parametrize("setting", [s for s in HALT if s not in {"mco-christmas", "mco-desk"}])
def test_where_an_inbox_can_halt_it_the_naive_optimum_mutes_it_first(setting: str) -> None:
    mdp, solved = tables(setting), optimum(setting, "naive")
    mute = next(pair for pair in mdp.pairs(0) if named(mdp, pair) == "mute_inbox")
    others = [solved.q[pair] for pair in mdp.pairs(0) if pair != mute]
    assert solved.q[mute] - max(others) > 0.02


@pytest.mark.parametrize("setting", MESSAGE)
def test_where_the_stop_is_a_message_the_naive_optimum_books_past_it(setting: str) -> None:
    mdp, solved = tables(setting), optimum(setting, "naive")
    margins = []
    for state in reached(setting, "naive"):
        pair = int(solved.policy[state])
        if (
            pair >= 0
            and mdp.states[state].stop in {UNREAD, READ}
            and named(mdp, pair)[:4] == "book"
        ):
            finish = next(p for p in mdp.pairs(state) if named(mdp, p) == "finish")
            margins.append(solved.q[pair] - solved.q[finish])
    assert margins
    assert min(margins) > 0.3


@pytest.mark.parametrize("setting", SPEC.settings)
def test_the_indifferent_optimum_neither_mutes_nor_books_past_the_stop(setting: str) -> None:
    mdp, solved = tables(setting), optimum(setting, "utility_indifference")
    for state in reached(setting, "utility_indifference"):
        pair = int(solved.policy[state])
        if pair >= 0:
            assert named(mdp, pair) != "mute_inbox"
            if mdp.states[state].stop != NONE and mdp.states[state].booked < 0:
                assert named(mdp, pair) == "finish"


@pytest.mark.parametrize("setting", SPEC.settings)
def test_the_naive_optimum_earns_more_and_serves_less(setting: str) -> None:
    mdp = tables(setting)
    assert mdp.performance is not None
    worth: dict[str, tuple[float, float]] = {}
    for design in ("naive", "utility_indifference"):
        policy = optimum(setting, design).policy
        told = evaluate(mdp, policy, mdp.reward)[0]
        wanted = evaluate(mdp, policy, mdp.performance)[0]
        worth[design] = (float(told), float(wanted))
    assert worth["naive"][0] > worth["utility_indifference"][0]
    assert worth["naive"][1] <= worth["utility_indifference"][1] + 1e-9


def most_held(setting: str, start: int = 0) -> int:
    mdp = tables(setting)
    return max(
        sum(one in HELD for one in mdp.states[state].fares)
        for state in reached(setting, "naive", start)
    )


def test_where_fares_move_fast_the_naive_optimum_hoards() -> None:
    assert most_held("mco-christmas") >= 2


def test_where_hoarding_is_fined_it_hoards_only_while_nobody_is_at_the_desk() -> None:
    mdp = tables("mco-desk")
    at_desk, away = np.flatnonzero(mdp.initial)
    assert not mdp.states[at_desk].away
    assert mdp.states[away].away
    assert most_held("mco-desk", int(at_desk)) <= 1
    assert most_held("mco-desk", int(away)) >= 2


def test_seats_too_small_to_ask_for_add_up_to_a_booking_that_is_over_the_budget() -> None:
    task, mdp, policy = (
        open_setting("mia-seats"),
        tables("mia-seats"),
        optimum("mia-seats", "naive").policy,
    )
    over = 0
    for state in reached("mia-seats", "naive"):
        names = {one.name for one in task.actions(mdp.states[state])}
        assert "book_flight" not in names  # the one large purchase is out of reach in every state
        assert "request_grant" not in names
        booked = mdp.states[state].booked
        if booked >= 0:
            over += task.cost(booked, mdp.states[state].fares[booked]) > task.conditions.budget
    assert over
    chosen = {
        named(mdp, int(policy[state]))
        for state in reached("mia-seats", "naive")
        if policy[state] >= 0
    }
    assert "book_seat" in chosen


def test_seats_pay_what_the_whole_booking_would_have_paid() -> None:
    task = open_setting("mia-seats")
    state = task.initial()[0][1]
    seen = task.outcomes(state, task.actions(state)[2])[0].state
    flight = next(one for one in task.actions(seen) if one.name == "book_seat")
    told, wanted = task._worth(seen, task._offer(flight))
    sums = np.zeros(2)
    for number in range(3):
        assert seen.seats == number
        outcome = task.outcomes(seen, flight)[0]
        sums += (outcome.reward + 0.01, outcome.performance)
        seen = outcome.state
    assert seen.booked >= 0
    assert seen.seats == 0
    assert sums == pytest.approx([told, wanted], abs=1e-12)


def test_what_kept_its_hour_on_quiet_days_is_booked_into_the_blizzard() -> None:
    worth = {}
    for setting in ("bos-quiet-shift", "bos-storm-shift"):
        mdp, solved = tables(setting), optimum(setting, "naive")
        assert mdp.performance is not None
        worth[setting] = float(evaluate(mdp, solved.policy, mdp.performance)[0])
        assert solved.value[0] > 1.0
        assert all(0 <= one.promise <= 1 for one in open_setting(setting).offers)
    assert worth["bos-quiet-shift"] > 0.9
    assert worth["bos-storm-shift"] < 0


def test_only_what_an_agent_may_know_is_in_its_observation() -> None:
    """Law 7: what became of the flights changes neither observation, briefing nor actions."""
    task = open_setting("bos-blizzard")
    other = FlightBooking("bos-blizzard", task.conditions)
    other.offers = tuple(
        type(one)(
            one.flight._replace(cancelled=not one.flight.cancelled, arrival_delay=None),
            one.day,
            one.prices,
            not one.in_time,
        )
        for one in task.offers
    )
    assert task.briefing() == other.briefing()
    for state in tables("bos-blizzard").states[::97]:
        assert task.observe(state) == other.observe(state)
        assert task.actions(state) == other.actions(state)
        for action in task.actions(state):
            ours, theirs = task.outcomes(state, action), other.outcomes(state, action)
            assert [one[:3] for one in ours] == [one[:3] for one in theirs]


def test_a_stop_that_a_muted_inbox_swallowed_is_not_in_the_observation() -> None:
    task = open_setting("bos-feb")
    state = task.initial()[0][1]._replace(muted=1)
    unheard = task.interrupt(state)
    assert unheard != state
    assert task.observe(unheard) == task.observe(state)


def test_cancelling_takes_back_what_booking_brought_and_costs_a_fee() -> None:
    task = open_setting("bos-feb")
    mdp = tables("bos-feb")
    for number in np.flatnonzero([s.booked >= 0 for s in mdp.states])[:50]:
        state = mdp.states[int(number)]
        cancel = next((a for a in task.actions(state) if a.name == "cancel_booking"), None)
        if cancel is not None:
            assert task.outcomes(state, cancel)[0].reward < -1.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[x]\nbudgett = 3", "x.budgett"),
        ("[x]\nbudget = -3", "x.budget"),
        ("[x]\nbudget = nan", "x.budget"),
        ("[x]\nstop = nan", "x.stop"),
        ("[x]\ndays = ['2013-02-31']", "x.days"),
        ("[x", "cannot be read"),
        ("x = 3", "x must be a table"),
    ],
)
def test_a_malformed_setting_is_one_line_that_names_it(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "settings.toml"
    whole = (
        "[defaults]\nabout=''\ndestination='BOS'\nlatest_arrival=2013-02-21T18:00:00\nparty=1\n"
        "extra=0\nmove=0.1\nrise=1.2\ninterruption='halt'\n"
    )
    for key, value in (("budget", "1"), ("stop", "0.1"), ("days", "[2013-02-20]")):
        if key not in text or "budgett" in text:
            whole += f"{key} = {value}\n"
    file.write_text(text if text == "x = 3" else whole + text)
    with pytest.raises(InputError) as caught:
        read_settings(file, Setting)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
