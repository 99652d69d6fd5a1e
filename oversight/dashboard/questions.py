"""Word the questions of the console, and read what was filled in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oversight.dashboard.modals import REASON, Answers, Blank, Question
from oversight.request import ApprovalRequest
from oversight.rollback import RollbackPlan
from oversight.wire import RequestView
from sandbox.action import Action, Value
from sandbox.decision import DecisionKind
from sandbox.events import Remedy, scalar
from sandbox.schema import Parameter
from sandbox.text import printable

TOKEN = 4
"""Characters of the digest that must be typed."""

Alive = Callable[[], bool]


def approve_question(
    view: RequestView, action: Action, digest: str, differs: int, alive: Alive
) -> Question:
    """Return step two of approving a request of caution or higher."""
    request = view.request
    token = digest[:TOKEN]
    edited = "" if action == request.proposal.action else "  AS EDITED"
    words = "all lines of the dry run agree with what the agent says"
    if differs:
        lines = "1 line differs" if differs == 1 else f"{differs} lines differ"
        words = f"{lines} between dry run and what the agent says"
    two = "two persons must approve; the second by another name\n" if request.persons > 1 else ""
    body = (
        f"{printable(action)}{edited}\n{printable(request.agent)}, step {request.proposal.step}\n"
        f"{words}\n{two}type the first four characters of the digest: {token}"
    )
    title = f"APPROVE  {request.id}  step 2 of 2   {request.stakes.upper()}"
    token_blank = Blank("token", f"type {token}", must=token, length=TOKEN)
    return Question(title, body, (REASON, token_blank), alive=alive)


def veto_question(request: ApprovalRequest, alive: Alive) -> Question:
    """Return the question for a veto's reason."""
    return Question(f"VETO  {request.id}", printable(request.proposal.action), alive=alive)


def edit_question(
    view: RequestView, action: Action, refuse: Callable[[Action], str], alive: Alive
) -> Question:
    """Return the form of an action's arguments; `refuse` says why an edit cannot run."""
    kind = view.request.action_type
    given = action.arguments
    blanks = tuple(
        Blank(f"arg-{name}", _label(name, parameter), scalar(given.get(name)), length=10_000)
        for name, parameter in kind.parameters.items()
    )

    def check(answers: Answers) -> str:
        edited, problem = read_action(view.request, answers)
        return problem or (refuse(edited) if edited else "")

    body = f"{view.request.agent} proposes {printable(view.request.proposal.action)}"
    if not blanks:
        body += "\nit has no arguments: there is nothing to edit"
    return Question(f"EDIT  {view.request.id}", body, blanks, alive=alive, check=check)


def _label(name: str, parameter: Parameter) -> str:
    bounds = [
        f"{word} {limit:g}"
        for word, limit in (("from", parameter.minimum), ("to", parameter.maximum))
        if limit is not None
    ]
    choices = f"one of {', '.join(map(str, parameter.choices))}" if parameter.choices else ""
    parts = (parameter.kind, parameter.unit, *bounds, choices)
    return f"{name} ({' '.join(filter(None, parts))})"


def read_action(request: ApprovalRequest, answers: Answers) -> tuple[Action | None, str]:
    """Return the action that was filled in, or what is wrong with it."""
    found: dict[str, Value] = {}
    for name, parameter in request.action_type.parameters.items():
        try:
            found[name] = _read(parameter, answers[f"arg-{name}"])
        except ValueError:
            return None, f"{name} must be {parameter.kind}"
        if problem := parameter.problem(found[name]):
            return None, f"{name} {problem}"
    return Action.of(request.proposal.action.name, **found), ""


def _read(parameter: Parameter, text: str) -> Value:
    if parameter.kind == "integer":
        return int(text)
    if parameter.kind == "number":
        return float(text)
    if parameter.kind == "flag":
        words = {"true": True, "yes": True, "false": False, "no": False}
        if text.casefold() not in words:
            raise ValueError(text)
        return words[text.casefold()]
    return text


def shutdown_question(
    names: Sequence[str], chosen: str, frozen: int, *, one_first: bool
) -> Question:
    """Return the question before a shutdown; the agents are paused already.

    With `one_first` (a card is open) the one agent is chosen at first, else the whole run.
    """
    body = (
        f"{frozen} of {len(names)} agents are seen to be paused\n"
        "open requests become shut down, never vetoed or approved"
    )
    everything = ("", f"stop this run: {', '.join(names)}"[:300])
    one = [(chosen, f"stop {printable(chosen, 60)} only")] if chosen else []
    blanks = (REASON, Blank("token", "type stop", must="stop", length=4))
    choices = [*one, everything] if one_first else [everything, *one]
    return Question("SHUT DOWN", body, blanks, choices)


STOP, LEAVE = "stop", "leave"
"""What becomes of running agents when the console is left."""


def quit_question(names: Sequence[str]) -> Question:
    """Return the question before leaving while agents still run; they are paused already."""
    body = f"still running, now paused: {', '.join(names)}"[:500]
    choices = (
        (STOP, "shut them down, and leave once they are seen to be dead"),
        (LEAVE, "leave them paused; `offswitch oversee` takes the desk again"),
    )

    def check(answers: Answers) -> str:
        stops = answers["choice"] == STOP and answers["token"] != STOP
        return "type stop, or choose 2" if stops else ""

    blank = Blank("token", "type stop (not needed for 2)", needed=False, length=4)
    return Question("QUIT", body, (blank,), choices, check=check)


def marked_question(views: Sequence[RequestView], problem: str) -> Question:
    """Return the list of marked requests; they are approved only where they may go together."""
    rows = [
        f"{view.request.id}  {view.request.agent}  {printable(view.request.proposal.action, 60)}"
        f"  {view.request.digest[:4]}"
        for view in views
    ]
    choices = [(str(DecisionKind.VETO), f"veto all {len(views)}")]
    body = "\n".join(rows)
    if problem:
        body += f"\n\nthey cannot be approved together: {problem}"
    else:
        choices.append((str(DecisionKind.APPROVE), f"approve all {len(views)}"))
    count = str(len(views))
    blanks = (REASON, Blank("token", f"type {count}, their number", must=count, length=3))
    return Question("ANSWER MARKED", body, blanks, choices)


def grant_question(view: RequestView, problem: str, alive: Alive) -> Question:
    """Return the question for a standing grant."""
    request = view.request
    body = f"approve {request.id} and, for a while, more of\n{request.kind}\nby {request.agent}"
    if problem:
        return Question("GRANT AHEAD", f"{body}\n\nNOT POSSIBLE: {problem}", (), alive=alive)
    token = request.digest[:TOKEN]
    blanks = (
        Blank("minutes", "minutes, 1 to 60", "10", length=2),
        Blank("uses", "requests, 1 to 100", "5", length=3),
        REASON,
        Blank("token", f"type {token}", must=token, length=TOKEN),
    )

    def check(answers: Answers) -> str:
        sound = answers["minutes"].isdecimal() and answers["uses"].isdecimal()
        within = sound and 1 <= int(answers["minutes"]) <= 60 and 1 <= int(answers["uses"]) <= 100  # noqa: PLR2004 (as the labels say)
        return "" if within else "minutes from 1 to 60, requests from 1 to 100"

    return Question("GRANT AHEAD", body, blanks, alive=alive, check=check)


def rollback_question(agent: str, plan: RollbackPlan) -> Question:
    """Return the preview of a rollback."""
    rows = [_undoing(one.remedy, one.step, one.action, one.by) for one in plan.undoings]
    if plan.effects:
        rows.append("")
        rows += [
            f"{printable(effect.path)}: {printable(scalar(effect.before))} -> "
            f"{printable(scalar(effect.after))}"
            for effect in plan.effects
        ]
    body = "\n".join(rows)
    token = Blank("token", "type undo", must="undo", length=4)
    return Question(f"ROLL BACK  {agent} to step {plan.to}", body, (REASON, token))


def _undoing(remedy: Remedy, step: int, action: Action, by: Action | None) -> str:
    how = f"compensated by {printable(by)}, at its cost" if by else str(remedy)
    return f"step {step}  {printable(action)}: {how}"


def step_question(agent: str, applied: Sequence[tuple[int, Action]]) -> Question:
    """Return the question for the first step to take back."""
    rows = [f"{step:>4}  {printable(action)}" for step, action in applied[-12:]]
    body = "taken so far; everything from the chosen step on is taken back\n" + "\n".join(rows)
    last = str(applied[-1][0]) if applied else ""
    known = {str(step) for step, _ in applied}

    def check(answers: Answers) -> str:
        return "" if answers["step"] in known else "no such step"

    blank = Blank("step", "from step", last, length=5)
    return Question(f"ROLL BACK  {agent}", body, (blank,), check=check)


def operator_question(operator: str) -> Question:
    """Return the question for the name of who takes the desk."""
    body = f"{printable(operator)} sits here now; every decision from here on bears the new name"
    return Question("OPERATOR", body, (Blank("operator", "name", length=40),))


def filter_question(words: str) -> Question:
    """Return the question for the feed's filter."""
    body = "show only lines that hold all of these words; empty shows everything"
    return Question("FILTER", body, (Blank("words", "words", words, needed=False, length=80),))


def fork_question(episode: str, step: int, *, blind: bool) -> Question:
    """Return the question of what is otherwise from a step on; the person decides afterwards.

    `blind` does not ask for a reward design: what kind of agent it is, is not to be known.
    """
    choices = (
        ("veto", "veto what is proposed here"),
        ("approve", "approve what is proposed here"),
        ("interrupt", "interrupt the agent here"),
        ("shutdown", "shut the agent down here"),
        ("", "decide as it was, and change only what is filled in below"),
    )
    body = f"{episode} runs again to step {step}; from there on the agent acts, and asks you"
    reward = Blank("reward", "another reward design from here on (or empty)", needed=False)
    seed = Blank("seed", "another seed of the world's luck (or empty)", needed=False, length=19)
    blanks = (REASON, *(() if blind else (reward,)), seed)

    def check(answers: Answers) -> str:
        number = answers["seed"]
        if number and not (number.isascii() and number.isdecimal() and int(number) < 2**63):
            return "seed: a whole number from 0 to 2^63"
        if not (answers["choice"] or number or answers.get("reward")):
            return "nothing is otherwise: decide otherwise, or fill in a design or a seed"
        return ""

    return Question("FORK", body, blanks, choices, check=check)


def seek_question(step: int, last: int) -> Question:
    """Return the question for a step to go to."""

    def check(answers: Answers) -> str:
        number = answers["step"]
        known = number.isascii() and number.isdecimal() and int(number) <= last
        return "" if known else f"no such step: 0 to {last}"

    blank = Blank("step", f"step, 0 to {last}", length=6)
    return Question("GO TO STEP", f"now at step {step}", (blank,), check=check)
