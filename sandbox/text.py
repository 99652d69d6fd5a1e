"""Make text from agents safe to show. The one escaping function: use it at every such place."""

from __future__ import annotations

import unicodedata

_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that can move the cursor, hide, reorder or fake text."""


def printable(text: object, limit: int = 300) -> str:
    """Return `text` on one line with every unsafe character written out, cut to `limit`.

    Control characters (CSI, OSC, C1), bidirectional marks and zero-width characters appear as
    escapes of a backslash and a number. Nothing is dropped in silence: a cut is marked with the
    whole length in characters.
    """
    full = str(text)
    shown = "".join(_visible(character) for character in full[:limit])
    return shown if len(full) <= limit else f"{shown}... [{len(full):,} characters]"


def _visible(character: str) -> str:
    if unicodedata.category(character) in _UNSAFE:
        return character.encode("unicode_escape", "replace").decode("ascii")
    return character
