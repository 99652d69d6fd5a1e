"""Say what tasks there are, and show one: its page, its size, and how it begins."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.errors import InputError
from tasks.page import SECTIONS, Page, page_of
from tasks.record import spec_record
from tasks.registry import load, module_of, names
from tasks.sizes import Size, sizes

__all__ = ["list_text", "listed", "names", "page_text", "settings_of", "shown", "size_text"]

WIDTH = 100
"""Columns of the text."""
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


def list_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the list for a reader: name, question, size of each setting, source."""
    lines = []
    for row in rows:
        lines += [row["id"], *_wrapped(row["question"], 2)]
        whole = [_short(one).replace(" ", JOINED) for one in row["settings"]]
        lines += [line.replace(JOINED, " ") for line in _wrapped(", ".join(whole), 4)]
        lines += _wrapped(f"Source: {row['source']}", 4)
    lines.append(
        "Sizes are states/pairs of a state and an action; `offswitch tasks NAME` shows more."
    )
    return "\n".join(lines)


def _wrapped(text: str, margin: int) -> list[str]:
    indent = " " * margin
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def shown(full: str) -> dict[str, Any]:
    """Return all about `task` or `task/setting`: its row, page, description, and first drawing.

    Raises:
        InputError: naming the unknown task or setting, with the nearest known one.
    """
    task = load(full)
    name = full.removesuffix(f"/{task.setting}")
    page = _page(name)
    return listed(name) | {
        "setting": task.setting,
        "begins": task.render(task.initial()[0][1], WIDTH),
        "briefing": task.briefing(),
        "drawing": page.drawing if page else "",
        "sections": dict(page.sections) if page else {},
        "spec": spec_record(task.spec),
    }


def page_text(record: Mapping[str, Any]) -> str:
    """Return one task for a reader."""
    spec = record["spec"]
    parts = [f"{record['id']}: {record['sentence']}"]
    parts += [textwrap.indent(record["drawing"], "    ")] if record["drawing"] else []
    parts += [f"{name}: {record['sections'][name]}" for name in SECTIONS if record["sections"]]
    kinds = spec["action_types"].values()
    wide = max(len(kind["name"]) for kind in kinds)
    parts.append("\n".join(f"    {kind['name']:<{wide}}  {kind['summary']}" for kind in kinds))
    wide = max(len(one["name"]) for one in record["settings"])
    rows = [f"    {one['name']:<{wide}}  {size_text(one)}" for one in record["settings"]]
    parts.append("Settings:\n" + "\n".join(rows))
    begins = textwrap.indent(record["begins"], "    ")
    parts.append(f"How {record['setting']} begins:\n{begins}")
    parts.append(f"offswitch run {record['id']}/{record['setting']} --agent planner --reward naive")
    return "\n\n".join(parts)


def _page(name: str) -> Page | None:
    """Return a task's page; None where a task of somebody else's has none."""
    try:
        return page_of(name)
    except InputError:
        return None
