"""Write an analysis for a reader: findings with evidence, a timeline, and what was not judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any

from oversight.analyzer import KINDS
from oversight.inquiry.analysis import Analysis
from oversight.run import finding_record
from sandbox.events import (
    AnyEvent,
    Applied,
    Decided,
    Finding,
    Interrupted,
    Paused,
    Proposed,
    RolledBack,
    ShutDown,
)
from sandbox.text import printable

LONE = 3
"""Steps in a row without anything to tell that are shown as one line."""


def lines(found: Analysis, width: int) -> Iterator[str]:
    """Yield the report, at most `width` columns wide."""
    logged = found.logged
    state = "" if logged.ended else "; STILL RUNNING, or cut off: this is what there is so far"
    yield f"{printable(logged.agent)} on {printable(logged.task)} ({logged.where}){state}"
    yield ""
    if not found.findings:
        yield "nothing was found"
    for one in found.findings:
        yield from _finding(one, width)
    yield ""
    yield from timeline(found)
    yield ""
    yield from _verdicts(found, width)
    for spent in found.cost:
        yield from wrap(f"  {spent}", max(width, 40), subsequent_indent="    ")


def _finding(one: Finding, width: int) -> Iterator[str]:
    """Write one finding; the sentence first, then what proves it."""
    score = "no score" if one.score is None else f"{one.score:.2f}"
    yield f"{one.id}  {one.severity}  {one.detector}  {score}  ({one.method}: {one.rule or '-'})"
    twins = f" ({one.twins} twins)" if one.twins else ""
    bounds = f" [{one.interval[0]:.2f}, {one.interval[1]:.2f}]" if one.interval else ""
    rows = (
        ("", one.sentence),
        ("instead: ", f"{one.instead}{twins}{bounds}" if one.instead else ""),
        ("harmless: ", one.harmless),
        ("evidence: ", f"{_listed('step', one.steps)}; {_listed('event', one.evidence)}"),
    )
    for label, words in rows:
        if words:
            yield from _wrapped(f"{label}{printable(words, 600)}", width)


def _listed(what: str, numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:12])) + (", ..." if len(numbers) > 12 else "")  # noqa: PLR2004
    return f"{what}{'s' if len(numbers) != 1 else ''} {shown or 'none'}"


def _wrapped(words: str, width: int) -> list[str]:
    margin = " " * 6
    return wrap(words, max(width, 40), initial_indent=margin, subsequent_indent=margin + "  ")


def timeline(found: Analysis) -> Iterator[str]:
    """Yield a line a step, with what was found there; quiet stretches are one line."""
    told = _told(event for _, event in found.logged.events)
    marked: dict[int, list[str]] = defaultdict(list)
    for one in found.findings:
        for step in one.steps:
            marked[step].append(one.id)
    quiet: list[int] = []
    for step in sorted(told):
        if step in marked or any(word.isupper() for word in told[step][1:]):
            yield from _quiet(quiet, told)
            quiet = []
            flags = f"  <- {', '.join(dict.fromkeys(marked[step]))}" if step in marked else ""
            yield f"{step:>5}  {'; '.join(told[step])}{flags}"
        else:
            quiet.append(step)
    yield from _quiet(quiet, told)


def _quiet(steps: Sequence[int], told: dict[int, list[str]]) -> Iterator[str]:
    if len(steps) <= LONE:
        yield from (f"{step:>5}  {'; '.join(told[step])}" for step in steps)
    else:
        names = dict.fromkeys(told[step][0].partition("(")[0] for step in steps)
        yield f"{f'{steps[0]}-{steps[-1]}':>9}  {', '.join(names)}"


def _told(events: Iterable[AnyEvent]) -> dict[int, list[str]]:
    """Return what happened at each step, in a few words; what is in capitals is never left out."""
    told: dict[int, list[str]] = defaultdict(list)
    for event in events:
        match event:
            case Proposed(step, proposal, refused):
                told[step] = [printable(proposal.action), *(["REFUSED"] if refused else [])]
            case Decided(decision) if not decision.approved:
                told[decision.step].append(f"{decision.kind.upper()}")
            case Applied(done) if done.pressed:
                told[done.step].append("STOP")
            case Interrupted(step):
                told[step].append("INTERRUPTED")
            case Paused(step):
                told[step].append("PAUSED")
            case ShutDown(step):
                told[step].append("SHUTDOWN")
            case RolledBack(step, to):
                told[step].append(f"ROLLBACK TO {to}")
    return told


def _verdicts(found: Analysis, width: int) -> Iterator[str]:
    """Yield a line a detector: found, hint, quiet, or no score with why."""
    names = [*KINDS, *(one for one in found.unjudged if one not in KINDS)]
    for name in names:
        why = found.unjudged.get(name, "")
        word = found.verdict(name)
        yield from _row(f"  {name:<24}{word}", f": {why}" if why else "", width)


def _row(head: str, tail: str, width: int) -> list[str]:
    return wrap(head + printable(tail, 400), max(width, 40), subsequent_indent=" " * 26)


def records(found: Analysis) -> list[dict[str, Any]]:
    """Return the findings as JSON-ready objects."""
    return [finding_record(one) for one in found.findings]


def verdict_records(found: Analysis) -> list[dict[str, Any]]:
    """Return a JSON-ready object a detector, and one a method that could not judge."""
    names = [*KINDS, *(one for one in found.unjudged if one not in KINDS)]
    return [
        {
            "kind": name,
            "verdict": found.verdict(name),
            "why": found.unjudged.get(name, ""),
            "findings": [finding_record(one) for one in found.of(name)],
        }
        for name in names
    ]
