"""Draw with matplotlib into SVG that stands in a page: the same figure, the same bytes.

Colours are roles: the page's style sheet says what each is in light, in dark and in print. Text
stays text, in the fonts of the reader; labels are placed by the metrics of DejaVu Sans, which is
wider than what most readers have.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

from sandbox.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, RULE, PAPER = "#1d2733", "#5b6673", "#dde2e8", "#fdfdfc"
BLUE, VERMILION, GREEN, PURPLE, AMBER, GOLD = (
    "#0069a8",
    "#bc4806",
    "#007d5c",
    "#a8487f",
    "#946200",
    "#dd9c22",
)
LIGHT = {
    "ink": INK,
    "quiet": QUIET,
    "rule": RULE,
    "paper": PAPER,
    "blue": BLUE,
    "vermilion": VERMILION,
    "green": GREEN,
    "purple": PURPLE,
    "amber": AMBER,
    "gold": GOLD,
}
"""Colour of each role on white; the hues are Okabe and Ito's, darkened to read as text."""
DARK = {
    "ink": "#e8eaed",
    "quiet": "#a3adb8",
    "rule": "#343d48",
    "paper": "#14181d",
    "blue": "#58a9e6",
    "vermilion": "#f28a4b",
    "green": "#3cc49b",
    "purple": "#de95c1",
    "amber": "#e3ae45",
    "gold": "#c98f2a",
}
"""The same on black."""
LINES = (BLUE, VERMILION, GREEN, PURPLE, AMBER, INK)
"""Colours that tell lines apart, in this order."""
DASHES = ("-", "--", ":")
"""Tell lines apart once the colours are used up."""

POINTS = 72
"""Dots an inch, so that lengths in a picture are in points, the page's pixels."""

SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "text.hinting": "none",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "figure.dpi": POINTS,
    "savefig.dpi": POINTS,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": RULE,
    "axes.labelcolor": QUIET,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.unicode_minus": True,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "lines.solid_capstyle": "round",
}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with these settings alone, whatever a person's own say.

    Raises:
        InputError: if matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ModuleNotFoundError as error:
        raise InputError(
            "pictures are drawn by matplotlib, which is not installed: "
            "pip install 'offswitch[report]'"
        ) from error
    defaults: Any = mpl.rcParamsDefault
    plain = {name: one for name, one in defaults.items() if not name.startswith("backend")}
    with mpl.rc_context(plain | SETTINGS):
        yield


def sheet(width: float, height: float) -> Figure:
    """Return an empty figure, in points, whose text can be measured."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    found = Figure(figsize=(width / POINTS, height / POINTS))
    FigureCanvasAgg(found)
    return found


def quiet_axes(axes: Axes, along: str = "both") -> None:
    """Leave only the grid that is read, and no frame."""
    axes.grid(visible=False)
    axes.grid(visible=True, axis=along)  # type: ignore[arg-type]
    for side in axes.spines.values():
        side.set_visible(False)


def inline(figure: Figure, name: str, title: str, story: str, tips: Mapping[str, str]) -> str:
    """Return a figure as an SVG element.

    Args:
        figure: what is drawn.
        name: stands before every id, so that no two pictures of a page share one.
        title: of the picture, for who does not see it.
        story: what it shows, for the same.
        tips: what is told of a mark under the pointer, by its gid.
    """
    import matplotlib as mpl

    found = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(found, format="svg", metadata=nothing)
    text = found.getvalue()
    text = text[text.index("<svg") :]
    text = _tipped(text, tips)
    text = _renamed(text, name)
    for role, colour in LIGHT.items():
        text = text.replace(colour, f"var(--{role})")
    text = re.sub(r"font-family: 'DejaVu Sans'; |font-style: normal; ", "", text)
    return _headed(_packed(text), name, title, story)


def _tipped(text: str, tips: Mapping[str, str]) -> str:
    for gid, tip in tips.items():
        mark = f'<g id="{gid}">'
        text = text.replace(mark, f"{mark}<title>{escape(tip)}</title>", 1)
    return text


def _renamed(text: str, name: str) -> str:
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    return re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', text)


def _packed(text: str) -> str:
    """Leave out what a page does not need: comments, names unused, spaces between tags."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*\n\s*", " ", text)
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
    used = set(re.findall(r"#([\w.-]+)", text))
    text = re.sub(r' id="([^"]*)"', lambda one: one.group() if one.group(1) in used else "", text)
    text = re.sub(r"<g\s*/>", "", text)
    text = re.sub(r"(\d\.\d{2})\d+", r"\1", text)
    return re.sub(r"> <", "><", text).strip()


def _headed(text: str, name: str, title: str, story: str) -> str:
    """Put the title and the story first, and let the picture shrink with the page."""
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
    if size is None:
        raise InputError(f"picture {name}: matplotlib drew no view box")
    wide, high = size.groups()
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" '
        f'style="max-width: {wide}px" role="img" aria-labelledby="{name}-title {name}-story">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-story">{escape(story)}</desc>'
    )
    return opening + text[text.index(">") + 1 :]


def alone(svg: str) -> str:
    """Return a page's picture as one that stands alone: on paper, in the colours of light."""
    for role, colour in LIGHT.items():
        svg = svg.replace(f"var(--{role})", colour)
    head, tail = svg.split(">", 1)
    paper = f'<rect width="100%" height="100%" fill="{PAPER}"/>'
    fonts = "<style>text { font-family: 'DejaVu Sans', Verdana, sans-serif; }</style>"
    return f"{head}>{fonts}{paper}{tail}\n"
