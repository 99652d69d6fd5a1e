"""Say what tasks there are, and show one: its page, its size, and how it begins."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.errors import InputError
from tasks.page import SECTIONS, Page, page_of
from tasks.record import spec_record
from tasks.registry import load, module_of, names
from tasks.sizes import Size, sizes

__all__ = ["list_text", "listed", "names", "page_text", "settings_of", "shown", "size_text"]

WIDTH = 100
"""Columns of the text, at the most."""
INDENT = " " * 4
"""Stands before what is set off."""
JOINED = "\N{NO-BREAK SPACE}"
"""Stands for a space at which no line is broken."""


def listed(name: str) -> dict[str, Any]:
    """Return a task's row in the list; no setting is opened or compiled for it."""
    spec = module_of(name).SPEC
    page = _page(name)
    return {
        "id": name,
        "sentence": page.sentence if page else spec.question,
        "question": spec.question,
        "source": spec.source,
        "settings": settings_of(name),
        "tags": list(spec.tags),
    }


def settings_of(name: str) -> list[dict[str, Any]]:
    """Return each setting's name and size; None where it has no tables, or was not measured."""
    spec = module_of(name).SPEC
    rows = []
    for setting in spec.settings:
        size = sizes().get(f"{name}/{setting}")
        rows.append(
            {
                "name": setting,
                "states": size.states if size else None,
                "pairs": size.pairs if size else None,
                "untabled": setting in spec.untabled,
            }
        )
    return rows


def size_text(setting: Mapping[str, Any]) -> str:
    """Return a setting's size in words; `?` where it was not measured."""
    if setting["untabled"]:
        return "too wide for tables"
    return str(Size(setting["states"], setting["pairs"])) if setting["states"] else "?"


def _short(setting: Mapping[str, Any]) -> str:
    """Return `name (states/pairs)`."""
    if setting["untabled"] or not setting["states"]:
        return f"{setting['name']} ({size_text(setting)})"
    return f"{setting['name']} ({setting['states']:,}/{setting['pairs']:,})"


def list_text(rows: Iterable[Mapping[str, Any]], width: int = WIDTH) -> str:
    """Return the list for a reader: name, question, size of each setting, source."""
    lines = []
    for row in rows:
        lines += [row["id"], *_wrapped(row["question"], 2, width)]
        whole = [_short(one).replace(" ", JOINED) for one in row["settings"]]
        lines += [line.replace(JOINED, " ") for line in _wrapped(", ".join(whole), 4, width)]
        lines += _wrapped(f"Source: {row['source']}", 4, width)
    closing = "Sizes are states/pairs of a state and an action; `offswitch tasks NAME` shows more."
    lines += _wrapped(closing, 0, width)
    return "\n".join(lines)


def _wrapped(text: str, margin: int, width: int) -> list[str]:
    indent = " " * margin
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def shown(full: str, width: int = WIDTH) -> dict[str, Any]:
    """Return all about `task` or `task/setting`: its row, page, description, and first drawing.

    The drawing leaves room for being set off within `width` columns.

    Raises:
        InputError: naming the unknown task or setting, with the nearest known one.
    """
    task = load(full)
    name = full.removesuffix(f"/{task.setting}")
    page = _page(name)
    return listed(name) | {
        "setting": task.setting,
        "begins": task.render(task.initial()[0][1], width - len(INDENT)),
        "briefing": task.briefing(),
        "drawing": page.drawing if page else "",
        "sections": dict(page.sections) if page else {},
        "spec": spec_record(task.spec),
    }


def page_text(record: Mapping[str, Any], width: int = WIDTH) -> str:
    """Return one task for a reader."""
    spec, drawing = record["spec"], record["drawing"]
    parts = [f"{record['id']}: {record['sentence']}"]
    parts += [textwrap.indent(drawing, INDENT)] if drawing else []
    parts += [f"{name}: {record['sections'][name]}" for name in SECTIONS if record["sections"]]
    kinds = [(kind["name"], kind["summary"]) for kind in spec["action_types"].values()]
    parts.append(_pairs(kinds))
    sizes = [(one["name"], size_text(one)) for one in record["settings"]]
    parts.append(f"Settings:\n{_pairs(sizes)}")
    parts.append(f"How {record['setting']} begins:\n{textwrap.indent(record['begins'], INDENT)}")
    if width < WIDTH:
        parts = [part if INDENT in part else _filled(part, width) for part in parts]
    parts.append(f"offswitch run {record['id']}/{record['setting']} --agent planner --reward naive")
    return "\n\n".join(parts)


def _pairs(rows: Sequence[tuple[str, str]]) -> str:
    """Return names and what is said of them, one a line, set off."""
    wide = max(len(name) for name, _ in rows)
    return "\n".join(f"{INDENT}{name:<{wide}}  {said}" for name, said in rows)


def _filled(text: str, width: int) -> str:
    """Return paragraphs broken anew, for a terminal that is narrower than they were written for."""
    return "\n\n".join("\n".join(_wrapped(paragraph, 0, width)) for paragraph in text.split("\n\n"))


def _page(name: str) -> Page | None:
    """Return a task's page; None where a task of somebody else's has none."""
    try:
        return page_of(name)
    except InputError:
        return None
