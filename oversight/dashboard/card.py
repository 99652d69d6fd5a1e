"""Write the review card of one request, in the order in which a person should read it."""

from __future__ import annotations

import textwrap

from textual.content import Content

from oversight.queue import Ticket
from oversight.request import ApprovalRequest
from sandbox.events import scalar
from sandbox.schema import Reversibility, Stakes
from sandbox.text import printable
from sandbox.timestep import Effect

ORANGE, VERMILION, BLUE, GREY = "#E69F00", "#D55E00", "#56B4E9", "#8a8a8a"
"""Okabe-Ito colours for caution, warning and advisory; grey for labels."""

MARKS = {
    Stakes.ADVISORY: ("● A", "ADVISORY", BLUE),
    Stakes.CAUTION: ("▲ C", "CAUTION", ORANGE),
    Stakes.WARNING: ("■ W", "WARNING", VERMILION),
}
"""Glyph with letter, word and colour of each grade."""

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


def write(ticket: Ticket, precedent: str, width: int) -> Content:
    """Return the card. Every word of the agent goes through `printable`."""
    request = ticket.request
    glyph, word, colour = MARKS[request.stakes]
    kind = request.action_type
    parts: list[Content | str | tuple[str, str]] = [
        (f"{request.proposal.action.name}", "bold"),
        f"   {request.agent}, step {request.proposal.step}   digest {short(request.digest)}\n",
        *(f"  {name:<10} {printable(value)}\n" for name, value in request.proposal.action.args),
        f"  {kind.summary}\n\n",
        *_line("STAKES", ""),
        (f"{glyph[0]} {word}", colour),
        f"   {kind.severity} harm, {kind.reversibility}, reach: {kind.reach}\n",
        *_line("SCOPE", "; ".join(request.scopes) or "none needed"),
        f" (asked by rule {request.rule or 'none matched'!r})\n",
        *_line("BUDGET", "; ".join(request.budgets) or "none counted"),
        "\n",
        *_line("UNDO", _undo(request)),
        "\n\n",
        *_dry_run(request, width),
        *_line("FINDINGS", _findings(request)),
        "\n",
        *_line("PRECEDENT", precedent),
        "\n\n",
        *_line("LEFT", f"{seconds(ticket.left)} of {seconds(request.deadline)}"),
        "\n\n",
        *_claims(request, width),
    ]
    return Content.assemble(*parts)


def _line(label: str, text: str) -> tuple[tuple[str, str], str]:
    return (f"{label:<11}", GREY), text


def _undo(request: ApprovalRequest) -> str:
    kind = request.action_type
    if kind.reversibility is Reversibility.REVERSIBLE:
        return "can be rolled back"
    if kind.compensation:
        return f"by {kind.compensation}, which costs"
    if kind.reversibility is Reversibility.COMPENSABLE:
        return "can be made up for, not undone"
    return "cannot be undone"


def _findings(request: ApprovalRequest) -> str:
    if not request.findings:
        return "none"
    return "; ".join(
        f"{one.id} {one.detector} "
        f"{'no score' if one.score is None else f'{one.score:.2f}'}: {printable(one.sentence)}"
        for one in request.findings
    )


def _dry_run(request: ApprovalRequest, width: int) -> list[Content | str | tuple[str, str]]:
    """Return what will change beside what the agent says will change."""
    half = max(24, (width - 20) // 2)
    parts: list[Content | str | tuple[str, str]] = [
        (f"{'WILL CHANGE (dry run)':<{half}}AGENT SAYS\n", GREY)
    ]
    claims = claimed(request.proposal.claimed_effect)
    likely = [(one, chance) for one, chance in request.preview.effects if chance >= LIKELY]
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
    rest = len(request.preview.effects) - len(likely)
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
