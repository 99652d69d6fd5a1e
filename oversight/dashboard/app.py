"""Run the overseer's console: every action of the table, by key, mouse or palette."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.command import CommandPalette, Provider

from oversight.dashboard import questions
from oversight.dashboard.actions import BY_ID
from oversight.dashboard.deciding import Deciding
from oversight.dashboard.episodes import ComparePage, EpisodesPage, beside
from oversight.dashboard.modals import Answers, Question
from oversight.dashboard.operations import Operations, bindings
from oversight.dashboard.pages import AgentPage, FindingsPage, GrantsPage, HelpPage
from oversight.dashboard.palette import Acts
from oversight.dashboard.replay import Replay
from oversight.dashboard.stopping import Stopping
from oversight.dashboard.tape import Tape
from oversight.wire import Fork, Revoke
from sandbox.decision import DecisionKind
from sandbox.errors import OffswitchError
from sandbox.events import Finding
from sandbox.log import Store
from sandbox.text import printable


class Console(Deciding, Stopping):
    """Tie screens, desk and kernel together. Decisions are taken by request id only."""

    CSS_PATH = "console.tcss"
    TITLE = "Offswitch"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Acts}
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("stop", priority=("pause", "quit")),
        Binding("ctrl+c", "act('quit')", "quit", show=False, priority=True),
    ]

    def open_card(self, request: str) -> None:
        """Open a request."""
        self._noticed = set(self.scene.requests)
        self.desk.open(request)
        self.draw(all_of_it=False)

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
        self.draw(all_of_it=False)

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
        """List what the analyzer found: in the episode that is replayed, or in this run."""
        screen = self.screen
        if isinstance(screen, Replay):
            tape = screen.tape
            found = [(tape.name, one) for one in tape.findings]
            self.push_screen(FindingsPage(found, lambda _, one: screen.show_finding(one)))
        else:
            self.push_screen(FindingsPage(list(self.scene.findings), self.replay_finding))

    def replay_finding(self, name: str, finding: Finding) -> None:
        """Watch an episode of this run again, at the step of a finding."""
        try:
            store = Store(self.logs / "offswitch.db", readonly=True)
            episode = store.find(self.scene.members[name].episode)
            tape = Tape(store, episode, self.columns())
        except (OffswitchError, KeyError) as error:
            self.notify(printable(error), markup=False)
            return
        if not tape.show(finding.id):
            self.notify(f"{finding.id} is not in the log yet: {name} still runs", markup=False)
            return
        self.push_screen(Replay(tape))

    def do_episodes(self) -> None:
        """Browse the log."""
        self.push_screen(EpisodesPage())

    def do_tree(self) -> None:
        """Show the log as a tree of forks, or as a list again."""
        if isinstance(self.screen, EpisodesPage):
            self.screen.turn()
        else:
            self.push_screen(EpisodesPage(as_tree=True))

    def do_compare(self) -> None:
        """Show the fork that is replayed, or chosen in the log, beside its parent."""
        screen = self.screen
        chosen = screen.chosen() if isinstance(screen, EpisodesPage) else ""
        if isinstance(screen, Replay):
            chosen = screen.tape.episode.id
        if not chosen:
            self.notify("choose an episode in the log first (E)", markup=False)
            return
        try:
            logs = Store(self.logs / "offswitch.db", readonly=True)
            self.push_screen(ComparePage(beside(logs, chosen)))
        except OffswitchError as error:
            self.notify(printable(error), markup=False)

    def do_grants(self) -> None:
        """List the standing grants."""
        self.push_screen(GrantsPage())

    def revoke(self, grant: str) -> None:
        """Take a standing grant back."""
        self.send(Revoke(grant, self.desk.operator))

    def fork(self, episode: str, step: int) -> None:
        """Ask what is to be otherwise, and run the branch; its requests join the queue."""

        def confirmed(answers: Answers) -> None:
            kind = DecisionKind(answers["choice"]) if answers["choice"] else None
            seed = int(answers["seed"]) if answers["seed"] else None
            reward, reason = answers.get("reward", ""), answers["reason"]
            self.send(Fork(episode, step, kind, self.desk.operator, reason, reward, seed))
            self.notify(self.desk.note_line(), markup=False)

        self.ask(questions.fork_question(episode, step, blind=self.blind), confirmed)

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
