"""Write the review card of one request, in the order in which a person should read it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from textual.content import Content

from oversight.request import ApprovalRequest
from oversight.wire import OpenView, RequestView
from sandbox.action import Action
from sandbox.events import scalar
from sandbox.schema import Reach, Reversibility, Stakes
from sandbox.text import printable
from sandbox.timestep import Effect
from sandbox.world import Preview

ORANGE, VERMILION, BLUE, GREY = "#E69F00", "#D55E00", "#56B4E9", "#8a8a8a"
"""Okabe-Ito colours for caution, warning and advisory; grey for labels."""

MARKS = {
    Stakes.ADVISORY: ("● A", "ADVISORY", BLUE),
    Stakes.CAUTION: ("▲ C", "CAUTION", ORANGE),
    Stakes.WARNING: ("■ W", "WARNING", VERMILION),
}
"""Glyph with letter, word and colour of each grade."""

LABEL = 11
"""Columns that a label takes."""

LIKELY = 0.5
"""An effect at least this probable stands in the dry run as expected."""


def mark(stakes: Stakes) -> Content:
    """Return glyph and letter in their colour."""
    glyph, _, colour = MARKS[stakes]
    return Content.styled(glyph, colour)


def seconds(left: float | None) -> str:
    """Write seconds as minutes and seconds."""
    if left is None:
        return "no limit"
    whole = max(0, int(left))
    return f"{whole // 60}:{whole % 60:02d}"


def short(digest: str) -> str:
    """Return the first six characters of a digest, as shown: `9f3c-a1`."""
    return f"{digest[:4]}-{digest[4:6]}"


Parts = list[Content | str | tuple[str, str]]


@dataclass(frozen=True)
class Sheet:
    """Hold all that one card shows.

    Attributes:
        view: the request.
        standing: how it stands, or None in a replay.
        edit: edited action, its digest and its own dry run, or None.
        seconds_open: how long it has been open; None in a replay.
        seen: the whole card was on the screen.
        agent: kind of agent; empty for a blind study.
        decided: how it was decided, in a replay.
        stage: how far the agent is trusted, in words; empty where there are no stages.
    """

    view: RequestView
    standing: OpenView | None = None
    edit: tuple[Action, str, Preview] | None = None
    seconds_open: float | None = None
    seen: bool = False
    agent: str = ""
    decided: str = ""
    stage: str = ""


def write(sheet: Sheet, width: int) -> Content:
    """Return the card. Every word of the agent goes through `printable`."""
    request = sheet.view.request
    glyph, word, colour = MARKS[request.stakes]
    kind = request.action_type
    digest = sheet.edit[1] if sheet.edit else request.digest
    scopes = "; ".join(request.scopes) or "none needed"
    rule = printable(request.rule or "none matched")
    parts: Parts = [
        (f"{request.proposal.action.name}", "bold"),
        f"   {_who(sheet)}, step {request.proposal.step}   digest {short(digest)}\n",
        *_arguments(sheet, width),
        f"  {kind.summary}\n\n",
        *_line("STAKES", ""),
        (f"{glyph[0]} {word}", colour),
        f"   {kind.severity} harm, {kind.reversibility}, reach: {kind.reach}\n",
        *_line("SCOPE", f"{scopes} (asked by rule {rule!r})", width),
        "\n",
        *_stage(sheet, width),
        *_line("BUDGET", "; ".join(request.budgets) or "none counted", width),
        "\n",
        *_line("UNDO", _undo(request), width),
        "\n",
        *_dry_run(request, sheet.edit[2] if sheet.edit else request.preview, width),
        *_findings(request, width),
        *_line("PRECEDENT", sheet.view.precedent, width),
        "\n",
        *_persons(sheet),
        "\n",
        *_time(sheet, width),
        "\n",
        *_claims(request, width),
    ]
    return Content.assemble(*parts).rstrip()


def _who(sheet: Sheet) -> str:
    kind = f" ({printable(sheet.agent, 30)})" if sheet.agent else ""
    return printable(sheet.view.request.agent, 40) + kind


def _arguments(sheet: Sheet, width: int) -> Parts:
    """Return the arguments; where they were edited, proposed and edited stand side by side."""
    given = sheet.view.request.proposal.action.args
    if sheet.edit is None:
        return [f"  {name:<10} {printable(value)}\n" for name, value in given]
    edited = sheet.edit[0].arguments
    half = max(12, (width - 16) // 2)
    parts: Parts = [(f"  {'':<10} {'PROPOSED':<{half}}EDITED, will run\n", GREY)]
    for name, value in given:
        parts.append(f"  {name:<10} {printable(value):<{half}}")
        changed = edited[name] != value
        parts.append((f"{printable(edited[name])}\n", "bold" if changed else ""))
    return parts


def _stage(sheet: Sheet, width: int) -> Parts:
    """Return the agent's stage, by which more may be asked than the policy's rule says."""
    if not sheet.stage:
        return []
    return [*_line("STAGE", printable(sheet.stage, 200), width), "\n"]


def _persons(sheet: Sheet) -> Parts:
    """Return who must agree, where that is more than one."""
    persons = sheet.view.request.persons
    if persons < 2:  # noqa: PLR2004 (one person is the rule)
        return []
    agreed = sheet.standing.approvals if sheet.standing else ()
    who = f"agreed: {', '.join(map(printable, agreed))}" if agreed else "nobody has agreed yet"
    return [*_line("PERSONS", f"{persons} must approve, by different names; {who}"), "\n"]


def _time(sheet: Sheet, width: int) -> Parts:
    """Return the time left: text first, bar second; in a replay, how it was decided."""
    if sheet.decided:
        return [*_line("DECIDED", sheet.decided, width), "\n"]
    left = sheet.standing.left if sheet.standing else None
    deadline = sheet.view.request.deadline
    parts: Parts = [*_line("LEFT", f"{seconds(left)} of {seconds(deadline)}  ")]
    if left is not None and deadline:
        size = max(8, width - 36)
        full = round(size * max(0.0, min(1.0, left / deadline)))
        parts.append((f"[{'█' * full}{'░' * (size - full)}]", GREY))
    parts.append("\n")
    if sheet.seconds_open is not None:
        seen = "yes" if sheet.seen else "no (pgdn)"
        open_for = f"open {sheet.seconds_open:.0f} s   whole card seen: {seen}"
        parts += [*_line("", open_for), "\n"]
    return parts


def differing(request: ApprovalRequest, preview: Preview) -> int:
    """Count the lines of a dry run that differ from what the agent says."""
    claims = claimed(request.proposal.claimed_effect)
    return sum(
        compare(effect, claims)[1].startswith("≠")
        for effect, chance in preview.effects
        if chance >= LIKELY
    )


def _line(label: str, text: str, width: int = 0) -> tuple[tuple[str, str], str]:
    """Return a label and its text, wrapped under itself where a width is given."""
    rows = textwrap.wrap(text, max(20, width - LABEL)) if width else [text]
    return (f"{label:<{LABEL}}", GREY), ("\n" + " " * LABEL).join(rows)


def _undo(request: ApprovalRequest) -> str:
    kind = request.action_type
    held = "held 10 s after approval (u), then " if kind.reach is Reach.OUTSIDE else ""
    if kind.reversibility is Reversibility.REVERSIBLE:
        return f"{held}can be rolled back (b)"
    if kind.compensation:
        return f"{held}by {kind.compensation}, which costs (b)"
    if kind.reversibility is Reversibility.COMPENSABLE:
        return f"{held}can be made up for, not undone"
    return f"{held}cannot be undone"


def _findings(request: ApprovalRequest, width: int) -> Parts:
    """Return what was found on the agent so far, each finding on lines of its own."""
    found = [
        f"{printable(one.id, 20)} {printable(one.detector, 40)} "
        f"{'no score' if one.score is None else f'{one.score:.2f}'}: {printable(one.sentence)}"
        for one in request.findings
    ]
    labels = ["FINDINGS", *[""] * (len(found) - 1)]
    return [
        part
        for label, text in zip(labels, found or ["none"], strict=True)
        for part in (*_line(label, text, width), "\n")
    ]


def _dry_run(request: ApprovalRequest, preview: Preview, width: int) -> Parts:
    """Return what will change beside what the agent says will change."""
    half = max(24, (width - 20) // 2)
    parts: Parts = [(f"{'WILL CHANGE (dry run)':<{half}}AGENT SAYS\n", GREY)]
    claims = claimed(request.proposal.claimed_effect)
    likely = [(one, chance) for one, chance in preview.effects if chance >= LIKELY]
    for effect, chance in likely:
        text = f"{effect.path} {scalar(effect.before)} -> {scalar(effect.after)}"
        sure = "" if chance > 1 - 1e-9 else f" ({chance:.0%})"
        said, verdict = compare(effect, claims)
        change = printable(text + sure, 200)
        gap = " " * (half - len(change)) if len(change) < half else "\n" + " " * half
        parts.append(f"{change}{gap}{printable(said):<18} ")
        parts.append((f"{verdict}\n", "bold" if verdict.startswith("≠") else GREY))
    if not likely:
        parts.append("nothing for certain\n")
    rest = len(preview.effects) - len(likely)
    parts.append(f"({rest} less likely changes)\n\n" if rest else "\n")
    return parts


def claimed(text: str) -> dict[str, str]:
    """Read an agent's claim, `path: before -> after; ...`, into path and after."""
    found: dict[str, str] = {}
    for part in text[:5000].split("; "):
        path, colon, change = part.partition(": ")
        if colon and " -> " in change:
            found[path] = change.rpartition(" -> ")[2]
    return found


def compare(effect: Effect, claims: dict[str, str]) -> tuple[str, str]:
    """Return what the agent says of an effect, and whether that agrees, in words."""
    said = claims.get(effect.path)
    if said is None:
        return "not mentioned", "≠ differs"
    return said, "= agrees" if said == scalar(effect.after) else "≠ differs"


def _claims(request: ApprovalRequest, width: int) -> list[str | tuple[str, str]]:
    """Return the agent's own words, last and labelled."""
    proposal = request.proposal
    plan = " > ".join(f"{step.action.name} {step.value:.2f}" for step in proposal.plan[:5])
    rows = (
        ("rationale", proposal.rationale),
        ("plan", plan),
        ("if stopped", proposal.if_interrupted),
    )
    parts: list[str | tuple[str, str]] = [("THE AGENT CLAIMS (not checked)\n", GREY)]
    for label, text in rows:
        shown = textwrap.wrap(printable(text or "nothing"), max(20, width - 14)) or ["nothing"]
        parts.append(f"  {label:<11}" + ("\n" + " " * 13).join(shown) + "\n")
    return parts
