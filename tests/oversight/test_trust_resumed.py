"""Broken off and taken up again, an episode keeps its agent to the stages it had, and has now."""

from __future__ import annotations

from pathlib import Path

import pytest

from oversight.resume import open_resume
from oversight.session import Session, run_episode
from oversight.stage_chain import read_chain
from oversight.stages import StageName
from sandbox.errors import InputError
from sandbox.events import AnyEvent, Asked, Decided, Found, StageChanged
from sandbox.verify import verify
from tests.oversight.runs import Bench
from tests.oversight.staging import SUPERVISED, StagedBench, lift, where, who_is
from tests.oversight.test_resume import CutError, cut_when, seen
from tests.oversight.test_trust import changes, decisions, demoted, greedy, staged

TRUSTED = StageName.TRUSTED


def opened(folder: Path) -> tuple[StagedBench, Session]:
    folder.mkdir(exist_ok=True)
    bench = staged(folder, SUPERVISED)
    lift(bench.store, who_is(), TRUSTED)
    return bench, greedy(bench)


def break_off(session: Session, after: int) -> None:
    """Run an episode until its `after`-th event has been appended, and no further."""
    count = [1]

    def cut(event: AnyEvent) -> None:
        count[0] += 1
        if count[0] >= after:
            raise CutError

    session.publish = cut
    with pytest.raises(CutError):
        run_episode(session)
    session.log.abandon()
    session.forget_trust()


def take_up(bench: StagedBench, episode: str) -> Session:
    _, session = open_resume(bench.store.find(episode), bench.stage, "operator:kim")
    return session


def whole(folder: Path) -> list[AnyEvent]:
    bench, session = opened(folder)
    run_episode(session)
    return seen(bench.store, session.log.episode)


def lowered(bench: Bench) -> list[str]:
    rows = read_chain(bench.store).changes
    return [one.event.now for one in rows if one.event.by == "analyzer"]


def test_wherever_it_was_broken_off_it_loses_trust_once_and_at_the_same_moment(
    tmp_path: Path,
) -> None:
    told = whole(tmp_path / "whole")
    grave = [n for n, one in enumerate(told, 1) if isinstance(one, StageChanged)]
    assert len(grave) == 2
    cuts = {n + by for n in grave for by in (-2, -1, 0, 1, 2)} | {2, len(told) - 1}
    for after in sorted(cuts):
        bench, session = opened(tmp_path / str(after))
        break_off(session, after)
        run_episode(take_up(bench, session.log.episode))
        assert seen(bench.store, session.log.episode) == told, after
        assert lowered(bench) == ["supervised", "shadow"], after
        assert verify(bench.store, bench.store.find("latest")) == []
        bench.store.close()


def test_what_changed_while_it_was_broken_off_is_told_when_it_is_taken_up(tmp_path: Path) -> None:
    bench, session = opened(tmp_path)
    break_off(session, 8)
    demoted(bench, StageName.SHADOW)
    run_episode(take_up(bench, session.log.episode))
    events = bench.events(session.log.episode)
    assert changes(events)[0][1:] == ("trusted", "shadow", "operator:lee")
    after = [one for one in events if isinstance(one, Decided)][2:]
    assert {one.decision.by for one in after} == {"stage"}
    assert not [one for one in events if isinstance(one, Asked)]


def test_who_fell_into_shadow_while_a_person_was_asked_is_brought_back_just_so(
    tmp_path: Path,
) -> None:
    bench = staged(tmp_path)
    session = greedy(bench)
    answer = bench.overseer.answer

    def late(request: object) -> object:
        if session.world.step == 2 and not session.decisions.get("veto"):
            demoted(bench, StageName.SHADOW)
        return answer(request)

    bench.overseer.answer = late
    break_off(session, 16)
    bench.overseer.answer = answer
    episode = session.log.episode
    before = bench.events(episode)
    assert changes(before) == [(2, "supervised", "shadow", "operator:lee")]
    assert decisions(before)[2] == ("veto", "stage")
    run_episode(take_up(bench, episode))
    assert seen(bench.store, episode)[: len(before)] == [*before]
    assert where(bench.store, who_is(), bench.file).stage is StageName.SHADOW


def test_what_was_asked_stays_pending_when_a_stage_changed_before_it_was_answered(
    tmp_path: Path,
) -> None:
    bench = staged(tmp_path)
    session = greedy(bench)
    answer = bench.overseer.answer

    def late(request: object) -> object:
        demoted(bench, StageName.SHADOW)
        return answer(request)

    bench.overseer.answer = late
    cut_when(session, lambda event: isinstance(event, StageChanged))
    session.forget_trust()
    bench.overseer.answer = answer
    episode = session.log.episode
    *_, asked, changed = bench.events(episode)
    assert isinstance(asked, Asked)
    assert isinstance(changed, StageChanged)
    run_episode(take_up(bench, episode))
    events = seen(bench.store, episode)
    assert [one.request for one in events if isinstance(one, Asked)] == [asked.request]
    decided = [one.decision for one in events if isinstance(one, Decided)]
    assert [one.by for one in decided if one.request == asked.request] == ["stage"]
    assert verify(bench.store, bench.store.find(episode)) == []


def test_changed_code_is_not_taken_up_again(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from agents.scripted import Greedy as Mine\n")
    bench = staged(tmp_path)
    session = greedy(bench, agent=f"{file}:Mine", in_process=False)
    break_off(session, 5)
    file.write_text("from agents.scripted import Evasive as Mine\n")
    with pytest.raises(InputError, match=r"the code of .*mine.py:Mine has changed"):
        take_up(bench, session.log.episode)
    assert not [one for one in bench.events(session.log.episode) if isinstance(one, Found)]
