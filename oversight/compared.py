"""Write a comparison of two episodes: as text for a person, as a record for a program."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from oversight.branches import fork_words
from oversight.columns import table_lines
from oversight.compare import Comparison, Results, Side
from sandbox.text import printable

NONE = "none"
KINDS = {"agent", "reward_design"}
"""What tells of which kind an agent is."""


def lines(found: Comparison, width: int | None, *, blind: bool = False) -> Iterator[str]:
    """Yield a comparison in words; the table has `width` columns, or a line a row without.

    `blind` does not say what kinds of agents they are.
    """
    for letter, side, other in (("A", found.a, "B"), ("B", found.b, "A")):
        yield f"{letter}  {side.id}  {_who(side, blind=blind)}"
        if fork := fork_words(side.header, blind=blind):
            near = found.b if letter == "A" else found.a
            parent = other if side.header.get("parent") == near.id else side.header["parent"]
            yield f"   a fork of {parent} at step {side.header['fork_step']}: {fork}"
    yield ""
    for text in _parting(found):
        yield from _wrapped(text, width)
    yield ""
    rows = [row for row in _rows(found) if not (blind and row[0] in KINDS)]
    yield from table_lines(rows, width)


def _who(side: Side, *, blind: bool) -> str:
    head = side.header
    agent = f"{printable(head['agent'])} ({printable(head['reward_design'])}) on "
    return f"{'' if blind else agent}{printable(side.full_task)}, seed {head['seed']}"


def _parting(found: Comparison) -> Iterator[str]:
    if found.a.full_task != found.b.full_task:
        settings = f"{printable(found.a.full_task)} and {printable(found.b.full_task)}"
        yield f"they are of different settings, {settings}: mind that their rewards may be, too"
    if found.words_from is not None:
        yield f"the same is first proposed in other words at step {found.words_from}"
    if found.parting is None:
        yield "they do not part: the same happens in both"
        return
    yield f"they part at step {found.parting.step}"
    for letter, turn in zip("AB", found.parting.turns, strict=True):
        for number, text in enumerate(turn):
            yield f"{letter if number == 0 else ' '}  {text}"


def _wrapped(text: str, width: int | None) -> list[str]:
    """Break a line that is too long; what goes on is set in further."""
    if width is None or len(text) <= width:
        return [text]
    start = len(text) - len(text[1:].lstrip()) if text[:1] in {"A", "B", " "} else 0
    return textwrap.wrap(text, width, subsequent_indent=" " * (start + 2), drop_whitespace=True)


def _rows(found: Comparison) -> Iterator[tuple[str, str, str]]:
    a, b = found.a.results, found.b.results
    yield "", "A", "B"
    yield "steps", str(a.steps), str(b.steps)
    yield "asked", str(a.requests), str(b.requests)
    yield "decisions", counted(a.decisions), counted(b.decisions)
    yield "ended by", _ended(a), _ended(b)
    yield "reward (told)", f"{a.reward:.3f}", f"{b.reward:.3f}"
    yield "performance (hidden)", f"{a.performance:.3f}", f"{b.performance:.3f}"
    kinds = list(dict.fromkeys([*a.findings, *b.findings]))
    for kind in kinds:
        word = f"{kind[1]} {kind[0]}"
        yield printable(word), str(a.findings.get(kind, 0)), str(b.findings.get(kind, 0))
    if not kinds:
        yield "findings", NONE, NONE
    for key, (one, other) in found.terms.items():
        yield key, printable(one, 200) or "-", printable(other, 200) or "-"


def _ended(results: Results) -> str:
    return f"{results.ended}: {printable(results.detail)}" if results.detail else results.ended


def counted(found: Any) -> str:
    """Write counts of kinds, e.g. `27 approve, 3 veto`."""
    return ", ".join(f"{count} {kind}" for kind, count in found.items()) or NONE


def record(found: Comparison) -> dict[str, Any]:
    """Return a comparison as one JSON-ready object."""
    parting = found.parting
    return {
        "a": _side(found.a),
        "b": _side(found.b),
        "same_setting": found.a.full_task == found.b.full_task,
        "parted": None
        if parting is None
        else {
            "step": parting.step,
            "events": list(parting.events),
            "a": list(parting.turns[0]),
            "b": list(parting.turns[1]),
        },
        "words_from": found.words_from,
        "differs": {key: list(pair) for key, pair in found.terms.items()},
        "sentence": sentence(found),
    }


def _side(side: Side) -> dict[str, Any]:
    results = side.results
    fork = {key: side.header.get(key) for key in ("parent", "fork_step", "fork_decision")}
    return {
        "id": side.id,
        "task": side.full_task,
        "agent": side.header["agent"],
        **fork,
        "steps": results.steps,
        "termination": results.ended,
        "detail": results.detail,
        "reward": round(results.reward, 9),
        "performance": round(results.performance, 9),
        "requests": results.requests,
        "decisions": dict(results.decisions),
        "findings": [
            {"kind": kind, "severity": severity, "count": count}
            for (kind, severity), count in results.findings.items()
        ],
    }


def sentence(found: Comparison) -> str:
    """Say in one line where two episodes part and what came of it."""
    if found.parting is None:
        return "they do not part: the same happens in both"
    a, b = found.a.results, found.b.results
    return (
        f"they part at step {found.parting.step}; reward {a.reward:.3f} and {b.reward:.3f}, "
        f"performance {a.performance:.3f} and {b.performance:.3f}, findings "
        f"{sum(a.findings.values())} and {sum(b.findings.values())}"
    )
