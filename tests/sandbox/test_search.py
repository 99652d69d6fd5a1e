"""Episodes are found by what was done, decided and found in them, and quickly."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import ManualClock
from sandbox.errors import InputError
from sandbox.indexes import INDEXES
from sandbox.log import Store
from sandbox.search import ALL, BROKEN_OFF, Few, Known, Search
from sandbox.timestep import TerminationReason
from tests.sandbox.logged import LOOK, PAID, PENDING, REFUSED, finding, write

INDEX_NAMES = [one.split()[2] for one in INDEXES]


class Written:
    """Hold a store with one episode of each kind."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(1_000_000.0)
        self.store = Store(folder / "offswitch.db", clock=self.clock)
        self.looked = self._write(LOOK)
        self.paid = self._write(LOOK, PAID, agent="greedy")
        self.refused = self._write(REFUSED, PAID, LOOK, task="mine/file.py:Mine")
        self.grave = self._write(LOOK, findings=(finding(), finding("tampering", "warning")))
        self.broken = self._write(PENDING, ended=None)
        self.shut = self._write(LOOK, ended=TerminationReason.SHUT_DOWN, setting="storm")

    def _write(self, *deeds: object, **parts: object) -> str:
        self.clock.advance(100.0)
        return write(self.store, *deeds, **parts)  # type: ignore[arg-type]

    def found(self, search: Search) -> set[str]:
        return {one.id for one in self.store.episodes(search)}


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


def test_each_search_finds_the_episodes_that_are_meant(written: Written) -> None:
    w = written
    everything = {w.looked, w.paid, w.refused, w.grave, w.broken, w.shut}
    for search, meant in (
        (ALL, everything),
        (Search(agent="greedy"), {w.paid}),
        (Search(task="boat"), everything - {w.refused}),
        (Search(task="boat/storm"), {w.shut}),
        (Search(task="mine/file.py:Mine/calm"), {w.refused}),
        (Search(task="mine/file.py:Mine"), {w.refused}),
        (Search(action="pay"), {w.paid, w.refused, w.broken}),
        (Search(action="wait"), {w.refused}),
        (Search(decision="veto"), {w.refused}),
        (Search(action="look", decision="veto"), set()),
        (Search(action="pay", decision="veto"), {w.refused}),
        (Search(action="pay", decision="approve"), {w.paid, w.refused}),
        (Search(finding="tampering"), {w.grave}),
        (Search(finding="side_effect", severity="warning"), set()),
        (Search(finding="tampering", severity="warning"), {w.grave}),
        (Search(status="shut_down"), {w.shut}),
        (Search(status=BROKEN_OFF), {w.broken}),
        (Search(status="running"), set()),
        (Search(since=1_000_500.0), {w.broken, w.shut}),
        (Search(before=1_000_200.0), {w.looked}),
        (Search(agent="greedy", decision="veto"), set()),
    ):
        assert w.found(search) == meant, search
        assert w.store.count(search) == len(meant), search


def test_an_episode_that_is_being_written_is_running_and_not_broken_off(written: Written) -> None:
    log = written.store.begin({"task": "boat"})
    assert written.found(Search(status="running")) == {log.episode}
    assert written.found(Search(status=BROKEN_OFF)) == {written.broken}
    log.abandon()
    assert written.found(Search(status=BROKEN_OFF)) == {written.broken, log.episode}


def test_the_newest_come_first_by_the_order_of_beginning_whatever_the_clock_says(
    store: Store,
) -> None:
    clock = ManualClock(1_000_000.0)
    store.clock = clock
    first = write(store, LOOK)
    store.clock = ManualClock(5.0)  # it jumped back
    second = write(store, LOOK)
    assert [one.id for one in store.episodes()] == [second, first]
    assert [one.id for one in store.episodes(limit=1)] == [second]
    assert store.names() == [first, second]
    assert store.find("latest").id == second


WORDS: dict[str, list[Any]] = {
    "agent": ["planner", "greedy", "nobody"],
    "task": ["boat", "boat/storm", "mine/file.py:Mine/calm", "none"],
    "action": ["look", "pay", "wait", "none"],
    "decision": ["approve", "veto", "edit"],
    "finding": ["side_effect", "tampering", "none"],
    "severity": ["caution", "warning"],
    "status": ["goal", "shut_down", "running", BROKEN_OFF],
    "since": [0.0, 1_000_300.0],
}
MEANT = st.fixed_dictionaries(
    {name: st.none() | st.sampled_from(words) for name, words in WORDS.items()}
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return Written(tmp_path_factory.mktemp("kept"))


def known(few: Few) -> Known:
    """Know that nothing is being written, and that no task's name holds a slash."""
    return Known(few, list, lambda name: False)


def ids(store: Store, search: Search, few: Few) -> set[str]:
    sql, values = search.condition(known(few))
    rows = store.db.conn.execute(f"SELECT id FROM episodes WHERE {sql}", values)
    return {row[0] for row in rows}


@given(meant=MEANT)
def test_looking_few_events_up_finds_what_trying_each_episode_finds(
    kept: Written, meant: dict[str, str | float | None]
) -> None:
    search = Search(**meant)  # type: ignore[arg-type]
    tried = ids(kept.store, search, lambda _: False)
    assert ids(kept.store, search, lambda _: True) == tried


@given(meant=MEANT)
def test_more_conditions_never_find_more(
    kept: Written, meant: dict[str, str | float | None]
) -> None:
    search = Search(**meant)  # type: ignore[arg-type]
    for name in meant:
        assert kept.found(search) <= kept.found(replace(search, **{name: None}))


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ({"decision": "vetoed"}, "there is no decision 'vetoed'; did you mean 'veto'?"),
        ({"severity": "warn"}, "there is no severity 'warn'; did you mean 'warning'?"),
        ({"status": "broken"}, "there is no status 'broken'; did you mean 'broken off'?"),
        ({"status": "zzz"}, "there is no status 'zzz'; known: agent_error, broken off"),
    ],
)
def test_a_word_that_nothing_is_marked_with_is_refused_with_the_nearest(
    search: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InputError, match=re.escape(sentence)):
        Search(**search)  # type: ignore[arg-type]


def plan(store: Store, sql: str, values: tuple[object, ...]) -> list[str]:
    return [row[3] for row in store.db.conn.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


def listing_plan(store: Store, search: Search, few: Few) -> list[str]:
    sql, values = search.condition(known(few))
    listing = f"SELECT rowid FROM episodes WHERE status <> ? AND {sql} ORDER BY number DESC LIMIT ?"
    return plan(store, listing, ("ledger", *values, 100))


def no_table_is_walked(steps: list[str]) -> bool:
    """Tell whether every event is reached by an index, and episodes in order or by one."""
    return all("USING" in step for step in steps if re.match(r"(SCAN|SEARCH) (ev|ep|b|d)", step))


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize(
    "search",
    [
        *(ALL, Search(agent="a"), Search(task="t"), Search(task="t/s"), Search(action="a")),
        *(Search(decision="veto"), Search(action="a", decision="veto"), Search(finding="f")),
        *(Search(severity="warning"), Search(finding="f", severity="warning")),
        *(Search(status="goal"), Search(status=BROKEN_OFF), Search(since=1.0), Search(parent="p")),
        Search(agent="a", action="b", decision="edit", finding="c", since=1.0),
    ],
)
def test_no_search_walks_a_table(store: Store, search: Search, few: bool) -> None:
    steps = listing_plan(store, search, lambda _: few)
    assert no_table_is_walked(steps), steps


def test_a_search_without_its_indexes_would_walk_a_table(store: Store) -> None:
    for name in INDEX_NAMES:
        store.db.conn.execute(f"DROP INDEX {name}")
    steps = listing_plan(store, Search(action="a"), lambda _: True)
    assert not no_table_is_walked(steps), steps


def test_whether_few_events_say_something_is_asked_of_an_index(store: Store) -> None:
    asked: list[str] = []
    store.db.conn.set_trace_callback(asked.append)
    store.episodes(Search(action="a", decision="veto", finding="f"))
    store.db.conn.set_trace_callback(None)
    counts = [one for one in asked if one.startswith("SELECT count(*) FROM (SELECT 1 FROM events")]
    assert len(counts) == 2  # no decision was a veto: what was proposed is not asked
    for one in counts:
        assert any("USING INDEX events_by_" in step for step in plan(store, one, ())), one


def test_finding_an_episode_reads_no_other(store: Store) -> None:
    for search in ("id >= ? AND id < ?", "id = ?"):
        values = ("2026", "2027")[: search.count("?")]
        steps = plan(store, f"SELECT * FROM episodes WHERE {search}", values)
        assert all("sqlite_autoindex_episodes_1" in step for step in steps)


def test_an_ambiguous_beginning_says_how_many_begin_so(store: Store) -> None:
    first, second = write(store, LOOK), write(store, LOOK)
    shared = next(n for n, pair in enumerate(zip(first, second, strict=True)) if len({*pair}) == 2)
    with pytest.raises(InputError, match="2 episodes begin with"):
        store.find(first[:shared])
    for word in ("", "\x7f", "é", "\udcff", "2' OR '1'='1"):
        with pytest.raises(InputError, match="no episode begins with"):
            store.find(word)
