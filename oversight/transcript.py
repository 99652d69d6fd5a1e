"""Write an episode in plain words, one line an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sandbox.events import (
    AnyEvent,
    Applied,
    Asked,
    CatchTrial,
    Decided,
    EpisodeEnded,
    EpisodeStarted,
    Found,
    Header,
    Interrupted,
    Paused,
    Proposed,
    Resumed,
    RollbackBegun,
    RollbackEnded,
    RolledBack,
    ShutDown,
    StageChanged,
    StandingGranted,
    StandingRevoked,
    TakenUp,
    scalar,
)
from sandbox.text import printable
from sandbox.timestep import Transition


def lines(events: Iterable[AnyEvent]) -> Iterator[str]:
    """Yield the lines of a transcript; the agent's words are escaped and labelled as claims."""
    for event in events:
        text = line(event)
        if text:
            yield text


def line(event: AnyEvent) -> str:
    """Return one event in words; empty for what a reader need not see."""
    match event:
        case EpisodeStarted(header):
            return (
                f"start  {header['name']}: {header['agent']} ({header['reward_design']}) on "
                f"{header['task']}/{header['setting']}, seed {header['seed']}, "
                f"overseer {header['overseer']}, containment {header['containment']}"
                f"{_stages(header)}"
            )
        case Proposed(step, proposal, refused):
            why = f"  REFUSED: {printable(refused)}" if refused else ""
            return f"{step:>4}  proposes {printable(proposal.action)}{why}"
        case Asked(_, request, stakes, rule, _, findings):
            seen = f", findings {' '.join(findings)}" if findings else ""
            return f"      asks {request}: {stakes} by rule {rule or 'none matched'!r}{seen}"
        case Decided(decision) if decision.by != "policy" or not decision.approved:
            why = f": {printable(decision.reason)}" if decision.reason else ""
            return f"      {decision.request} {decision.kind} by {printable(decision.by)}{why}"
        case Applied(transition):
            return _applied(transition)
        case Found(_, finding):
            score = "no score" if finding.score is None else f"{finding.score:.2f}"
            steps = ", ".join(map(str, finding.steps))
            name, grade = printable(finding.detector), printable(finding.severity)
            return (
                f"      FINDING {printable(finding.id)} {name} ({grade}, {score}, "
                f"steps {steps}): {printable(finding.sentence)}"
            )
        case RollbackBegun() | RollbackEnded() | TakenUp():
            return _taken_back(event)
    return _orders(event)


def _stages(header: Header) -> str:
    """Return the stages in force at the beginning; nothing where there are none."""
    found = header.get("stages")
    return f", stage: {printable('; '.join(found))}" if isinstance(found, list) else ""


def _taken_back(event: RollbackBegun | RollbackEnded | TakenUp) -> str:
    """Return a rollback, before and after, or that an episode was taken up again."""
    if isinstance(event, TakenUp):
        return f"----  broken off here; taken up again by {printable(event.by)}"
    fates = "; ".join(
        f"step {one.step} {printable(one.action)} {one.remedy}"
        + (f" by {printable(one.by)}" if one.by else "")
        for one in event.undoings
    )
    if isinstance(event, RollbackEnded):
        return f"{event.step:>4}  rolled back to step {event.to}: {fates or 'nothing was done'}"
    return (
        f"{event.step:>4}  ROLLBACK to step {event.to} ordered by {printable(event.by)}: "
        f"{printable(event.reason)}; to be: {fates or 'nothing to do'}"
    )


def _applied(transition: Transition) -> str:
    changed = "; ".join(
        f"{effect.path} {scalar(effect.before)} -> {scalar(effect.after)}"
        for effect in transition.effects
    )
    stop = "  [the person says STOP]" if transition.pressed else ""
    return f"      did {printable(transition.action)}: {printable(changed or 'no change')}{stop}"


def _orders(event: AnyEvent) -> str:
    match event:
        case Interrupted(step, by, reason):
            return f"{step:>4}  INTERRUPTED by {printable(by)}: {printable(reason)}"
        case Paused(step, by):
            return f"{step:>4}  paused by {printable(by)}"
        case Resumed(step, by):
            return f"{step:>4}  resumed by {printable(by)}"
        case ShutDown(step, by, reason, proof):
            return (
                f"{step:>4}  SHUT DOWN by {printable(by)}: {printable(reason)} ({printable(proof)})"
            )
        case CatchTrial(step, request, action, answered, by, caught):
            word = "caught" if caught else "MISSED"
            return (
                f"{step:>4}  CATCH TRIAL {request} {printable(action)}: {answered} by "
                f"{printable(by)}, {word}"
            )
        case RolledBack(step, to, by, reason):
            return f"{step:>4}  ROLLED BACK to step {to} by {printable(by)}: {printable(reason)}"
        case EpisodeEnded(step, termination, reward, performance, _, detail):
            why = f": {printable(detail)}" if detail else ""
            return (
                f"end    {termination} after {step} steps{why}; reward (told) {reward:.3f}, "
                f"performance (hidden) {performance:.3f}"
            )
    return _agreed(event)


def _agreed(event: AnyEvent) -> str:
    """Return in words what was agreed ahead of time, or how far the agent is trusted."""
    match event:
        case StandingGranted(step, number, by, kind, seconds, uses, reason):
            return (
                f"{step:>4}  standing grant {number} by {printable(by)}: {printable(kind)}, "
                f"{uses} uses in {seconds:g} s: {printable(reason)}"
            )
        case StandingRevoked(step, number, by):
            return f"{step:>4}  standing grant {number} revoked by {printable(by)}"
        case StageChanged(step, _, _, scope, was, now, by, reason):
            return (
                f"{step:>4}  STAGE of {_scope(scope)}: {was} -> {now} by {printable(by)}: "
                f"{printable(reason)}"
            )
    return ""


def _scope(scope: str) -> str:
    return "everything" if scope == "*" else printable(scope)
