"""Stop agents, in all the ways there are: pause, interrupt, shut down, roll back, leave."""

from __future__ import annotations

import contextlib

from oversight.dashboard import questions
from oversight.dashboard.base import ConsoleBase
from oversight.dashboard.modals import Answers
from oversight.link import KernelGoneError
from oversight.remote_control import order
from oversight.wire import (
    DoRollback,
    Examine,
    Examined,
    Interrupt,
    Pause,
    Planned,
    PlanRollback,
    Resume,
    ShutDownAgents,
    Stopped,
)
from sandbox.errors import OffswitchError

DEATH = 15.0
"""Seconds that a shutdown may take until it is seen."""


class Stopping(ConsoleBase):
    """Carry out the actions of the group `stop`."""

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
