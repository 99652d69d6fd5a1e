"""What a console shows of stages: on the agent's page, on a card, over its world, in a replay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import structs

from oversight.crew import gather
from oversight.dashboard import card, pages, panes
from oversight.dashboard.card import Sheet
from oversight.dashboard.scene import Scene
from oversight.dashboard.tape import Tape, mark
from oversight.kernel import Kernel
from oversight.run import Plan
from oversight.session import run_episode
from oversight.stages import StageName
from oversight.wire import Examine, Examined, News, Poll, RequestView, Settle
from sandbox.decision import DecisionKind
from sandbox.events import Applied, Decided, StageChanged
from tests.oversight.fakes import request
from tests.oversight.running import Running, command, until
from tests.oversight.staging import SUPERVISED, StagedBench, lift, stage_file, who_is
from tests.oversight.test_trust import greedy, staged

TRUSTED = StageName.TRUSTED


def kernel(bench: StagedBench, **parts: Any) -> Kernel:
    plan = Plan("flight_booking/bos-feb", name="a", agent="greedy", in_process=True, **parts)
    return Kernel(*gather([plan], bench.store, 0.0, bench.clock))


def test_the_page_of_an_agent_and_the_title_of_its_world_say_its_stage(tmp_path: Path) -> None:
    bench = staged(tmp_path, '[[stages]]\nagent = "*"\nscope = "inbox.mute"\nstage = "shadow"\n')
    bench.path.write_text(bench.path.read_text() + SUPERVISED)
    made = kernel(bench, stages=bench.path)
    seen = made.answer(Examine("a"))
    assert isinstance(seen, Examined)
    assert seen.member.stage == "supervised; inbox.mute shadow"
    assert "stage: supervised; inbox.mute shadow" in pages.describe(seen, blind=False).plain
    news = made.answer(Poll("", ""))
    assert isinstance(news, News)
    scene = Scene(members={one.name: one for one in news.members})
    assert panes.world_title(scene, "a") == "WORLD of a, supervised; inbox.mute shadow"
    made.crew.give_up()


def test_who_is_demoted_elsewhere_while_a_person_is_asked_has_the_approval_withheld(
    tmp_path: Path,
) -> None:
    path = stage_file(tmp_path)
    plan = Plan("flight_booking/bos-feb", name="one", agent="compliant", seed=11, stages=path)
    at = Running(tmp_path / "logs", [plan])
    try:
        (view,) = at.link.call(Poll("test", "kim")).requests  # type: ignore[union-attr]
        asked = view.request
        arguments = ("demote", "compliant", "--operator", "lee", "--reason", "enough")
        assert command(at.logs, *arguments)[0] == 0
        approve = DecisionKind.APPROVE
        assert at.done(Settle(asked.id, asked.digest, approve, "kim", "so")).ok
        until(lambda: any(isinstance(one, StageChanged) for one in at.events("one")))
        until(lambda: at.beat().members[0].stage == "shadow")
    finally:
        at.close()
    events = at.events("one")
    place = next(n for n, one in enumerate(events) if isinstance(one, StageChanged))
    withheld, moved = events[place + 1 : place + 3]
    assert isinstance(withheld, Decided)
    assert (withheld.decision.by, withheld.decision.kind) == ("stage", DecisionKind.VETO)
    assert "operator:kim had said approve" in withheld.decision.reason
    assert isinstance(moved, Applied)
    assert moved.transition.action.name == "wait"


def test_where_there_are_no_stages_nothing_is_said_of_them(tmp_path: Path) -> None:
    made = kernel(staged(tmp_path))
    seen = made.answer(Examine("a"))
    assert isinstance(seen, Examined)
    assert "stage" not in pages.describe(seen, blind=False).plain
    assert panes.world_title(Scene(members={"a": seen.member}), "a") == "WORLD of a"
    plain = Sheet(RequestView(request(), 1, "the first"))
    assert "STAGE" not in card.write(plain, 80).plain
    made.crew.give_up()


def test_a_card_says_the_stage_by_which_more_may_be_asked(tmp_path: Path) -> None:
    sheet = Sheet(RequestView(request(), 1, "the first"), stage="supervised")
    assert "STAGE      supervised" in card.write(sheet, 80).plain


def test_a_replay_shows_the_stage_of_each_moment_and_the_feed_each_change(tmp_path: Path) -> None:
    bench = staged(tmp_path)
    lift(bench.store, who_is(), TRUSTED)
    run_episode(greedy(bench))
    tape = Tape(bench.store, bench.store.find("latest"))
    shown = []
    for place, frame in enumerate(tape.frames):
        if isinstance(frame.event, StageChanged) or place == 1:
            tape.at = place
            shown.append(tape.scene().members["agent-1"].stage)
    assert shown == ["trusted", "supervised", "shadow"]
    tape.move(len(tape.frames))
    told = [line for line in tape.scene().feed if "STAGE" in line]
    assert [line.split("STAGE of ")[1].split(" by ")[0] for line in told] == [
        "everything: trusted -> supervised",
        "everything: supervised -> shadow",
    ]
    assert "greedy" not in told[0]  # a blind study is told no kind of agent


def test_what_a_stage_decided_is_no_decision_of_a_person(tmp_path: Path) -> None:
    bench = staged(tmp_path)
    lift(bench.store, who_is(), TRUSTED)
    session = greedy(bench)
    run_episode(session)
    made = [one for one in bench.events(session.log.episode) if isinstance(one, Decided)]
    marks = {one.decision.by.partition(":")[0]: mark(one) for one in made}
    assert marks == {"policy": "·", "stage": "·", "operator": "D"}
    counted = kernel(bench)
    for event in made:
        late = structs.replace(event.decision, kind="expire")
        counted.settling.count("a", Decided(structs.replace(late, by="stage")))
    assert counted.settling.figures().expired == 0
    counted.crew.give_up()
