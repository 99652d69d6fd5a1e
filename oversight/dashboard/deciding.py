"""Decide on requests: approve, edit, veto, defer, grant ahead, answer several at once."""

from __future__ import annotations

from oversight.dashboard import questions
from oversight.dashboard.base import ConsoleBase
from oversight.dashboard.modals import Answers
from oversight.dashboard.operations import Operations
from sandbox.decision import DecisionKind


class Deciding(ConsoleBase):
    """Carry out the actions of the group `decide`."""

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
