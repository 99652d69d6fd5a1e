"""Tie screens, desk and kernel together; what the keys do stands in the classes built on this."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from textual import events
from textual.app import App
from textual.css.query import NoMatches

from oversight.dashboard.actions import ACTS, BY_ID
from oversight.dashboard.alarm import Alarms
from oversight.dashboard.desk import Desk
from oversight.dashboard.modals import Answers, Question
from oversight.dashboard.operations import Operations
from oversight.dashboard.scene import Mirror, Scene
from oversight.dashboard.world_pane import WorldPane
from oversight.link import Direct, Link
from oversight.wire import COLUMNS, Call, News, Reply
from sandbox.errors import OffswitchError

BEAT = 0.2
"""Seconds between two drawings."""

LISTEN = 0.1
"""Seconds between two questions for news."""


class ConsoleBase(App[int]):
    """Hold the mirror of the kernel and the operator's desk; listen, ring and draw."""

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
        self.pause_key = (keys or {}).get("pause", BY_ID["pause"].key)
        self.stopped_by_us = False
        self.how = "key"
        self._direct = isinstance(link, Direct)
        self._noticed: set[str] = set()
        self._titled = self._watching = ""
        self._columns = COLUMNS
        if keys:
            self.set_keymap(keys)

    async def on_event(self, event: events.Event) -> None:
        """Let the key that pauses through to nothing else: not to a field, not to the palette."""
        if isinstance(event, events.Key) and event.key == self.pause_key:
            self.action_act("pause")
            return
        await super().on_event(event)

    def action_act(self, number: str, how: str = "key") -> None:
        """Carry out an action of the table."""
        raise NotImplementedError

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
            news = self.mirror.fetch(self.desk.operator, self._watching, self._columns)
            with contextlib.suppress(RuntimeError):  # the console has just ended
                self.call_from_thread(self._heard, news)
            time.sleep(LISTEN)

    def _heard(self, news: News | None) -> None:
        if news is not None:
            self.mirror.take(news)  # drawn at the next beat: arrivals in a flood share a drawing

    def refresh_news(self) -> None:
        """Ask for news at once, so that what was just done is seen."""
        news = self.mirror.fetch(self.desk.operator, self.chosen_agent(), self.columns())
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
        self._watching, self._columns = self.chosen_agent(), self.columns()
        self.draw()

    def _name_terminal(self) -> None:
        """Write what waits into the terminal's title, the second place a person looks."""
        waiting = len(self.scene.requests)
        title = f"{waiting} waiting, offswitch" if waiting else "offswitch"
        if title != self._titled and self._driver is not None and not self.is_headless:
            self._driver.write(f"\x1b]0;{title}\x07")
            self._titled = title

    def draw(self, *, all_of_it: bool = True) -> None:
        """Draw the live operations screen, wherever it stands in the stack."""
        screen = self.operations()
        if screen is not None:
            with contextlib.suppress(NoMatches):  # it is being taken down, and lost its panes
                screen.draw(all_of_it=all_of_it)

    def fresh(self) -> list[str]:
        """Return the requests that arrived while a card was open."""
        if not self.desk.opened:
            self._noticed = set(self.scene.requests)
        return [one for one in self.scene.requests if one not in self._noticed]

    def operations(self) -> Operations | None:
        """Return the live operations screen, wherever it stands in the stack."""
        found = (one for one in self.screen_stack if isinstance(one, Operations))
        return next((one for one in found if one.live and one.ready), None)

    def columns(self) -> int:
        """Return the columns of the pane in which a world is drawn."""
        screen = self.operations()
        panes = screen.query(WorldPane).results() if screen else ()  # none once it is taken down
        return next((one.columns for one in panes), COLUMNS)

    def chosen_agent(self) -> str:
        """Return the agent of the open card, else of a cursor, else the first that runs."""
        shown = getattr(self.screen, "agent", "") if self.screen_stack else ""
        if shown in self.scene.members:
            return str(shown)
        view = self.scene.requests.get(self.desk.opened)
        screen = self.operations()
        if view is None and screen is not None:
            focused = screen.focused
            if focused is not None and focused.id == "agents":
                return screen.cursor_agent()
            view = self.scene.requests.get(screen.cursor_id())
        if view is not None:
            return view.request.agent
        running = [name for name, one in self.scene.members.items() if not one.ended]
        return (running or list(self.scene.members) or [""])[0]

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
