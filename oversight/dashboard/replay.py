"""Watch an episode again on the operations screen, with decisions dead."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer

from oversight.dashboard import card, panes
from oversight.dashboard.card import Sheet
from oversight.dashboard.modals import Answers
from oversight.dashboard.operations import Operations, bindings
from oversight.dashboard.questions import seek_question
from oversight.dashboard.scene import Scene
from oversight.dashboard.tape import Tape, how_decided
from sandbox.events import Finding
from sandbox.schema import Stakes
from sandbox.text import printable

SPEEDS = (0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0)
"""Events a second at which it can play."""

WIDE = 98
"""Columns from which on an episode's whole id is written beside the timeline."""

LEGEND = "D decision   F finding   | this place   "

USUAL = SPEEDS.index(2.5)

LISTED = 500
"""Episodes that are listed, the newest."""

MOST = 2
"""Findings that are written out at their step."""


class Replay(Operations):
    """Show the operations screen of an episode that is over, or was up to now."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("replay", "log")
    live = False

    def __init__(self, tape: Tape) -> None:
        """Stand at the tape's place."""
        super().__init__()
        self.tape = tape
        self._scene = tape.scene()
        self._playing: Timer | None = None
        self._pace = USUAL

    @property
    def speed(self) -> float:
        """Return the events a second at which it plays."""
        return SPEEDS[self._pace]

    @property
    def scene(self) -> Scene:
        """Return the scene of this place."""
        return self._scene

    @property
    def opened(self) -> str:
        """Return the request of this place: its card is open by itself."""
        return self.tape.frame.request.id if self.tape.frame.request else ""

    @property
    def watched(self) -> str:
        """Return the one agent."""
        return self.tape.name

    def order(self) -> list[str]:
        """Return the request of this place."""
        return list(self._scene.requests)

    def sheet(self) -> Sheet | None:
        """Return the card as it stood, and how it was decided."""
        frame = self.tape.frame
        if frame.request is None:
            return None
        return Sheet(
            view=self._scene.requests[frame.request.id],
            standing=self._scene.standings.get(frame.request.id),
            agent="" if self.app.blind else str(self.tape.header["agent"]),
            decided=how_decided(frame.decision) if frame.decision else "",
            stage=self._scene.members[self.tape.name].stage,
        )

    def look(self) -> None:
        """Note nothing: nobody decides here."""

    def _draw_alarm(self) -> None:
        """Draw the timeline where the alarm stands in a live run."""
        width = max(10, self.size.width - 2)
        name = self.tape.episode.id if width >= WIDE else self.tape.episode.id[-6:]
        how = "plays " if self._playing else ""
        word = f" REPLAY  {name}  {self._scene.replay}  {how}{self.speed:g}/s "
        line = self.tape.timeline(width - len(word) - 2)
        self._put("alarm", Content.assemble((word, "reverse"), f" {line}"))

    def _draw_foot(self) -> None:
        width = self.size.width - 2
        note = self.tape.frame.fault or "decisions are dead here: this has happened"
        found = self.tape.found_here()
        lines = [found_line(one) for one in found[:MOST]]
        lines += [f"and {len(found) - MOST} more: F lists them"] if len(found) > MOST else []
        self._put("note", Content("\n".join(lines) or printable(note, 300)))
        self._put("keys", panes.keys(panes.REPLAY_KEYS, self.app.shown_keys, width))
        more = panes.keys(panes.REPLAY_MORE, self.app.shown_keys, width - len(LEGEND))
        self._put("base-keys", Content.assemble((LEGEND, card.GREY), more))

    def replay_act(self, number: str) -> None:
        """Step, play, seek, fork or leave."""
        if number == "close":
            self._stop()
            self.app.pop_screen()
            return
        if number == "fork":
            self._stop()
            self.app.fork(self.tape.episode.id, self.tape.step)
            return
        if number in {"replay-faster", "replay-slower"}:
            self._hurry(1 if number == "replay-faster" else -1)
            return
        if number == "replay-play":
            self._play()
            return
        self._stop()
        if number == "replay-seek":
            self._ask_step()
            return
        if number == "replay-next":
            self.tape.next_mark()
        elif number == "replay-before":
            self.tape.mark_before()
        else:
            self.tape.move(1 if number == "replay-on" else -1)
        self._show()

    def show_finding(self, finding: Finding) -> None:
        """Go to the step of a finding of this episode."""
        self._stop()
        self.tape.show(finding.id)
        self._show()

    def _ask_step(self) -> None:
        """Ask for a step, and go there."""

        def confirmed(answers: Answers) -> None:
            self.tape.seek(int(answers["step"]))
            self._show()

        self.app.ask(seek_question(self.tape.step, self.tape.last), confirmed)

    def _hurry(self, by: int) -> None:
        """Play faster or slower, from now on."""
        self._pace = max(0, min(len(SPEEDS) - 1, self._pace + by))
        if self._playing is not None:
            self._playing.stop()
            self._playing = self.set_interval(1.0 / self.speed, self._on)
        self._draw_alarm()

    def _play(self) -> None:
        if self._playing is None:
            self._playing = self.set_interval(1.0 / self.speed, self._on)
            self._draw_alarm()
        else:
            self._stop()

    def _on(self) -> None:
        self.tape.move(1)
        self._show()
        if self.tape.at == len(self.tape.frames) - 1:
            self._stop()

    def _stop(self) -> None:
        if self._playing is not None:
            self._playing.stop()
            self._playing = None
            self._draw_alarm()

    def _show(self) -> None:
        self._scene = self.tape.scene()
        self.draw()


def found_line(finding: Finding) -> str:
    """Write a finding for the foot of a replay: its mark, its kind, and its sentence whole."""
    letter, word, _ = card.MARKS[Stakes(finding.severity)]
    kind = f"{printable(finding.id)} {printable(finding.detector)}"
    return f"{letter} {word}  {kind}: {printable(finding.sentence, 600)}"
