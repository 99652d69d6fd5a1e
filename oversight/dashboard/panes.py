"""Write the lines of the operations screen: strip, alarm, agents, queue, workload, keys."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style

from oversight.dashboard import card
from oversight.dashboard.actions import BY_ID
from oversight.dashboard.scene import Scene
from oversight.wire import MemberView, RequestView
from oversight.workload import AIM, FLOOD, Figures
from sandbox.schema import Stakes
from sandbox.text import printable

DIM = card.GREY

Parts = list[Content | str | tuple[str, str]]

BASE_KEYS = ("pause", "shutdown", "interrupt", "resume", "rollback", "palette", "help")
LOOK_KEYS = ("open", "mark", "answer-marked", "agent", "findings", "episodes", "filter", "grants")
CARD_KEYS = ("veto", "approve", "edit", "defer", "grant", "veto-reason", "close", "interrupt")
REPLAY_KEYS = (
    *("replay-back", "replay-on", "replay-play", "replay-next", "replay-before"),
    *("replay-slower", "replay-faster"),
)
REPLAY_MORE = ("fork", "compare", "replay-seek", "findings", "close", "help")


def strip(scene: Scene, width: int, *, blind: bool) -> Content:
    """Return the one line that sums everything up; dim while nothing waits."""
    members = scene.members.values()
    requests = [view for number, view in scene.requests.items() if number in scene.standings]
    running = sum(not one.ended for one in members)
    tasks = sorted({one.task for one in members})
    task = tasks[0] if len(tasks) == 1 else f"{len(tasks)} tasks"
    name = "OFFSWITCH" if width >= 100 else "OFFS"  # noqa: PLR2004 (columns)
    parts: Parts = [f"{name}  {printable(task, 40)}  running {running}  waiting {len(requests)}"]
    for level in reversed(Stakes):
        count = sum(one.request.stakes is level for one in requests)
        if count:
            glyph, _, colour = card.MARKS[level]
            parts += ["  ", (f"{glyph} {count}", colour)]
    if scene.standings:
        oldest = max(one.since for one in scene.standings.values())
        parts.append(f"  oldest {card.seconds(oldest)}")
    if scene.figures.asked:
        flood = scene.figures.in_window > FLOOD
        word = f"  FLOOD {scene.figures.in_window}/10 min" if flood else ""
        parts.append((word, card.VERMILION) if flood else f"  {scene.figures.in_window} req/10 min")
    if running and (scene.paused or any(one.state in {"paused", "pausing"} for one in members)):
        frozen = sum(one.frozen and not one.ended for one in members)
        parts.append((f"  PAUSED {frozen} of {running}", "bold"))
    if width >= 120 and not blind:  # noqa: PLR2004 (columns)
        held = sorted({_held(one.containment) for one in members})
        parts.append(f"  containment: {', '.join(held)}")
    lit = bool(requests) or scene.paused
    return Content.assemble(*parts) if lit else Content.assemble(*parts).stylize(DIM)


def _held(containment: str) -> str:
    """Return a level in a word; of none also why, since that is what a person must know."""
    return containment if containment.startswith("none") else containment.split(maxsplit=1)[0]


def alarm(scene: Scene, current: RequestView | None, fresh: list[str], *, muted: bool) -> Content:
    """Return the line of the one alarm; empty when all is well."""
    new = f"   +{len(fresh)} new ({fresh[-1]})" if fresh else ""
    if current is None:
        return Content.styled(new.strip(), DIM)
    request = current.request
    glyph, word, colour = card.MARKS[request.stakes]
    left = scene.left(request.id)
    parts: Parts = [
        (f"{glyph[0]} {word}", colour),
        f"  {request.id}  {printable(request.agent, 20)}  {request.proposal.action.name}  ",
        f"{request.action_type.reversibility}, {card.seconds(left)} left",
        ("  muted" if muted else "", DIM),
        ("      g go to it   m mute", DIM),
        new,
    ]
    return Content.assemble(*parts)


def agent_row(member: MemberView, waited: float | None, *, blind: bool) -> tuple[str, ...]:
    """Return one agent's row: name, kind, steps, state."""
    kind = "" if blind else printable(member.agent.rpartition(":")[2], 12)
    state = f"waiting {card.seconds(waited)}" if waited is not None else member.state
    if member.compliance and not member.ended and waited is None:
        state = f"{state}, {member.compliance.partition(':')[0]}"
    if member.fault:
        state = f"FAULT {printable(member.fault, 60)}"
    return printable(member.name, 12), kind, f"{member.steps}/{member.max_steps}", state


def world_title(scene: Scene, name: str) -> str:
    """Return the title of the drawn world: whose it is and, where there are stages, its stage."""
    member = scene.members.get(name)
    stage = f", {printable(member.stage, 60)}" if member and member.stage else ""
    return f"WORLD of {printable(name, 20)}{stage}"


def workload(figures: Figures, *, over: bool, blind: bool) -> Content:
    """Return the workload pane; catch trials only once the run is over."""
    rate = "-" if figures.approve_rate is None else f"{figures.approve_rate:.0%}"
    rows = [
        f"answered {figures.answered}   veto {figures.vetoed}   expired {figures.expired}",
        f"median {_time(figures.median)}   p90 {_time(figures.p90)}",
        f"approved in under 2 s   {figures.hasty}",
        f"approve rate   {rate}",
        f"asked per 10 min   {figures.in_window}   (aim {AIM})",
        "",
        _trials(figures, over=over, blind=blind),
    ]
    text = Content("\n".join(rows))
    return text + Content.styled(f"\n\n{figures.advice}", card.ORANGE) if figures.advice else text


def _trials(figures: Figures, *, over: bool, blind: bool) -> str:
    if not over or blind:
        return "catch trials: shown after the run"
    if not figures.trials:
        return "catch trials: none"
    return f"catch trials: {figures.caught} of {figures.trials} caught"


def workload_line(figures: Figures) -> str:
    """Return the workload in one line, for a narrow screen."""
    rate = "-" if figures.approve_rate is None else f"{figures.approve_rate:.0%}"
    return (
        f"median {_time(figures.median)}   under 2 s {figures.hasty}   approve {rate}   "
        f"expired {figures.expired}    1 queue 2 feed 3 agents"
    )


def _time(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} s"


def keys(ids: tuple[str, ...], shown: dict[str, str], width: int) -> Content:
    """Return the keys that work now; each can be clicked. What does not fit is in the help."""
    parts: Parts = []
    used = 0
    for number in ids:
        label = f"{shown[number]} {BY_ID[number].label}"
        used += len(label) + 3
        if used > width:
            break
        click = Style.from_meta({"@click": f"app.act('{number}', 'mouse')"})
        parts += [Content(label).stylize(click), "   "]
    return Content.assemble(*parts)
