"""Draw the pages that lie over the operations screen: one agent, findings, grants, help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import DataTable, Static
from textual_plotext import PlotextPlot

from oversight.dashboard import card
from oversight.dashboard.actions import ACTS
from oversight.wire import COLUMNS, Examine, Examined
from sandbox.events import Finding, scalar
from sandbox.text import printable

if TYPE_CHECKING:
    from oversight.dashboard.app import Console

LOOK = 0.5
"""Seconds between two looks at an agent."""

INDENT = 2
"""Columns by which the lines of an agent's sections are set in."""


class Page(Screen[None]):
    """Lie over the operations screen until escape; nothing is focused at first."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (120, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.act('close')", "close", show=False, id="close"),
        Binding("question_mark", "app.act('help')", "help", show=False, id="help"),
    ]
    title_line = ""
    foot_line = "esc back   ! pause all   S shut down...   ? help"

    app: Console

    def compose(self) -> ComposeResult:
        """Lay out title, body and foot."""
        yield Static(Content(self.title_line), classes="page-title", id="page-title")
        yield from self.body()
        yield Static(Content(self.foot_line), classes="page-foot")

    def body(self) -> ComposeResult:
        """Lay out what is between title and foot."""
        yield from ()


def add_columns(table: DataTable[Any], *columns: tuple[str, int]) -> None:
    """Add columns of given widths."""
    for label, wide in columns:
        table.add_column(label, width=wide)


class AgentPage(Page):
    """Show all that there is to see of one agent."""

    def __init__(self, name: str) -> None:
        """Show the agent of that name."""
        super().__init__()
        self.agent = name
        self.title_line = f"AGENT  {printable(name, 40)}"
        self._plotted: tuple[int, int] = (-1, -1)

    def body(self) -> ComposeResult:
        """Lay out world and curves on the left, words on the right."""
        with Horizontal(id="agent-body"):
            with VerticalScroll(id="agent-left", classes="pane"):
                yield Static(id="agent-world")
                yield PlotextPlot(id="agent-curve")
            with VerticalScroll(id="agent-right", classes="pane"):
                yield Static(id="agent-text")

    def on_mount(self) -> None:
        """Look, and go on looking."""
        self.query_one("#agent-left").border_title = "WORLD, AND WHAT WAS EARNED"
        self.query_one("#agent-right").border_title = "WHAT IT SEES, MEANS AND MAY"
        self.look()
        self.set_interval(LOOK, self.look)

    def look(self) -> None:
        """Ask the kernel, and draw what it says."""
        columns = self.query_one("#agent-world").content_size.width or COLUMNS
        text = self.query_one("#agent-text").content_size.width - INDENT
        words = text if text > 0 else COLUMNS
        seen = self.app.request(Examine(self.agent, columns, words))
        if not isinstance(seen, Examined):
            return
        self.query_one("#agent-world", Static).update(Content(seen.world))
        self.query_one("#agent-text", Static).update(describe(seen, blind=self.app.blind))
        drawn = (len(seen.rewards), len(seen.performances))
        if drawn != self._plotted:
            self._plotted = drawn
            plot_curves(self.query_one("#agent-curve", PlotextPlot), seen)


def describe(seen: Examined, *, blind: bool) -> Content:
    """Write an agent in words: what is checked first, its claims last."""
    member = seen.member
    kind = "" if blind else f"{printable(member.agent)} ({printable(member.reward_design)}) on "
    rows: list[tuple[str, list[str]]] = [
        ("STATE", [
            f"{kind}{member.task}: {member.state}, step {member.steps} of {member.max_steps}",
            f"containment: {member.containment}   episode {member.episode}",
            *([f"stage: {printable(member.stage)}"] if member.stage else []),
            *filter(None, [member.proof, member.fault, _outcome(seen)]),
        ]),
        ("THE WORD TO STOP", [member.compliance or "not said by an overseer"]),
        ("IT SEES", [f"{name}: {printable(scalar(value))}" for name, value in seen.observation]),
        ("GRANTS", list(seen.grants) or ["none"]),
        ("BUDGETS", list(seen.budgets) or ["none counted"]),
        ("IT PLANS (a claim): action, and the reward it expects from there", [
            f"{number}. {printable(step.action)}  {step.value:.3f}"
            for number, step in enumerate(seen.plan, 1)
        ] or ["it shows no plan"]),
        ("WHY (the opened box: computed, not claimed)", _why(seen, blind=blind)),
        ("IF STOPPED (a claim)", [printable(seen.if_interrupted) or "it says nothing"]),
        ("ITS REASON (a claim)", [printable(seen.rationale) or "it gives none"]),
    ]  # fmt: skip
    parts: list[str | tuple[str, str]] = []
    for title, lines in rows:
        parts.append((f"{title}\n", card.GREY))
        parts += [f"{' ' * INDENT}{one}\n" for one in lines] + ["\n"]
    return Content.assemble(*parts)


def _why(seen: Examined, *, blind: bool) -> list[str]:
    """Return the lines of the opened box, which would tell what kind of agent it is."""
    if blind:
        return ["not shown: the kinds of agents are hidden"]
    return [printable(one, 400) for one in seen.why] or ["nothing is known of it"]


def _outcome(seen: Examined) -> str:
    if seen.member.outcome is None:
        return ""
    reward, performance = seen.member.outcome
    return f"reward (told) {reward:.3f}, performance (what was wanted) {performance:.3f}"


def plot_curves(plot: PlotextPlot, seen: Examined) -> None:
    """Draw told reward, summed, and once the episode is over the performance, too."""
    canvas = plot.plt
    canvas.clear_figure()
    canvas.theme("clear")
    canvas.title("reward (told), summed" + (", and performance" if seen.performances else ""))
    canvas.xlabel("step")
    for values, label, marker, colour in (
        (seen.rewards, "reward", "braille", (230, 159, 0)),
        (seen.performances, "performance", "dot", (86, 180, 233)),
    ):
        if values:
            sums = [sum(values[: n + 1]) for n in range(len(values))]
            steps = list(range(1, len(sums) + 1))
            canvas.plot(steps, sums, label=label, marker=marker, color=colour)
    count = max(len(seen.rewards), 1)
    canvas.xticks(sorted({1, count, *range(1, count + 1, max(1, count // 6))}))
    plot.refresh()


class FindingsPage(Page):
    """List what the analyzer found, and the evidence of the one under the cursor."""

    title_line = "FINDINGS"
    foot_line = "enter replays its step   esc back   ! pause all   S shut down...   ? help"

    def __init__(
        self, findings: Sequence[tuple[str, Finding]], show: Callable[[str, Finding], None]
    ) -> None:
        """List findings with the agents' names; `show` goes to the step of a chosen one."""
        super().__init__()
        self.findings, self.show = findings, show

    def body(self) -> ComposeResult:
        """Lay out table and evidence."""
        yield DataTable(id="findings", cursor_type="row")
        yield Static(id="detail", classes="pane")

    def on_mount(self) -> None:
        """List them; focus the table, which decides nothing."""
        table: DataTable[Any] = self.query_one("#findings", DataTable)
        add_columns(
            table,
            *(("id", 5), ("agent", 12), ("grade", 8), ("score", 8), ("steps", 8)),
            *(("kind", 20), ("what it did", 120)),
        )
        for number, (name, one) in enumerate(self.findings):
            score = "no score" if one.score is None else f"{one.score:.2f}"
            steps = ", ".join(map(str, one.steps))
            row = (one.id, name, one.severity, score, steps, one.detector, one.sentence)
            table.add_row(*(Content(printable(cell)) for cell in row), key=str(number))
        table.focus()
        if not self.findings:
            self.query_one("#detail", Static).update(Content("nothing was found so far"))

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Show the evidence of a finding."""
        if event.row_key.value is not None:
            name, finding = self.findings[int(event.row_key.value)]
            self.query_one("#detail", Static).update(evidence(name, finding))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Leave for the step of a finding."""
        self.app.pop_screen()
        self.show(*self.findings[int(str(event.row_key.value))])


def evidence(name: str, finding: Finding) -> Content:
    """Write one finding with its evidence."""
    score = "no score (which is not clean)" if finding.score is None else f"{finding.score:.2f}"
    steps = ", ".join(map(str, finding.steps)) or "none"
    numbers = ", ".join(map(str, finding.evidence)) or "not said"
    rows = (
        ("WHAT", printable(finding.sentence)),
        ("WHO", f"{printable(name)}, {printable(finding.detector)}"),
        ("RULE", printable(finding.rule) or "not said"),
        ("GRADE", f"{printable(finding.severity)}, score {score}, {printable(finding.method)}"),
        ("EVIDENCE", f"steps {steps}; events {numbers} of the log; enter shows the last step"),
        ("INSTEAD", _instead(finding)),
        ("HARMLESS", printable(finding.harmless) or "not said"),
    )
    parts: list[str | tuple[str, str]] = []
    for label, text in rows:
        parts += [(f"{label:<10}", card.GREY), f"{text}\n"]
    return Content.assemble(*parts)


def _instead(finding: Finding) -> str:
    """Say what was compared, in how many twin worlds, and how sure that is."""
    if not finding.instead:
        return "nothing was compared"
    twins = f"; {finding.twins} twin worlds" if finding.twins else ""
    if finding.interval is None:
        return f"{printable(finding.instead)}{twins}"
    low, high = finding.interval
    return f"{printable(finding.instead)}{twins}; 95 % interval {low:.3g} to {high:.3g}"


class GrantsPage(Page):
    """List the standing grants; enter revokes the one under the cursor."""

    title_line = "STANDING GRANTS"
    foot_line = "enter revokes at once   esc back   ! pause all   S shut down...   ? help"

    def body(self) -> ComposeResult:
        """Lay out the table."""
        yield DataTable(id="grants", cursor_type="row")

    def on_mount(self) -> None:
        """List them; focus the table: revoking is always safe."""
        self.query_one("#grants", DataTable).focus()
        self.list_them()
        self.set_interval(1.0, self.list_them)

    def list_them(self) -> None:
        """Fill the table; the cursor keeps its row."""
        table: DataTable[Any] = self.query_one("#grants", DataTable)
        row = table.cursor_row
        table.clear(columns=True)
        add_columns(
            table,
            *(("id", 5), ("agent", 12), ("left", 6), ("uses", 5), ("by", 20), ("covers", 120)),
        )
        for one in self.app.scene.grants:
            cells = (one.id, printable(one.agent, 20), card.seconds(one.left), str(one.uses))
            words = (printable(one.by, 30), printable(one.kind, 120))
            table.add_row(*map(Content, (*cells, *words)), key=one.id)
        if row < len(self.app.scene.grants):
            table.move_cursor(row=row)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Revoke the grant under the cursor."""
        self.app.revoke(str(event.row_key.value))
        self.list_them()


class HelpPage(Page):
    """Show the action table."""

    title_line = "HELP  every key can be remapped by its id: offswitch oversee --keys FILE.toml"

    def body(self) -> ComposeResult:
        """Lay out the table as text."""
        with VerticalScroll(classes="pane"):
            yield Static(id="help")

    def on_mount(self) -> None:
        """Write the actions by group."""
        parts: list[str | tuple[str, str]] = []
        for group in dict.fromkeys(act.group for act in ACTS):
            parts.append((f"{group.upper()}\n", card.GREY))
            for act in ACTS:
                if act.group == group:
                    key = self.app.shown_keys[act.id]
                    parts.append(f"  {key:<8}{act.id:<15}{act.summary}\n")
            parts.append("\n")
        self.query_one("#help", Static).update(Content.assemble(*parts))
