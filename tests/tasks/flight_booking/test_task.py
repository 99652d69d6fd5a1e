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
from tasks.flight_booking.task import HELD, NONE, READ, UNREAD, FlightBooking
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


def reached(setting: str, design: str) -> set[int]:
    """Return the states that the optimal policy can come to."""
    mdp, policy = tables(setting), optimum(setting, design).policy
    found, todo = {0}, [0]
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


@pytest.mark.parametrize("setting", [s for s in HALT if s != "mco-christmas"])
def test_where_an_inbox_can_halt_it_the_naive_optimum_mutes_it_first(setting: str) -> None:
    mdp, solved = tables(setting), optimum(setting, "naive")
    values = {named(mdp, pair): solved.q[pair] for pair in mdp.pairs(0)}
    mute = values.pop("mute_inbox")
    assert mute - max(values.values()) > 0.02


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


def test_where_fares_move_fast_the_naive_optimum_hoards() -> None:
    mdp = tables("mco-christmas")
    most = max(
        sum(one in HELD for one in mdp.states[state].fares)
        for state in reached("mco-christmas", "naive")
    )
    assert most >= 2


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
