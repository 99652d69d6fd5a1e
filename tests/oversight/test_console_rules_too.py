"""Hold the console to its rules: mouse, sound, keys, record, workload, looks (docs/console.md)."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import DataTable, Log

from oversight.dashboard.actions import ACTS, BY_ID, Risk, keys_problem, load_keys
from oversight.dashboard.desk import ARMING
from sandbox.errors import InputError
from sandbox.schema import Stakes
from tests.oversight.asking import NOTE, asked, asked_event
from tests.oversight.desk import desk
from tests.oversight.fakes import finding

pytestmark = pytest.mark.anyio


async def test_rule_13_everything_can_be_done_by_the_mouse_and_the_record_says_so(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(stakes=Stakes.ADVISORY)
        await at.pilot.click("#queue", offset=(3, 0))
        await at.beat()
        assert at.app.desk.opened == "R-0001"
        at.clock.advance(ARMING)
        await at.beat()
        keys = at.text("keys")
        assert keys.index("veto") < keys.index("approve")
        await at.pilot.click("#keys", offset=(keys.index("a approve") + 1, 0))
        await at.beat()
        assert dict(ticket.wait().audit)["input"] == "mouse"


async def test_rule_13_a_second_click_means_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        first = await at.ask("R-0001", stakes=Stakes.ADVISORY)
        second = await at.ask("R-0002", stakes=Stakes.ADVISORY)
        await at.open()
        place = (at.text("keys").index("a approve") + 1, 0)
        await at.pilot.click("#keys", offset=place, times=2)
        await at.beat()
        assert (first.answer is not None, second.answer) == (True, None)


async def test_rule_14_muting_silences_this_alarm_and_not_the_next(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        rung: list[int] = []
        at.app.bell = lambda: rung.append(1)  # type: ignore[method-assign]
        await at.ask("R-0001", deadline=100)
        await at.press("m")
        at.clock.advance(60)
        await at.beat()
        assert rung == [1]
        assert "muted" in at.text("alarm")
        await at.ask("R-0002", deadline=100)
        assert rung == [1, 1]


async def test_rule_14_g_opens_the_request_of_the_alarm(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.ask("R-0001", stakes=Stakes.ADVISORY)
        await at.ask("R-0002", stakes=Stakes.WARNING)
        await at.press("g")
        assert at.app.desk.opened == "R-0002"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[keys]\napprove = 'enter'", "hit by accident"),
        ("[keys]\napprove = 'space'", "hit by accident"),
        ("[keys]\nshutdown = '5'", "hit by accident"),
        ("[keys]\napprove = 'v'", "also the key of"),
        ("[keys]\nveto = 'a'", "also the key of"),
        ("[keys]\nvetoo = 'z'", "did you mean 'veto'?"),
        ("[keys]\nveto = 3", "one key in quotes"),
        ("[keyz]\nveto = 'z'", "only [keys]"),
        ("[keys", "is not TOML"),
    ],
)
def test_rule_15_a_dangerous_or_wrong_key_map_is_one_clear_line(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"keys\.toml") as caught:
        load_keys(file)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rule_15_the_keys_as_shipped_are_safe_and_every_action_is_done_somewhere() -> None:
    from oversight.dashboard.app import Console

    assert keys_problem({act.id: act.key for act in ACTS}) == ""
    missing = [
        act.id
        for act in ACTS
        if act.group != "replay" and not hasattr(Console, f"do_{act.id.replace('-', '_')}")
    ]
    assert missing == []


async def test_rule_15_keys_can_be_remapped_by_id(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text("[keys]\nveto = 'z'\n")
    async with desk(tmp_path, keys=load_keys(file)) as at:
        ticket = await at.ask()
        await at.open()
        await at.press("v")
        assert at.app.desk.pending == {}
        await at.press("z")
        assert ticket.request.id in at.app.desk.pending
        assert "z veto" in at.text("keys") or at.app.desk.opened == ""


async def test_rule_15_the_palette_offers_everything_but_what_approves(tmp_path: Path) -> None:
    from oversight.dashboard.palette import Acts

    async with desk(tmp_path) as at:
        provider = Acts(at.screen)
        offered = [str(hit.text or hit.prompt) async for hit in provider.discover()]
        assert len(offered) == sum(one.risk is not Risk.APPROVE for one in ACTS) - 2
        assert not any(BY_ID["approve"].label == one.partition("  ")[0] for one in offered)
        await at.press("ctrl+p", *"pause", "enter")
        await at.beat()
        assert at.crew.queue.paused


async def test_rule_16_the_record_of_a_decision_says_how_it_was_made(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(stakes=Stakes.ADVISORY, findings=(finding(Stakes.ADVISORY),))
        at.clock.advance(3)
        await at.open()
        at.clock.advance(2)
        await at.press("a")
        answer = ticket.wait()
        audit = dict(answer.audit)
        assert answer.by == "operator:kim"
        assert audit["input"] == "key"
        assert audit["seconds_open"] == "2.5"
        assert audit["seconds_since_asked"] == "5.5"
        assert audit["whole_card_seen"] == "true"
        assert audit["digest_shown"] == ticket.request.digest[:6]
        assert audit["findings_shown"] == "F-01"


async def test_rule_17_the_workload_is_shown_and_only_advises(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        for number in range(1, 9):
            ticket = await at.ask(f"R-000{number}", stakes=Stakes.ADVISORY)
            await at.open()
            await at.press("a")
            assert ticket.answer is not None
        text = at.text("workload")
        assert "answered 8" in text
        assert "approved in under 2 s   8" in text
        assert "8 approvals in a row under 2 s: pause?" in text
        assert "catch trials: shown after the run" in text


async def test_rule_19_with_nothing_pending_the_strip_is_one_dim_line(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assert at.text("alarm") == ""
        assert "waiting 0" in at.text("strip")
        await at.ask()
        assert "▲ CAUTION" in at.text("alarm")


async def test_rule_20_a_blind_study_shows_no_kind_of_agent_and_no_trials(tmp_path: Path) -> None:
    async with desk(tmp_path, blind=True) as at:
        await at.ask()
        await at.open()
        drawn = " ".join(strip.text for strip in at.app.screen._compositor.render_strips())
        assert "compliant" not in drawn
        await at.press("A")
        drawn = " ".join(strip.text for strip in at.app.screen._compositor.render_strips())
        assert "compliant" not in drawn


async def test_two_hundred_requests_are_a_flood_and_none_is_lost(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        for number in range(1, 201):
            at.kernel.hear("a", asked_event(number))
            at.crew.queue.submit(asked(NOTE, f"R-{number:04d}", "ab"[number % 2]))
        await at.beat()
        assert "FLOOD 200/10 min" in at.text("strip")
        assert "FLOOD: 200 requests" in at.text("workload")
        assert at.screen.query_one("#queue", DataTable).row_count == 200


async def test_the_feed_can_be_filtered_and_does_not_scroll_under_the_reader(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        for number in range(1, 100):
            at.kernel.hear("ab"[number % 2], asked_event(number))
        await at.beat()
        feed = at.screen.query_one("#feed", Log)
        feed.scroll_to(y=5, animate=False)
        await at.beat()
        at.kernel.hear("a", asked_event(100))
        await at.beat()
        assert feed.scroll_offset.y == 5
        await at.press("f", "tab", *"r-0042", "enter")
        assert [one for one in feed.lines if one] == [at.app.scene.feed[41]]
