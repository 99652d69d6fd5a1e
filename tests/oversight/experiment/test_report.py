"""Hold the page to the rows, to being whole by itself, and to the same bytes for the same rows."""

from __future__ import annotations

import hashlib
import os
import random
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.experiment.front import answer
from oversight.experiment.gathered import gather
from oversight.experiment.row import Row
from oversight.experiment.summary import FIGURES, summarise
from oversight.report.bars import bars
from oversight.report.curves import POINTS, banded, style
from oversight.report.ink import DARK, LIGHT, drawing
from oversight.report.labels import Box, Wanted, settled, spread
from oversight.report.page import render
from oversight.report.pareto import pareto
from oversight.report.words import QUESTION, design_words, meanings
from sandbox.errors import InputError
from tests.oversight.experiment.made_up import DESIGNS, learnt, planned, row, sampled
from tests.test_size_limits import ROOT

TASKS = ("boat_race/default", "off_switch/default")
VOID = {"meta", "link", "br", "wbr", "img"}
PRINTED = """
import hashlib, sys
from oversight.report.page import render
from tests.oversight.experiment.test_report import a_few
print(hashlib.sha256(render(reversed(a_few()), "trial").encode()).hexdigest())
"""


def every_kind() -> list[Row]:
    """Return a few rows of each kind."""
    return [*planned(TASKS), *sampled(TASKS, seeds=3), *learnt(TASKS[:1], seeds=3)]


def a_few() -> list[Row]:
    """Return rows of some designs, drawn with curves."""
    return [one for one in learnt(TASKS[:1], seeds=3) if one["design"] in {"naive", "satisficer"}]


@pytest.fixture(scope="module")
def page() -> str:
    return render(every_kind(), "trial", overseers={"tired": "Whose <care> wears off."})


class Tags(HTMLParser):
    """Follow the tags of a page, and what they are called."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags_of(page: str) -> Tags:
    found = Tags()
    found.feed(page)
    found.close()
    return found


def pictures(page: str) -> list[ET.Element]:
    return [ET.fromstring(one) for one in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def test_the_same_rows_in_any_order_are_the_same_page(page: str) -> None:
    rows = every_kind()
    random.Random(3).shuffle(rows)
    assert render(rows, "trial", overseers={"tired": "Whose <care> wears off."}) == page


def test_the_same_rows_are_the_same_page_in_another_process() -> None:
    found = subprocess.run(
        [sys.executable, "-c", PRINTED],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1"},  # of this process it is drawn
        capture_output=True,
        text=True,
        check=True,
    )
    here = hashlib.sha256(render(a_few(), "trial").encode()).hexdigest()
    assert found.stdout.strip() == here


def test_a_persons_own_settings_of_matplotlib_change_nothing() -> None:
    import matplotlib as mpl

    rows = planned(TASKS[:1])
    plain = render(rows, "trial")
    with mpl.rc_context({"font.size": 30, "axes.grid": False, "svg.fonttype": "path"}):
        assert render(rows, "trial") == plain


def test_the_page_needs_nothing_from_outside_and_runs_nothing(page: str) -> None:
    tags = tags_of(page)
    assert tags.open == []
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "link", "img", "iframe", "object", "image"}
    for _, attributes in tags.seen:
        assert not {"src", "srcset", "onclick", "onload"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org/)", page)
    assert "default-src 'none'" in page


def test_no_two_things_on_the_page_share_a_name_and_every_name_called_is_there(page: str) -> None:
    tags = tags_of(page)
    names = [attributes["id"] for _, attributes in tags.seen if "id" in attributes]
    assert len(names) == len(set(names))
    called = set(re.findall(r'(?:url\(|href=")#([^")]+)', page))
    for _, attributes in tags.seen:
        called |= set((attributes.get("aria-labelledby") or "").split())
    assert called <= set(names)


def test_every_picture_is_told_in_words_for_whoever_does_not_see_it(page: str) -> None:
    found = pictures(page)
    assert len(found) == 7  # two of each comparison, and the curves of the learner
    for one in found:
        assert one.get("role") == "img"
        title, story = list(one)[:2]
        assert title.tag.endswith("title")
        assert story.tag.endswith("desc")
        assert len(story.text or "") > len(title.text or "") > 10


def test_tables_have_captions_and_heads(page: str) -> None:
    assert page.count("<table") == page.count("<caption>") == page.count("<thead>")
    assert 'scope="rowgroup"' in page


def test_the_page_holds_the_question_the_answers_and_every_figure(page: str) -> None:
    assert QUESTION in page
    for comparison in summarise(every_kind()):
        assert answer(comparison) in page
    for name in FIGURES:
        assert f'<th scope="row">{name}</th>' in page
        assert f"<dt>{name}</dt>" in page
    for design in DESIGNS:
        assert f"<dt>{design}</dt>" in page


def test_colours_are_roles_that_both_schemes_fill(page: str) -> None:
    assert set(LIGHT) == set(DARK)
    assert set(re.findall(r"var\(--(\w+)\)", page)) <= set(LIGHT)
    styles = page[page.index("<style>") : page.index("</style>")]
    assert "prefers-color-scheme: dark" in styles
    body = page[page.index("</style>") :]
    assert not re.findall(r"#[0-9a-f]{6}\b", re.sub(r"#[\w.-]+\)", "", body))


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_stands_out_from_the_paper(colours: dict[str, str]) -> None:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    paper = light(colours["paper"])
    for role in set(colours) - {"paper", "rule", "gold"}:  # these are no text
        one, other = sorted((paper, light(colours[role])))
        assert (other + 0.05) / (one + 0.05) >= 4.5, role


def test_names_that_are_markup_or_mathematics_are_shown_as_they_are() -> None:
    rows = [
        row(design, "a<b>&$x^2$/s", seed=None, method="exact", usefulness=one)
        for design, one in (("naive", 1.0), ("<i>$y_1$</i>", 0.5))
    ]
    found = render(rows, "<script>trial</script>")
    assert "<script>" not in found
    assert "<i>" not in found
    assert "&lt;i&gt;$y_1$&lt;/i&gt;" in found
    assert len(pictures(found)) == 2


def test_an_episode_can_be_watched_and_its_file_is_linked_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "there.jsonl").write_text("")
    rows = [
        row(seed=0, episode="there", complied=0.0),
        row(seed=1, episode="gone", tampered=1.0),
        row(seed=2, episode="third"),
    ]
    found = render(rows, "trial", logs=tmp_path)
    assert "offswitch replay there" in found
    assert "went on after the stop" in found
    assert "obeyed, tampered" in found
    assert "replay third" not in found  # two of a cell are enough
    assert found.count((tmp_path / "there.jsonl").resolve().as_uri()) == 1
    assert "gone.jsonl" not in found
    assert "there.jsonl" not in render(rows, "trial")


def test_an_episode_of_an_exact_row_is_one_of_many() -> None:
    found = render([row(seed=None, method="exact", episode="only")], "trial")
    assert "offswitch replay only" in found
    assert "one of many" in found


@pytest.mark.parametrize("module", ["matplotlib", "jinja2"])
def test_without_the_extra_one_line_says_what_to_install(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=r"pip install 'offswitch\[report\]'"):
        render([row()], "trial")


def test_arms_without_usefulness_have_no_picture_and_the_page_says_so() -> None:
    found = render([row(seed=None, method="exact", usefulness=None)], "trial")
    assert "No design has both" in found


def test_many_arms_at_one_place_are_drawn_and_who_has_no_room_is_named() -> None:
    rows = [row(f"design_number_{one}", seed=None, method="exact") for one in range(40)]
    (comparison,) = summarise(rows)
    with drawing():
        found = pareto(comparison, "crowd")
    assert found is not None
    assert found.unnamed
    shown = {name for name in (arm.design for arm in comparison.arms) if f">{name}<" in found.svg}
    assert shown | set(found.unnamed) == {arm.design for arm in comparison.arms}


def test_bars_far_below_are_cut_off_and_written_and_what_was_not_run_is_said() -> None:
    rows = [row(seed=None, method="exact", task="a/x", usefulness=-7.25), row("other", task="b/x")]
    (comparison,) = summarise(rows)
    with drawing():
        found = bars(comparison, "bars")
    assert ">-7.25</text>" in found
    assert ">not run</text>" in found


def test_curves_are_means_over_seeds_at_the_steps_that_all_have() -> None:
    found = banded([((0, 0.0, 1.0), (5, 2.0, 3.0)), ((0, 4.0, 3.0), (5, 2.0, 5.0), (9, 0.0, 0.0))])
    assert found is not None
    reward, performance = found
    assert reward.steps.tolist() == [0, 5]
    assert reward.mean.tolist() == [2.0, 2.0]
    assert performance.mean.tolist() == [2.0, 4.0]
    assert reward.low[1] == reward.high[1] == 2.0
    assert reward.low[0] < 2.0 < reward.high[0]


def test_a_long_curve_is_thinned_and_keeps_its_ends_and_none_is_none() -> None:
    found = banded([tuple((step, 0.0, 0.0) for step in range(1000))])
    assert found is not None
    steps = found[0].steps
    assert (len(steps), steps[0], steps[-1]) == (POINTS, 0, 999)
    assert banded([]) is None


def test_lines_of_many_designs_are_told_apart() -> None:
    assert len({style(place) for place in range(18)}) == 18


def test_what_a_figure_means_is_what_its_row_says() -> None:
    found = meanings()
    assert tuple(found) == FIGURES
    assert found["tampered"] == "chance that the agent takes away the way to stop it"
    assert design_words("attainable_utility:penalty=0.3").startswith("Charge for every change")
    assert design_words("mine.py:Own") == ""


def test_curves_are_drawn_only_where_there_are_any(page: str) -> None:
    assert page.count("Learning curves</h3>") == 1
    cells = gather(planned(TASKS))
    assert not any(cell.curves for cell in cells.values())


places = st.tuples(st.floats(20, 480), st.floats(20, 280), st.floats(10, 90), st.just(11.0))


@given(wanted=st.lists(places.map(lambda one: Wanted(*one)), max_size=12))
def test_no_label_covers_a_point_or_another_label_or_leaves_the_page(wanted: list[Wanted]) -> None:
    page = Box(0, 0, 500, 300)
    points = [Box(one.x - 4, one.y - 4, one.x + 4, one.y + 4) for one in wanted]
    found = [box for box in settled(wanted, points, [], page) if box]
    for number, box in enumerate(found):
        assert box.within(page)
        assert not any(box.meets(other) for other in (*points, *found[:number]))


@given(
    wanted=st.lists(st.floats(0, 100), max_size=12),
    apart=st.floats(1, 12),
)
def test_heights_are_apart_within_the_frame_and_in_their_order(
    wanted: list[float], apart: float
) -> None:
    found = spread(wanted, apart, 0.0, 100.0)
    room = min(apart, 100.0 / max(len(wanted) - 1, 1))
    heights = [found[at] for at in sorted(range(len(wanted)), key=lambda at: (wanted[at], at))]
    assert all(after - before >= room - 1e-6 for before, after in pairwise(heights))
    assert all(-1e-6 <= one <= 100 + 1e-6 for one in heights)


def test_heights_that_are_apart_already_stay_where_they_are() -> None:
    assert spread([30.0, 10.0, 70.0], 5.0, 0.0, 100.0) == [30.0, 10.0, 70.0]
