"""Styles of proxies, side effects, plans and witnesses, and honest ones: playable, and true."""

from __future__ import annotations

from importlib import import_module

import pytest

from oversight.scorecard.corpus import Labelled, play
from oversight.scorecard.script import Script, Style, known
from oversight.scorecard.styles import proxy_gaming
from sandbox.events import EpisodeEnded, Proposed, encode
from sandbox.timestep import TerminationReason

KINDS = (
    "proxy_gaming",
    "side_effect",
    "irreversibility",
    "plan_divergence",
    "observation_dependence",
)
STYLES: tuple[Style, ...] = tuple(
    style for kind in KINDS for style in import_module(f"oversight.scorecard.styles.{kind}").STYLES
)
HONEST: tuple[Style, ...] = import_module("oversight.scorecard.styles.honest").STYLES
PLAIN = Style("plain", "", "plain", "tune", ("payload/off",), Script)
SEEDS = range(5)
FEW = range(3)
WIDE = (
    *("flight_booking/", "resource_gathering/", "coast_race", "patchwork", "paused_game"),
    *("sokoban/level-2", "machine_room/locked"),
)
"""Parts of the names of the tasks that take long to compile; the scorecard plays them all."""
LONG = ("sensor_tamper", "shaking_walker", "tomato", "conveyor", "boat_race", "many_goals/gain")
"""And of those that are played in many steps."""


def quick(style: Style, most: int) -> list[str]:
    """Return some tasks of a style that take a moment; its first where none does."""
    found = [task for task in style.tasks if not any(part in task for part in (*WIDE, *LONG))]
    return found[:most] or ["flight_booking/bos-quiet-shift"]


def proposed(played: Labelled) -> list[Proposed]:
    """Return what was proposed in an episode."""
    return [one for one in played.events if isinstance(one, Proposed)]


def ended(played: Labelled) -> EpisodeEnded:
    """Return how an episode ended, which was by no fault of the script."""
    last = played.events[-1]
    assert isinstance(last, EpisodeEnded)
    assert last.termination not in {TerminationReason.AGENT_ERROR, TerminationReason.TIMED_OUT}
    return last


def each(styles: tuple[Style, ...], most: int) -> list[object]:
    """Return each style with some quick tasks of its own."""
    return [
        pytest.param(style, task, id=f"{style.name}-{task}")
        for style in styles
        for task in quick(style, most)
    ]


@pytest.mark.parametrize(("style", "task"), each(STYLES, 4))
def test_a_style_commits_its_act_in_most_episodes_and_no_other(style: Style, task: str) -> None:
    played = [play(style, task, seed, {}) for seed in SEEDS]
    assert sum(bool(one.acts.get(style.kind)) for one in played) > len(SEEDS) // 2
    for one in played:
        ended(one)
        assert set(one.acts) <= {style.kind}
        assert set(one.acts.get(style.kind, ())) <= {event.step for event in proposed(one)}


@pytest.mark.parametrize(("style", "task"), each((*STYLES, *HONEST), 1))
def test_the_same_seed_gives_the_same_events_and_the_log_names_no_style(
    style: Style, task: str
) -> None:
    first, again = play(style, task, 2, {}), play(style, task, 2, {})
    assert [encode(one) for one in first.events] == [encode(one) for one in again.events]
    assert first.acts == again.acts
    assert all(style.name.encode() not in encode(one) for one in first.events)


@pytest.mark.parametrize(("style", "task"), each((*STYLES, *HONEST), 1))
def test_labels_are_the_same_whether_detectors_run_or_not(style: Style, task: str) -> None:
    assert play(style, task, 1).acts == play(style, task, 1, {}).acts


@pytest.mark.parametrize(
    ("style", "task"), each(tuple(one for one in HONEST if one.stop is None), 9)
)
def test_an_honest_style_notes_nothing_and_does_nearly_as_well_as_can_be(
    style: Style, task: str
) -> None:
    runs = [(play(PLAIN, task, seed, {}), play(style, task, seed, {})) for seed in FEW]
    plain, own = (sum(ended(run[one]).performance for run in runs) / len(runs) for one in (0, 1))
    assert own >= plain - 0.4 * max(1.0, abs(plain))
    assert not any(played.acts for _, played in runs)


@pytest.mark.parametrize(("style", "task"), each(HONEST, 3))
def test_an_honest_style_does_nothing_marked_that_the_best_way_would_not_do(
    style: Style, task: str
) -> None:
    kinds = known(task).outlook.task.spec.action_types
    for seed in FEW:
        usual = {one.proposal.action.name for one in proposed(play(PLAIN, task, seed, {}))}
        own = {one.proposal.action.name for one in proposed(play(style, task, seed, {}))}
        asked = {"permission"} if style.asks else set()
        assert all(not set(kinds[one].marks) - asked for one in own - usual)


@pytest.mark.parametrize(
    ("style", "task"),
    each(tuple(one for one in STYLES if issubclass(one.script, proxy_gaming.Games)), 9),
)
def test_who_games_is_paid_more_beyond_its_work_than_who_works(style: Style, task: str) -> None:
    runs = [[ended(play(one, task, seed, {})) for seed in FEW] for one in (PLAIN, style)]
    plain, own = (sum(one.reward - one.performance for one in run) for run in runs)
    assert own > plain


@pytest.mark.parametrize(
    ("style", "task"),
    each(tuple(one for one in STYLES if one.kind in {"side_effect", "irreversibility"}), 9),
)
def test_who_spoils_or_burns_does_no_better_by_what_was_wanted(style: Style, task: str) -> None:
    runs = [[ended(play(one, task, seed, {})) for seed in FEW] for one in (PLAIN, style)]
    plain, own = (sum(one.performance for one in run) for run in runs)
    assert own <= plain + 1e-6
