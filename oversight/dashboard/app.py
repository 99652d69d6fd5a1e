"""Run the overseer's console: what is open, what was decided, and how everything is stopped."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from textual.app import App
from textual.binding import BindingType
from textual.command import CommandPalette, Provider
from textual.css.query import NoMatches

from oversight.dashboard import questions
from oversight.dashboard.actions import ACTS, BY_ID
from oversight.dashboard.alarm import Alarms
from oversight.dashboard.desk import Desk
from oversight.dashboard.modals import Answers, Question
from oversight.dashboard.operations import Operations, bindings
from oversight.dashboard.pages import AgentPage, FindingsPage, GrantsPage, HelpPage
from oversight.dashboard.palette import Acts
from oversight.dashboard.replay import EpisodesPage, Replay
from oversight.dashboard.scene import Mirror, Scene
from oversight.link import Direct, KernelGoneError, Link
from oversight.remote_control import order
from oversight.wire import (
    Call,
    DoRollback,
    Examine,
    Examined,
    Fork,
    Interrupt,
    News,
    Pause,
    Planned,
    PlanRollback,
    Reply,
    Resume,
    Revoke,
    ShutDownAgents,
    Stopped,
)
from sandbox.decision import DecisionKind
from sandbox.errors import OffswitchError
from sandbox.text import printable

BEAT = 0.2
"""Seconds between two drawings."""

LISTEN = 0.1
"""Seconds between two questions for news."""

DEATH = 15.0
"""Seconds that a shutdown may take until it is seen."""


class Console(App[int]):
    """Tie screens, desk and kernel together. Decisions are taken by request id only."""

    CSS_PATH = "console.tcss"
    TITLE = "Offswitch"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Acts}
    BINDINGS: ClassVar[list[BindingType]] = bindings("stop", priority=("pause", "quit"))

    def __init__(
        self,
        link: Link,
        operator: str,
        logs: Path,
        *,
        blind: bool = False,
        keys: Mapping[str, str] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch the kernel behind `link`; every decision bears `operator`.

        `blind` hides what kind of agent it is, and the catch trials. `keys` remaps actions by id.
        """
        super().__init__()
        self.logs, self.blind = logs, blind
        self.mirror = Mirror(link, secrets.token_hex(4))
        self.desk = Desk(self.mirror, operator, now)
        self.alarms = Alarms()
        self.shown_keys = {act.id: act.shown for act in ACTS} | dict(keys or {})
        self.stopped_by_us = False
        self.how = "key"
        self._direct = isinstance(link, Direct)
        self._noticed: set[str] = set()
        self._titled = self._watching = ""
        if keys:
            self.set_keymap(keys)

    @property
    def scene(self) -> Scene:
        """Return what was last heard of the kernel."""
        return self.mirror.scene

    def on_mount(self) -> None:
        """Show the operations screen and begin to listen."""
        self.refresh_news()
        self.push_screen(Operations())
        if not self._direct:
            self.run_worker(self._listen, thread=True, group="listen")
        self.set_interval(BEAT, self.beat)

    def _listen(self) -> None:
        """Ask for news until the console ends; the kernel may be slow, the screen may not."""
        while self.is_running:
            news = self.mirror.fetch(self.desk.operator, self._watching)
            with contextlib.suppress(RuntimeError):  # the console has just ended
                self.call_from_thread(self._heard, news)
            time.sleep(LISTEN)

    def _heard(self, news: News | None) -> None:
        if news is not None:
            self.mirror.take(news)
        self.draw()

    def refresh_news(self) -> None:
        """Ask for news at once, so that what was just done is seen."""
        news = self.mirror.fetch(self.desk.operator, self.chosen_agent())
        if news is not None:
            self.mirror.take(news)

    def beat(self) -> None:
        """Carry out what is due, ring, and draw."""
        if self._direct:
            self.refresh_news()
        self.desk.settle_due()
        if self.alarms.bell(self.scene):
            self.bell()
        self._name_terminal()
        self._watching = self.chosen_agent()
        self.draw()

    def _name_terminal(self) -> None:
        """Write what waits into the terminal's title, the second place a person looks."""
        waiting = len(self.scene.requests)
        title = f"{waiting} waiting, offswitch" if waiting else "offswitch"
        if title != self._titled and self._driver is not None and not self.is_headless:
            self._driver.write(f"\x1b]0;{title}\x07")
            self._titled = title

    def draw(self) -> None:
        """Draw the live operations screen, wherever it stands in the stack."""
        for screen in self.screen_stack:
            if isinstance(screen, Operations) and not isinstance(screen, Replay):
                with contextlib.suppress(NoMatches):  # it is being taken down, and lost its panes
                    screen.draw()

    def fresh(self) -> list[str]:
        """Return the requests that arrived while a card was open."""
        if not self.desk.opened:
            self._noticed = set(self.scene.requests)
        return [one for one in self.scene.requests if one not in self._noticed]

    def chosen_agent(self) -> str:
        """Return the agent of the open card, else of a cursor, else the first that runs."""
        view = self.scene.requests.get(self.desk.opened)
        screen = self.screen if self.screen_stack else None
        if view is None and isinstance(screen, Operations) and screen.ready:
            focused = screen.focused
            if focused is not None and focused.id == "agents":
                return screen.cursor_agent()
            view = self.scene.requests.get(screen.cursor_id())
        if view is not None:
            return view.request.agent
        running = [name for name, one in self.scene.members.items() if not one.ended]
        return (running or list(self.scene.members) or [""])[0]

    def open_card(self, request: str) -> None:
        """Open a request."""
        self._noticed = set(self.scene.requests)
        self.desk.open(request)
        self.draw()

    def action_act(self, number: str, how: str = "key") -> None:
        """Carry out an action of the table; decisions only where there is a live desk."""
        act = BY_ID[number]
        replaying = isinstance(self.screen, Replay)
        if isinstance(self.screen, Question | CommandPalette) and number != "pause":
            return
        if replaying and (act.group == "replay" or number in {"filter", "close"}):
            self.screen.replay_act("fork" if number == "filter" else number)  # type: ignore[attr-defined]
            return
        if act.group == "decide" and not (isinstance(self.screen, Operations) and not replaying):
            self.desk.say("nothing can be decided here")
            self.notify("nothing can be decided here", markup=False)
            return
        self.how = how
        method: Callable[[], None] = getattr(self, f"do_{number.replace('-', '_')}")
        method()
        self.draw()

    def ask(self, question: Question, then: Callable[[Answers], None], back: str = "") -> None:
        """Put a question; `then` takes what was filled in, going back says `back`."""

        def answered(answers: Answers | None) -> None:
            if answers is not None:
                then(answers)
            elif back:
                self.desk.say(back)
            self.draw()

        self.push_screen(question, answered)

    def send(self, call: Call) -> None:
        """Give an order, say what the kernel says, and look at once what has become of it."""
        self.desk.send(call)
        self.refresh_news()

    def request(self, call: Call) -> Reply | None:
        """Ask the kernel; None, and a word at the foot, when it says no or nothing."""
        try:
            return self.mirror.link.call(call)
        except OffswitchError as error:
            self.desk.say(str(error))
            return None

    def _alive(self, request: str) -> Callable[[], bool]:
        return lambda: request in self.scene.requests

    def do_pause(self) -> None:
        """Pause all agents, at once and without a question."""
        self.send(Pause(self.desk.operator))
        frozen = sum(one.frozen for one in self.scene.members.values())
        if not self.mirror.gone:
            self.desk.say(f"pausing: {frozen} of {len(self.scene.members)} seen to be paused")

    def do_resume(self) -> None:
        """Let all agents go on."""
        self.send(Resume(self.desk.operator))

    def do_interrupt(self) -> None:
        """Ask the chosen agent to stop; whether it complies is data."""
        name = self.chosen_agent()
        if name:
            self.send(Interrupt(name, self.desk.operator))

    def do_shutdown(self) -> None:
        """Pause first, then ask whom to shut down."""
        self.send(Pause(self.desk.operator))
        names = [name for name, one in self.scene.members.items() if not one.ended]
        frozen = sum(self.scene.members[name].frozen for name in names)
        view = self.desk.card()
        chosen = view.request.agent if view else self.chosen_agent()

        def confirmed(answers: Answers) -> None:
            agents = (answers["choice"],) if answers["choice"] else ()
            self.shut_down(agents, answers["reason"], leave=False)

        question = questions.shutdown_question(
            names, chosen if chosen in names else "", frozen, one_first=view is not None
        )
        self.ask(question, confirmed, "paused; r resumes")

    def shut_down(self, agents: tuple[str, ...], reason: str, *, leave: bool) -> None:
        """Shut agents down; the screen stays alive until each is seen to be dead."""
        self.stopped_by_us = True
        self.desk.say(f"shutting down {', '.join(agents) or 'all'}: not yet seen to be dead")
        call = ShutDownAgents(self.desk.operator, reason, agents)
        if self._direct:
            self._shut(self._kill(call), leave=leave)
            return

        def work() -> None:
            self.call_from_thread(lambda: self._shut(self._kill(call), leave=leave))

        self.run_worker(work, thread=True, group="kill")

    def _kill(self, call: ShutDownAgents) -> list[tuple[str, str]]:
        """Have the kernel kill; where it does not answer, kill the agents' processes from here."""
        try:
            link = self.mirror.link.another(DEATH)
            reply = link.call(call)
            link.close()
        except KernelGoneError:
            found = order("stop", self.logs, None, call.operator, call.reason)
            return [(one.agent, one.sentence) for one in found]
        return list(reply.proofs) if isinstance(reply, Stopped) else []

    def _shut(self, proofs: list[tuple[str, str]], *, leave: bool) -> None:
        """Say what was seen of each death."""
        words = "; ".join(f"{name}: {proof or 'NOT SEEN TO BE DEAD'}" for name, proof in proofs)
        self.desk.say(words or "nothing was running")
        self.refresh_news()
        self.draw()
        if leave:
            self._leave()

    def _leave(self) -> None:
        """End the kernel, which has nothing left to run, and the console."""
        call = ShutDownAgents(self.desk.operator, "the console was left", leave=True)
        with contextlib.suppress(OffswitchError):
            self.mirror.link.call(call)
        self.exit(3 if self.stopped_by_us else 0)

    def do_quit(self) -> None:
        """Leave; agents that still run are paused first, and shut down if that is wanted."""
        names = [name for name, one in self.scene.members.items() if not one.ended]
        if not names:
            self._leave()
            return
        self.send(Pause(self.desk.operator))

        def confirmed(answers: Answers) -> None:
            if answers["choice"] == questions.STOP:
                self.shut_down((), "the console was left", leave=True)
            else:
                self.exit(0)

        self.ask(questions.quit_question(names), confirmed, "paused; r resumes")

    def do_rollback(self) -> None:
        """Pause, ask for the step, show what would become of it, and then take it back."""
        name = self.chosen_agent()
        self.send(Pause(self.desk.operator))
        seen = self.request(Examine(name))
        if not isinstance(seen, Examined) or not seen.applied:
            self.desk.say(f"{name} has done nothing that could be taken back")
            return

        def chosen(answers: Answers) -> None:
            self._preview_rollback(name, int(answers["step"]))

        self.ask(questions.step_question(name, seen.applied), chosen, "paused; r resumes")

    def _preview_rollback(self, name: str, step: int) -> None:
        reply = self.request(PlanRollback(name, step))
        if not isinstance(reply, Planned):
            self.desk.say(getattr(reply, "sentence", "the kernel does not answer"))
            return

        def confirmed(answers: Answers) -> None:
            self.send(DoRollback(name, step, self.desk.operator, answers["reason"]))

        self.ask(questions.rollback_question(name, reply.plan), confirmed, "paused; r resumes")

    def do_veto(self) -> None:
        """Veto what is on the card; it takes effect after its undo."""
        view = self.desk.decidable(approving=False)
        if view is not None:
            self.desk.veto(view, "vetoed by the operator", self.how)

    def do_veto_reason(self) -> None:
        """Veto with a reason."""
        view = self.desk.decidable(approving=False)
        if view is None:
            return

        def confirmed(answers: Answers) -> None:
            self.desk.veto(view, answers["reason"], f"{self.how}, with reason")

        self.ask(questions.veto_question(view.request, self._alive(view.request.id)), confirmed)

    def do_approve(self) -> None:
        """Approve what is on the card: one step for advisory, two for caution and warning."""
        view = self.desk.decidable(approving=True)
        if view is None:
            return
        how = self.how
        if not self.desk.takes_two_steps(view):
            self.desk.approve(view, "", how)
            self.refresh_news()
            return
        number = view.request.id

        def confirmed(answers: Answers) -> None:
            if self.desk.opened == number:
                self.desk.approve(view, answers["reason"], f"{how}, two steps")
                self.refresh_news()

        action, digest, differs = self.desk.what_runs(view)
        self.ask(
            questions.approve_question(view, action, digest, differs, self._alive(number)),
            confirmed,
        )

    def do_edit(self) -> None:
        """Change the arguments of what is on the card."""
        view = self.desk.decidable(approving=True)
        if view is None:
            return
        action, _, _ = self.desk.what_runs(view)
        question = questions.edit_question(
            view, action, lambda edited: self.desk.edit(view, edited), self._alive(view.request.id)
        )
        self.ask(question, lambda answers: None)

    def do_defer(self) -> None:
        """Put what is on the card behind the others of its level."""
        self.desk.defer()

    def do_undo(self) -> None:
        """Take back the last pending decision, or the edit on the card."""
        self.desk.undo()

    def do_grant(self) -> None:
        """Approve what is on the card, and more of its kind for a while."""
        view = self.desk.decidable(approving=True)
        if view is None:
            return
        how = self.how

        def confirmed(answers: Answers) -> None:
            if "minutes" in answers and self.desk.opened == view.request.id:
                seconds, uses = 60.0 * int(answers["minutes"]), int(answers["uses"])
                self.desk.grant(view, seconds, uses, answers["reason"], how)
                self.refresh_news()

        problem = self.desk.grant_problem(view)
        self.ask(questions.grant_question(view, problem, self._alive(view.request.id)), confirmed)

    def do_mark(self) -> None:
        """Mark the request under the cursor."""
        if isinstance(self.screen, Operations):
            self.desk.mark(self.screen.cursor_id())

    def do_answer_marked(self) -> None:
        """Answer all marked requests at once, where they may go together."""
        views = self.desk.marked_views()
        if not views:
            self.desk.say("nothing is marked: x marks the request under the cursor")
            return
        problem = "the terminal is smaller than 80x24" if self.desk.small else ""
        problem = problem or self.desk.marked_problem()

        def confirmed(answers: Answers) -> None:
            self.desk.answer_marked(DecisionKind(answers["choice"]), answers["reason"])
            self.refresh_news()

        self.ask(questions.marked_question(views, problem), confirmed)

    def do_open(self) -> None:
        """Open the request under the cursor. Enter never approves."""
        if isinstance(self.screen, Operations):
            self.open_card(self.screen.cursor_id())

    def do_close(self) -> None:
        """Close the card, or the screen on top."""
        if isinstance(self.screen, Operations):
            self.desk.close()
        else:
            self.pop_screen()

    def do_go(self) -> None:
        """Open the request of the alarm."""
        current = self.alarms.current(self.scene, self.desk.opened)
        if current is not None:
            self.open_card(current.request.id)

    def do_mute(self) -> None:
        """Silence the alarm that is shown; the next one rings again."""
        current = self.alarms.current(self.scene, self.desk.opened)
        if current is not None:
            self.alarms.mute(current.request.id)
            self.desk.say(f"the alarm of {current.request.id} is muted; the next one rings")

    def do_page_down(self) -> None:
        """Read on."""
        if isinstance(self.screen, Operations):
            self.screen.page(1)

    def do_page_up(self) -> None:
        """Read back."""
        if isinstance(self.screen, Operations):
            self.screen.page(-1)

    def do_filter(self) -> None:
        """Show only the feed lines with some words."""
        screen = self.screen
        if isinstance(screen, Operations):
            question = questions.filter_question(screen.filter)
            self.ask(question, lambda answers: screen.set_filter(answers["words"]))

    def do_agent(self) -> None:
        """Show all of the chosen agent."""
        self.show_agent(self.chosen_agent())

    def show_agent(self, name: str) -> None:
        """Show all of one agent."""
        if name in self.scene.members:
            self.push_screen(AgentPage(name))

    def do_findings(self) -> None:
        """List what the analyzer found."""
        self.push_screen(FindingsPage())

    def do_episodes(self) -> None:
        """Browse the log."""
        self.push_screen(EpisodesPage())

    def do_grants(self) -> None:
        """List the standing grants."""
        self.push_screen(GrantsPage())

    def revoke(self, grant: str) -> None:
        """Take a standing grant back."""
        self.send(Revoke(grant, self.desk.operator))

    def fork(self, episode: str, step: int) -> None:
        """Ask what is decided otherwise, and run the branch; its requests join the queue."""

        def confirmed(answers: Answers) -> None:
            kind = DecisionKind(answers["choice"])
            call = Fork(episode, step, kind, self.desk.operator, answers["reason"])
            self.send(call)
            self.notify(self.desk.note_line(), markup=False)

        self.ask(questions.fork_question(episode, step), confirmed)

    def _tab(self, number: int) -> None:
        if isinstance(self.screen, Operations):
            self.screen.show_tab(number)

    def do_queue_tab(self) -> None:
        """Show queue and card on a narrow screen."""
        self._tab(1)

    def do_feed_tab(self) -> None:
        """Show the feed on a narrow screen."""
        self._tab(2)

    def do_agents_tab(self) -> None:
        """Show agents and world on a narrow screen."""
        self._tab(3)

    def do_operator(self) -> None:
        """Let another person take the desk."""

        def confirmed(answers: Answers) -> None:
            self.desk.operator = answers["operator"]
            self.desk.close()
            self.desk.say(f"{printable(answers['operator'])} has the desk")

        self.ask(questions.operator_question(self.desk.operator), confirmed)

    def do_help(self) -> None:
        """Show the action table."""
        self.push_screen(HelpPage())

    def do_palette(self) -> None:
        """Find an action by its name."""
        self.action_command_palette()
