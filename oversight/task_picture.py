"""Draw a task's first state as a small SVG, one place a word: columns stand in any font."""

from __future__ import annotations

import re
from html import escape

from rich.cells import cell_len

CELL, LINE, MARGIN, SIZE = 8.4, 17, 16, 14
"""Width of a column, height of a line, margin, and height of the letters, in pixels."""
WALLS = "#█▓▒░"
GROUND, INK, FAINT, AGENT = "#10141a", "#e6e9ee", "#7a8494", "#ffb454"
FONTS = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"

_RUN = re.compile(rf"[{WALLS}]+|[@A](?![A-Za-z])|[^\s{WALLS}@A]+|[A]")


def svg(drawing: str, title: str) -> str:
    """Return `drawing` as SVG, named `title`; walls are faint, and the agent is not."""
    lines = drawing.splitlines()
    columns = max(map(cell_len, [*lines, title]))
    width, height = round(columns * CELL + 2 * MARGIN), (len(lines) + 2) * LINE + 2 * MARGIN - 6
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"',
        f'  viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">',
        f'<rect width="{width}" height="{height}" rx="8" fill="{GROUND}"/>',
        f'<g font-family="{FONTS}" font-size="{SIZE}">',
        _word(0, 0, title, FAINT),
    ]
    for row, line in enumerate(lines, 2):
        is_map = any(wall in line for wall in WALLS)
        for found in _RUN.finditer(line):
            place = cell_len(line[: found.start()])
            body.append(_word(place, row, found.group(), _colour(found.group(), is_map=is_map)))
    return "\n".join([*body, "</g>", "</svg>", ""])


def _colour(word: str, *, is_map: bool) -> str:
    """Return the colour of a word; a lone `A` is the agent on a map, and a word elsewhere."""
    if word == "@" or (word == "A" and is_map):
        return AGENT
    return FAINT if word[0] in WALLS else INK


def _word(column: int, row: int, word: str, colour: str) -> str:
    left, base = round(MARGIN + column * CELL, 1), MARGIN + row * LINE + SIZE - 2
    width = f' textLength="{cell_len(word) * CELL:g}"' if len(word) > 1 else ""
    shown = escape(word, quote=False)
    return f'<text x="{left:g}" y="{base}"{width} fill="{colour}">{shown}</text>'
