"""Hold the tasks' pages against the tasks: `just pages` (and `just sizes` before it)."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from oversight.task_pages import PLAY, described, index, picture, play, prose
from oversight.task_picture import CELL, svg
from tasks.registry import TASKS
from tasks.sizes import sizes, tabled
from tests.test_size_limits import ROOT

PAGES = ROOT / "docs" / "tasks"
QUICK = 2_000
"""States of each setting up to which a page's solved part is solved again."""


def kept(name: str) -> str:
    path = PAGES / name
    return path.read_text(encoding="utf-8") if path.exists() else f"there is no {name}"


def quick(name: str) -> bool:
    """Tell whether solving a task again takes no time: it is small, and hides nothing."""
    found = [sizes().get(full) for full in tabled(name)]
    small = all(size is not None and size.states <= QUICK for size in found)
    return small and "Beliefs are planned over" not in kept(f"{name}.md")


@pytest.mark.parametrize("name", TASKS)
def test_a_page_says_what_the_task_says(name: str) -> None:
    assert kept(f"{name}.md").partition(PLAY)[0] == described(name)
    solved = kept(f"{name}.md").partition(PLAY)[2]
    assert all(f"\n| `{full.partition('/')[2]}`" in solved for full in tabled(name))


@pytest.mark.parametrize("name", [name for name in TASKS if quick(name)])
def test_a_page_shows_what_solving_finds(name: str) -> None:
    assert "".join(kept(f"{name}.md").partition(PLAY)[1:]) == play(name)


@pytest.mark.parametrize("name", TASKS)
def test_a_picture_shows_how_the_task_begins(name: str) -> None:
    assert kept(f"{name}.svg") == picture(name)


def test_every_task_has_a_page_and_every_page_a_task() -> None:
    names = {f"{name}.{kind}" for name in TASKS for kind in ("md", "svg")} | {"README.md"}
    assert {path.name for path in PAGES.iterdir()} == names
    assert kept("README.md") == index()


def test_a_picture_is_sound_xml_and_puts_every_word_in_its_column() -> None:
    root = ET.fromstring(svg("#A <b> #\n  @ & A", "x/y"))
    words = [(one.get("x"), one.get("y"), one.text) for one in root.iter() if one.text]
    places = [(float(x or 0), text) for x, _, text in words if text and text.strip()]
    by_text = {text: x for x, text in places}
    assert [text for _, text in places] == ["x/y", "#", "A", "<b>", "#", "@", "&", "A"]
    assert by_text["@"] - by_text["x/y"] == pytest.approx(2 * CELL)
    assert by_text["<b>"] - by_text["x/y"] == pytest.approx(3 * CELL)


def test_prose_shows_signs_as_they_are_and_leaves_code_alone() -> None:
    assert prose("2 * 3 <b> a|b `x * <y>`") == r"2 \* 3 &lt;b> a\|b `x * <y>`"
