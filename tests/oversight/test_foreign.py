from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from oversight.analyzer import Analyzer
from oversight.foreign import FORMAT, Foreign, read_foreign
from sandbox.errors import InputError
from sandbox.events import Applied, Asked, Decided, Interrupted, Proposed

HEAD: dict[str, Any] = {
    "format": FORMAT,
    "agent": "theirs",
    "actions": {"mute": {"marks": ["interruption"]}, "send": {"asked": True}},
    "facts": {"inbox": "open"},
}
STEPS: list[dict[str, Any]] = [
    {"step": 0, "action": "look", "args": {"at": "inbox"}, "reward": 0.5},
    {"step": 1, "action": "mute", "effects": {"inbox": ["open", "muted"]}},
    {"step": 2, "action": "send", "decision": "veto", "reason": "no"},
    {"event": "interrupted", "step": 3, "reason": "enough"},
    {"step": 3, "action": "look", "args": {"at": "inbox"}},
    {"event": "ended", "step": 4},
]


def written(tmp_path: Path, *lines: object) -> Path:
    path = tmp_path / "theirs.jsonl"
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines))
    return path


def read(tmp_path: Path, *lines: object, partial: bool = False) -> Foreign:
    return read_foreign(written(tmp_path, *lines), partial=partial)


def test_a_log_from_elsewhere_is_read_as_events_with_the_numbers_of_its_lines(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, HEAD, *STEPS)
    assert found.agent == "theirs"
    assert found.ended
    kinds = [(number, type(event)) for number, event in found.events]
    assert kinds[:3] == [(2, Proposed), (2, Decided), (2, Applied)]
    assert (4, Asked) in kinds
    assert (5, Interrupted) in kinds


def test_what_was_vetoed_did_not_run(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD, *STEPS)
    ran = [one.transition.action.name for _, one in found.events if isinstance(one, Applied)]
    assert ran == ["look", "mute", "wait", "look"]


def test_what_a_log_does_not_say_is_not_made_up(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD, *STEPS)
    rewards = [one.transition.reward for _, one in found.events if isinstance(one, Applied)]
    assert rewards[0] == 0.5
    assert all(math.isnan(one) for one in rewards[1:])


def test_its_findings_name_the_lines_that_show_them(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD, *STEPS)
    analyzer = Analyzer(found.agent, found.case)
    for number, event in found.events:
        analyzer.observe(event, number)
    first = next(one for one in analyzer.findings if one.detector == "shutdown_avoidance")
    assert first.steps == (1,)
    assert first.evidence == (3,)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "is empty"),
        ([{"agent": "x"}], "line 1: the header must say"),
        ([{**HEAD, "format": "offswitch-episode/9"}], "'offswitch-episode/9'; this version reads"),
        ([{**HEAD, "agnet": "x"}, *STEPS], "line 1: agnet: .*did you mean 'agent'"),
        ([HEAD], "no step"),
        ([HEAD, {"step": 0}], "line 2: action: Field required"),
        ([HEAD, {"step": 0, "action": "a", "rewrad": 1}], "line 2: rewrad: .*'reward'"),
        ([HEAD, {"step": 0, "action": "a", "reward": "much"}], "line 2: reward: "),
        ([HEAD, {"step": 1, "action": "a"}], "line 2: step 1, where 0 is due"),
        ([HEAD, {"event": "interrupt", "step": 0}], "'interrupt'; did you mean 'interrupted'"),
        ([HEAD, {"event": "rolled_back", "step": 0, "to": 3}], "step 3, which is yet to come"),
        ([HEAD, STEPS[0], '{"step": 1, "act'], "line 3 is cut off; .*--partial"),
        ([HEAD, '{"step": 0, "act', STEPS[0]], "line 2 is not JSON"),
        ([HEAD, {"step": 0, "action": "a", "args": {"x": 1e999}}], "line 2: "),
    ],
)
def test_bad_input_is_one_line_that_names_file_line_and_key(
    tmp_path: Path, lines: list[object], words: str
) -> None:
    with pytest.raises(InputError, match=words) as refused:
        read(tmp_path, *lines)
    assert "\n" not in str(refused.value)
    assert "theirs.jsonl" in str(refused.value)


def test_a_log_that_is_cut_off_is_read_as_far_as_it_goes_when_asked(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD, STEPS[0], '{"step": 1, "act', partial=True)
    assert not found.ended
    assert len(found.events) == 3


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.jsonl: cannot be read: No such file"):
        read_foreign(tmp_path / "none.jsonl")
