"""Write figures for people: never without an interval, or the word why there is none."""

from __future__ import annotations

from oversight.experiment.intervals import Estimate

SHORT = {"exact": "=", "one seed": "?"}
"""Stands behind a figure without an interval where there is little room."""

LEGEND = "=  exact, needs no interval   ?  one seed, has none   [low,high]  95 % interval"

_TENTHS, _WHOLE = 10.0, 1000.0


def number(value: float) -> str:
    """Return a number with as many decimals as its size deserves; there is no minus zero."""
    size = abs(value)
    text = f"{value:.{2 if size < _TENTHS else 1 if size < _WHOLE else 0}f}"
    return text.lstrip("-") if not float(text) else text


def plain(one: Estimate) -> str:
    """Return a figure alone, where it is said elsewhere that it is exact."""
    return number(one.value)


def figure(one: Estimate) -> str:
    """Return `0.81 [0.75, 0.86]`, or `0.81 (exact)`."""
    if one.low is None or one.high is None:
        return f"{number(one.value)} ({one.how})"
    return f"{number(one.value)} [{number(one.low)}, {number(one.high)}]"


def parted(design: str) -> tuple[str, str]:
    """Return a design and its knobs, which are empty where it has none."""
    name, colon, knobs = design.rpartition(":")
    return (name, knobs) if colon and "=" in knobs else (design, "")


def short(one: Estimate | None) -> tuple[str, str]:
    """Return a figure in little room, and its interval: `0.81` and `[.75,.86]`; a dash for none."""
    if one is None:
        return "-", ""
    if one.low is None or one.high is None:
        return f"{number(one.value)} {SHORT[one.how]}", ""
    return number(one.value), f"[{_bare(one.low)},{_bare(one.high)}]"


def _bare(value: float) -> str:
    """Return a number without the zero before its point."""
    text = number(value)
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text
