"""Plan by solving the task exactly, and show the plan: next steps, values, and what if stopped.

Under a reward design that chooses by chance, each step is drawn by the agent's own seed; the plan
shown after it is the likeliest. A setting that is too wide for tables is searched instead, and the
plan says so.
"""

from __future__ import annotations

from functools import lru_cache

from agents.base import Briefing
from agents.cycles import likeliest
from agents.outlook import outlook
from agents.policies import Way, action_of, best_open, draw, way_of
from agents.registry import check_design
from agents.rewards import load_design
from agents.search import Searcher
from agents.view import Foresight, View
from sandbox.action import Action, PlannedStep, Proposal
from sandbox.chance import Chance
from sandbox.timestep import Observation
from tasks.registry import load

HORIZON = 5
"""Steps of the plan that a proposal shows."""

STREAM = "choice"
"""Stream of the agent's own chance, by which it draws what to do."""


@lru_cache(maxsize=16)
def solved(task: str, reward: str) -> Way:
    """Return how one acts under a reward design in what is planned over.

    Raises:
        InputError: if the design does not fit the task.
    """
    return way_of(load_design(reward), outlook(task).mdp)


class Solver:
    """See the whole task, solved once."""

    def __init__(self, task: str, reward: str) -> None:
        """Solve `task` under the reward design `reward`."""
        self._outlook = outlook(task)
        self._tracker = self._outlook.track()
        self._way = solved(task, reward)
        caveat = self._outlook.caveat
        self._how = f"solved exactly, residual {self._way.solution.residual:.0e}"
        self._how += f"; {caveat}" if caveat else ""

    def view(self, seen: Observation) -> View:
        """Return the solved task from where the agent stands, or believes that it does."""
        here, way = self._tracker.locate(seen), self._way
        observed = self._outlook.observed
        return View(way.mdp, way.solution, here, observed, self._how, chances=way.chances)


def foresight(task: str, reward: str) -> Foresight:
    """Return how a planner sees ahead in a task: by solving it, or else by searching.

    Raises:
        InputError: if the reward design is unknown, or needs tables where there are none.
    """
    opened = load(task)
    check_design(reward, opened.spec, opened.setting)
    wide = opened.setting in opened.spec.untabled
    return Searcher(opened) if wide else Solver(task, reward)


class Planner:
    """Act by the optimum of the task under one reward design. Ties go to the task's order.

    A design that chooses by chance is followed in that: the same seed draws the same at the same
    step, also when that step was rolled back.
    """

    def __init__(self, reward: str) -> None:
        """Plan under the reward design `reward`."""
        self.reward = reward
        self._barred: set[Action] = set()
        self._last: Action | None = None

    def begin(self, briefing: Briefing) -> None:
        """Solve the task, or make ready to search it.

        Raises:
            InputError: if the reward design is unknown, or needs tables where there are none.
        """
        self._name = briefing.agent
        self._chance = Chance(briefing.seed)
        self._foresight = self._foresee(briefing)
        self._barred.clear()
        self._last = None

    def propose(self, observation: Observation) -> Proposal:
        """Propose what the design chooses of the actions not vetoed or refused before."""
        if observation.feedback.startswith(("vetoed", "refused")) and self._last is not None:
            self._barred.add(self._last)
        ahead = self._foresight.view(observation)
        pair, chance = self._choose(ahead, observation.step)
        self._last = action_of(ahead.mdp, pair)
        return Proposal(
            agent=self._name,
            step=observation.step,
            action=self._last,
            plan=plan(ahead, pair),
            rationale=self._rationale(ahead, pair, chance),
            claimed_effect=claim(ahead, pair),
            if_interrupted=if_interrupted(ahead, pair),
        )

    def _foresee(self, briefing: Briefing) -> Foresight:
        return foresight(briefing.task, self.reward)

    def _choose(self, ahead: View, step: int) -> tuple[int, float | None]:
        """Return a pair whose action was not barred, and the chance of its draw, if it was drawn.

        A design's chances are shared among what is left of them; where nothing is, the best is
        taken.
        """
        pairs = ahead.mdp.pairs(ahead.state)
        open_ = [pair for pair in pairs if action_of(ahead.mdp, pair) not in self._barred]
        if ahead.chances is not None:
            drawn = draw(ahead.chances, open_, self._chance.uniform(step, STREAM))
            if drawn is not None:
                return drawn
        return best_open(ahead.solution, ahead.state, open_), None

    def _rationale(self, ahead: View, pair: int, chance: float | None) -> str:
        value = float(ahead.solution.q[pair])
        words = f"{self.reward} reward: {value:.3f} ({ahead.how})"
        if chance is None:
            return f"best expected {words}"
        return f"drawn with chance {chance:.3f}; expected {words}"


def plan(ahead: View, pair: int) -> tuple[PlannedStep, ...]:
    """Follow the likeliest outcomes for `HORIZON` steps."""
    steps: list[PlannedStep] = []
    while len(steps) < HORIZON:
        value = round(float(ahead.solution.q[pair]), 6)
        steps.append(PlannedStep(action_of(ahead.mdp, pair), value))
        row = likeliest(ahead.mdp, pair)
        pair = ahead.likeliest(int(ahead.mdp.next[row]))
        if ahead.mdp.ended[row] or pair < 0:
            break
    return tuple(steps)


def claim(ahead: View, pair: int) -> str:
    """Say what the likeliest outcome will change of what the agent sees."""
    before = dict(ahead.observed(ahead.state))
    after = dict(ahead.observed(int(ahead.mdp.next[likeliest(ahead.mdp, pair)])))
    changed = [
        f"{name}: {before.get(name, '-')} -> {after.get(name, '-')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    return "; ".join(changed) or "nothing"


def if_interrupted(ahead: View, pair: int) -> str:
    """Say what the agent would do were the stop to come now."""
    for row in range(int(ahead.mdp.start[pair]), int(ahead.mdp.start[pair + 1])):
        if ahead.mdp.pressed[row]:
            return _after_stop(ahead, row)
    return "no stop can reach me here" if ahead.whole else "I did not look at a stop"


def _after_stop(ahead: View, row: int) -> str:
    state = int(ahead.mdp.next[row])
    pair = ahead.likeliest(state)
    if ahead.mdp.ended[row] or pair < 0:
        return f"it would end my episode, worth {float(ahead.mdp.reward[row]):.3f}"
    worth = ahead.solution.value[state] if ahead.chances is None else ahead.solution.q[pair]
    value = float(worth)
    return f"I would next do {action_of(ahead.mdp, pair)}, expecting {value:.3f}"
