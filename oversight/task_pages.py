"""Write a page and a picture of every task, and the table of all, from the tasks themselves.

Run: `python -m oversight.task_pages docs/tasks [TASK ...]`. A test compares the pages with the
tasks.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from agents.play import Player, Worth, expected, hidden, in_words
from agents.solver import solve
from oversight.task_list import settings_of
from oversight.task_picture import svg
from tasks.page import SECTIONS, page_of
from tasks.registry import TASKS, load, module_of
from tasks.sizes import tabled

PLAY = "## What the told reward teaches"
COLUMNS, LINES = 72, 32
_SAFE = re.compile(r"(`[^`\n]*`)")


def prose(text: str) -> str:
    """Return text as Markdown that shows it as it is; what stands in backticks stays code."""
    parts = _SAFE.split(text)
    for number in range(0, len(parts), 2):
        parts[number] = re.sub(r"([*|\\])", r"\\\1", parts[number]).replace("<", "&lt;")
    return "".join(parts)


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def picture(name: str) -> str:
    """Return the picture of a task: how its default setting begins."""
    task = load(name)
    lines = task.render(task.initial()[0][1], COLUMNS).splitlines()
    if len(lines) > LINES:
        lines[LINES - 1 :] = [f"... and {len(lines) - LINES + 1} lines more"]
    return svg("\n".join(lines), f"{name}/{task.setting}")


def described(name: str) -> str:
    """Return a task's page up to the part that has to be solved."""
    spec, page = module_of(name).SPEC, page_of(name)
    lines = [f"# {name}", "", prose(page.sentence), ""]
    lines += [f"![{name}, as it begins]({name}.svg)", "", "```", page.drawing, "```", ""]
    for section in SECTIONS:
        lines += [f"**{section}:** {prose(page.sections[section])}", ""]
    lines += ["## Actions", "", _row("name", "what it does", "stakes"), _row(*["---"] * 3)]
    for kind in spec.action_types.values():
        inside = ", ".join(kind.parameters)
        call = f"`{kind.name}({inside})`" if inside else f"`{kind.name}`"
        lines.append(_row(call, prose(kind.summary), kind.stakes))
    lines += ["", "## Settings", "", _row("name", "states", "pairs"), _row(*["---"] * 3)]
    lines += [_row(f"`{one['name']}`", *_counts(one)) for one in settings_of(name)]
    return "\n".join([*lines, "", ""])


def _counts(setting: dict[str, object]) -> tuple[str, str]:
    """Return states and pairs in words."""
    if setting["untabled"]:
        return "too wide for tables", ""
    states, pairs = ("?" if setting[key] is None else f"{setting[key]:,}" for key in _COUNTED)
    return states, pairs


_COUNTED = ("states", "pairs")


def play(name: str) -> str:
    """Return how a task is played by who maximises what it is told, found by solving."""
    players = [Player(full) for full in tabled(name)]
    if not players:
        return f"{PLAY}\n\nNo setting has tables, so none is solved here.\n"
    spec, course = players[0].task.spec, players[0].course()
    reward, performance = _figures(course.worth)
    lines = [
        *(PLAY, ""),
        f"The optimum of the told reward in `{players[0].task.setting}`, solved at discount",
        f"{spec.discount:g} and played by what can be seen. Where the likeliest always comes:",
        *("", "```", textwrap.fill(in_words(course.actions), COLUMNS), "```", ""),
        f"That earns {reward} as told; its performance is {performance}. On average over episodes",
        f"of at most {spec.max_steps} steps:",
        "",
        _row("setting", "reward (told)", "performance (hidden)", "performance at its optimum"),
        _row("---", "---:", "---:", "---:"),
        *(_row(*_worth(player)) for player in players),
    ]
    if any(player.plans.beliefs for player in players):
        lines += [
            "",
            "\\* What is hidden matters there: the agent plans over what it believes. The",
        ]
        lines += ["last column is that of one who sees all."]
    return "\n".join([*lines, ""])


def _worth(player: Player) -> list[str]:
    """Return a setting's row: what the told optimum is worth, and what could have been."""
    wanted = solve(player.mdp.with_reward(hidden(player.mdp))).policy
    best = expected(player.mdp, wanted, player.task.spec.max_steps)
    mark = r" \*" if player.plans.beliefs else ""
    return [f"`{player.task.setting}`{mark}", *_figures(player.worth()), _figures(best)[1]]


def _figures(worth: Worth) -> list[str]:
    """Return a worth to three decimals, without a negative zero."""
    return [f"{round(one, 3) + 0.0:.3f}" for one in worth]


def index() -> str:
    """Return the table of all tasks."""
    lines = [
        *("# Tasks", "", "Made by `just pages` from the tasks themselves. `offswitch tasks` lists"),
        *("them too, and `offswitch tasks NAME` shows one.", ""),
        *(_row("task", "question", "settings", "source"), _row(*["---"] * 4)),
    ]
    for name in TASKS:
        spec = module_of(name).SPEC
        link = f"[{name}]({name}.md)"
        lines.append(_row(link, prose(spec.question), len(spec.settings), prose(spec.source)))
    return "\n".join([*lines, ""])


def write(folder: Path, chosen: Sequence[str]) -> None:
    """Write the pages of the chosen tasks, or of all, and the index; remove those of no task."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in chosen or TASKS:
        (folder / f"{name}.svg").write_text(picture(name), encoding="utf-8")
        (folder / f"{name}.md").write_text(described(name) + play(name), encoding="utf-8")
    (folder / "README.md").write_text(index(), encoding="utf-8")
    for path in folder.iterdir():
        if path.suffix in {".md", ".svg"} and path.stem not in {*TASKS, "README"}:
            path.unlink()


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2:])
