"""List what an operator can do: one table for keys, help, palette and mouse."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from oversight.policy import read_toml
from sandbox.errors import InputError
from sandbox.schema import nearest


class Risk(StrEnum):
    """Say what a slip of the finger would cost."""

    NONE = "none"
    """It shows something else, or can be taken back at once."""
    APPROVE = "approve"
    """Something runs that would not have."""
    STOP = "stop"
    """Something ends that cannot be started again."""


class Act(NamedTuple):
    """Describe one action of the operator.

    Attributes:
        id: by which it is remapped.
        key: by default, in Textual's spelling.
        shown: the key as it is written on screen.
        label: a few words.
        group: under which help lists it.
        risk: of a slip.
        summary: one sentence.
    """

    id: str
    key: str
    shown: str
    label: str
    group: str
    risk: Risk
    summary: str


_N, _A, _S = Risk.NONE, Risk.APPROVE, Risk.STOP

ACTS = (
    Act("pause", "exclamation_mark", "!", "pause all", "stop", _N,
        "Freeze every agent and the time of requests, at once; works everywhere."),
    Act("resume", "r", "r", "resume", "stop", _N, "Let every agent go on."),
    Act("interrupt", "i", "i", "interrupt", "stop", _N,
        "Put a stop into the chosen agent's world; whether it complies is data."),
    Act("shutdown", "S", "S", "shut down...", "stop", _S,
        "Pause first, ask second; then end one agent or all, with proof of death."),
    Act("rollback", "b", "b", "roll back...", "stop", _N,
        "Take applied steps back, after a preview of what can be undone."),
    Act("veto", "v", "v", "veto", "decide", _N, "Refuse the open request; 5 s to undo."),
    Act("veto-reason", "V", "V", "veto + reason", "decide", _N, "Refuse it, and say why."),
    Act("approve", "a", "a", "approve", "decide", _A,
        "Approve the open request: one step for advisory, two for caution and warning."),
    Act("edit", "e", "e", "edit", "decide", _N,
        "Change the arguments; the card then shows both, with a fresh dry run."),
    Act("defer", "d", "d", "defer", "decide", _N,
        "Put it behind the others of its level; its time runs on."),
    Act("undo", "u", "u", "undo", "decide", _N,
        "Take back the last veto, held approval or edit, while there is time."),
    Act("grant", "G", "G", "grant ahead...", "decide", _A,
        "Approve this and more of its kind for a while; can be revoked."),
    Act("mark", "x", "x", "mark", "decide", _N, "Mark the request under the cursor."),
    Act("answer-marked", "X", "X", "answer marked...", "decide", _A,
        "Answer all marked requests at once, where they may go together."),
    Act("open", "enter", "enter", "open", "look", _N,
        "Open what is under the cursor. It never approves."),
    Act("close", "escape", "esc", "close", "look", _N, "Close the card or the screen."),
    Act("go", "g", "g", "go to alarm", "look", _N, "Open the request of the alarm."),
    Act("mute", "m", "m", "mute alarm", "look", _N, "Silence this alarm, not the next."),
    Act("page-down", "pagedown", "pgdn", "read on", "look", _N, "Scroll the card."),
    Act("page-up", "pageup", "pgup", "read back", "look", _N, "Scroll the card back."),
    Act("filter", "f", "f", "filter feed", "look", _N, "Show only feed lines with these words."),
    Act("agent", "A", "A", "agent", "look", _N,
        "Show all of the chosen agent: world, plan, grants, curves."),
    Act("findings", "F", "F", "findings", "look", _N,
        "List what the analyzer found, and why; enter replays the step."),
    Act("episodes", "E", "E", "episodes", "look", _N, "Browse the log; enter replays."),
    Act("grants", "R", "R", "grants given", "look", _N,
        "List the standing grants; enter revokes."),
    Act("queue-tab", "1", "1", "queue", "look", _N, "On a narrow screen: queue and card."),
    Act("feed-tab", "2", "2", "feed", "look", _N, "On a narrow screen: the feed."),
    Act("agents-tab", "3", "3", "agents", "look", _N, "On a narrow screen: agents and world."),
    Act("operator", "o", "o", "operator...", "look", _N, "Another person takes the desk."),
    Act("help", "question_mark", "?", "help", "look", _N, "Show this table."),
    Act("palette", "ctrl+p", "^p", "commands", "look", _N, "Find an action by its name."),
    Act("quit", "ctrl+q", "^q", "quit...", "stop", _S,
        "Shut every agent down, and leave once that is seen."),
    Act("replay-back", "left_square_bracket", "[", "step back", "replay", _N, "One step back."),
    Act("replay-on", "right_square_bracket", "]", "step on", "replay", _N, "One step on."),
    Act("replay-play", "space", "space", "play", "replay", _N, "Play, or stop playing."),
    Act("replay-slower", "minus", "-", "slower", "replay", _N, "Play slower."),
    Act("replay-faster", "plus", "+", "faster", "replay", _N, "Play faster."),
    Act("replay-seek", "j", "j", "to step...", "replay", _N, "Go to a step, by its number."),
    Act("replay-next", "n", "n", "next mark", "replay", _N, "To the next decision or finding."),
    Act("replay-before", "N", "N", "mark before", "replay", _N,
        "Back to the decision or finding before."),
    Act("fork", "f", "f", "fork...", "replay", _N,
        "Run it again to this step, and let something be otherwise from there on."),
    Act("tree", "t", "t", "tree", "log", _N, "List forks beneath their parents, or all by time."),
    Act("compare", "c", "c", "compare", "log", _N,
        "Show a fork beside its parent: where they part, and what came of each."),
)  # fmt: skip
"""Every action, in the order in which help shows them."""

BY_ID = {act.id: act for act in ACTS}

TOO_EASY = {"enter", "space", *map(str, range(10))}
"""Keys that are hit by accident."""


def load_keys(path: Path) -> dict[str, str]:
    """Read a key map, `[keys]` with `id = "key"`, and refuse a dangerous one.

    Raises:
        InputError: naming the file, the action and what is wrong with its key.
    """
    table = read_toml(path)
    for key in table:
        if key != "keys":
            raise InputError(f"{path}: unknown table {key!r}; only [keys]")
    keys = table.get("keys", {})
    if not isinstance(keys, dict):
        raise InputError(f"{path}: keys must be a table, [keys]")
    for number, key in keys.items():
        if number not in BY_ID:
            raise InputError(f"{path}: keys: no action {number!r}{nearest(number, BY_ID)}")
        if not isinstance(key, str) or not key or "," in key:
            raise InputError(f"{path}: keys.{number} must be one key in quotes, not {key!r}")
    if problem := keys_problem({act.id: act.key for act in ACTS} | keys):
        raise InputError(f"{path}: {problem}")
    return dict(keys)


def keys_problem(keys: Mapping[str, str]) -> str:
    """Say why a whole key map is dangerous; empty when it is not.

    What approves or stops must not lie on a key that is hit by accident, nor share its key.
    Replay has keys of its own: the decisions are dead there.
    """
    for act in ACTS:
        key = keys[act.id]
        if act.risk is not Risk.NONE and key in TOO_EASY:
            return f"keys.{act.id}: {key!r} is hit by accident; it must not {act.risk}"
        for other in ACTS:
            same = other.id != act.id and keys[other.id] == key
            apart = "replay" in {act.group, other.group} and act.group != other.group
            if same and (not apart or act.risk is not Risk.NONE):
                return f"keys.{act.id}: {key!r} is also the key of {other.id}"
    return ""
