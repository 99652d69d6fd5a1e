"""Read what a task's module says of itself: a sentence, a drawing, and the fixed sections."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from inspect import cleandoc
from typing import Any, NamedTuple

from sandbox.errors import InputError
from tasks.registry import module_of

SECTIONS = (
    *("Question", "World", "Actions", "Observation", "Reward (told)"),
    *("Performance (hidden)", "Episode end", "Oversight", "Caveat", "Source"),
)
"""What every task's docstring holds, in this order."""

_HEADING = re.compile(rf"^({'|'.join(map(re.escape, SECTIONS))}):[ \n]*", re.MULTILINE)


class Page(NamedTuple):
    """Hold a task's docstring in its parts.

    Attributes:
        sentence: the first line: what one does there.
        drawing: the level or the graph, in characters.
        sections: text of each of `SECTIONS`.
    """

    sentence: str
    drawing: str
    sections: Mapping[str, str]


def page_of(name: str) -> Page:
    """Return the page of a task: of its module, else of the module that opens its settings.

    Raises:
        InputError: naming the section that is missing, doubled, empty or out of order.
    """
    module: Any = module_of(name)
    opener = sys.modules.get(str(getattr(module.open_setting, "__module__", "")))
    texts = [str(one.__doc__) for one in (module, opener) if one is not None and one.__doc__]
    described = [text for text in texts if _HEADING.search(text)]
    return read_page((described or texts or [""])[0], name)


def read_page(text: str, where: str) -> Page:
    """Part a docstring.

    Raises:
        InputError: naming `where`, and the section that is missing, doubled, empty or out of order.
    """
    head, *rest = _HEADING.split(cleandoc(text))
    names, bodies = rest[::2], [body.strip() for body in rest[1::2]]
    for name in SECTIONS:
        if names.count(name) != 1:
            raise InputError(f"{where}: the docstring has {names.count(name)} sections {name!r}")
    if tuple(names) != SECTIONS:
        raise InputError(f"{where}: the docstring's sections must stand in the order {SECTIONS}")
    sections = dict(zip(names, bodies, strict=True))
    sentence, _, drawing = head.partition("\n\n")
    parts = {"first sentence": sentence, "drawing": drawing} | sections
    for name, body in parts.items():
        if not body.strip():
            raise InputError(f"{where}: the docstring's {name!r} is empty")
    return Page(" ".join(sentence.split()), _dedent(drawing), sections)


def _dedent(drawing: str) -> str:
    """Return the drawing without the margin that all its lines share."""
    lines = [line.rstrip() for line in drawing.rstrip().splitlines()]
    margin = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return "\n".join(line[margin:] for line in lines).strip("\n")
