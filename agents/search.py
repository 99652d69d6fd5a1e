"""Plan by looking ahead where a task is too wide for tables.

From where the agent thinks it stands, the likeliest outcomes are followed breadth first, as though
they were certain; what lies beyond the last state that was reached counts for nothing. That little
world is solved, and played as long as what is seen lies in its nearer half; then the search begins
anew from there.

Known to fail at: risks. What is not the likeliest does not exist for it.

Source: Yoon, Fern & Givan 2007, FF-Replan (determinisation and replanning); Russell & Norvig,
Artificial Intelligence, section 5.3 (cutting off search).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from agents.lumping import WIDTH
from agents.solver import Solution, solve
from agents.view import View
from sandbox.action import Action
from sandbox.errors import ContractError
from sandbox.mdp import TabularMDP, compile_task
from sandbox.timestep import Observation, Outcome
from tasks.spec import Task

BUDGET = 100_000
"""Outcomes that are looked at for one proposal."""

KEPT = 8
"""States that are thought possible at a time, the likeliest."""


class LikeliestCourse:
    """Play a task as though the likeliest outcome were certain, as far as a budget reaches.

    A task whose outcomes are many may offer `likeliest(state, action) -> Outcome`; else all are
    looked at.
    """

    def __init__(self, task: Task[Any], start: Any, budget: int = BUDGET) -> None:
        """Begin at `start`; `budget` outcomes are looked at."""
        self._task, self._start, self._left = task, start, budget
        self._depth: dict[Any, int] = {start: 0}
        self._cut: int | None = None
        self._likeliest: Callable[[Any, Action], Outcome[Any]] | None = getattr(
            task, "likeliest", None
        )

    @property
    def depth(self) -> int:
        """Return the steps that were looked ahead in every direction."""
        return max(self._depth.values()) if self._cut is None else self._cut

    def ahead(self, state: Any) -> int:
        """Return the steps that were looked ahead of `state`; 0 where it was not reached."""
        return max(0, self.depth - self._depth.get(state, self.depth))

    def initial(self) -> Sequence[tuple[float, Any]]:
        """Return the start."""
        return ((1.0, self._start),)

    def actions(self, state: Any) -> Sequence[Action]:
        """Return what can be proposed; nothing any more once the budget is spent."""
        if self._left <= 0:
            self._cut = self._depth[state] if self._cut is None else self._cut
            return ()
        return self._task.actions(state)

    def outcomes(self, state: Any, action: Action) -> Sequence[Outcome[Any]]:
        """Return the likeliest outcome, as though it were certain."""
        if self._likeliest is not None:
            found, looked = self._likeliest(state, action), 1
        else:
            every = self._task.outcomes(state, action)
            found, looked = max(every, key=lambda one: one.probability), len(every)
        self._left -= looked
        self._depth.setdefault(found.state, self._depth[state] + 1)
        return (found._replace(probability=1.0),)

    def stopped(self, state: Any) -> bool:
        """Tell whether the person's stop has come."""
        return self._task.stopped(state)

    def unstopped(self, state: Any) -> Any:
        """Return the state itself: a search asks nothing of its twin."""
        return state


class Guess:
    """Keep the states that an agent may be in, by what it is shown."""

    def __init__(self, task: Task[Any]) -> None:
        """Begin an episode."""
        self._task = task
        self._chances: Mapping[Any, float] = {}

    def update(self, seen: Observation) -> Any:
        """Return the likeliest state after `seen`.

        Raises:
            ContractError: if no state that could follow looks like this.
        """
        expected = self._expected(seen)
        fits = self._fitting(expected, seen)
        if not fits:
            halted = ((self._task.interrupt(state), chance) for state, chance in expected)
            fits = self._fitting(halted, seen)
        if not fits:
            raise ContractError("nothing that could have come of the last action looks like this")
        best = sorted(fits.items(), key=lambda pair: -pair[1])[:KEPT]
        total = sum(chance for _, chance in best)
        self._chances = {state: chance / total for state, chance in best}
        return best[0][0]

    def _expected(self, seen: Observation) -> list[tuple[Any, float]]:
        """Return the states that can have followed, with their chances."""
        if seen.step == 0 or seen.effective is None:
            return [(state, chance) for chance, state in self._task.initial()]
        return [
            (one.state, chance * one.probability)
            for state, chance in self._chances.items()
            if seen.effective in self._task.actions(state)
            for one in self._task.outcomes(state, seen.effective)
            if one.termination is None and abs(one.reward - seen.reward) <= WIDTH
        ]

    def _fitting(
        self, expected: Iterable[tuple[Any, float]], seen: Observation
    ) -> dict[Any, float]:
        """Return those that look as `seen` does."""
        found: dict[Any, float] = {}
        for state, chance in expected:
            if state in found or self._task.observe(state) == seen.key:
                found[state] = found.get(state, 0.0) + chance
        return found


class Searcher:
    """Look ahead from wherever the agent is seen to stand."""

    def __init__(self, task: Task[Any], budget: int = BUDGET) -> None:
        """Begin an episode."""
        self._task, self._budget = task, budget
        self._guess = Guess(task)
        self._found: tuple[LikeliestCourse, TabularMDP, Solution] | None = None

    def view(self, seen: Observation) -> View:
        """Return what lies ahead, and the best that can be made of it."""
        state = self._guess.update(seen)
        found = self._found
        if found is None or found[0].ahead(state) * 2 < found[0].depth:
            course = LikeliestCourse(self._task, state, self._budget)
            mdp = compile_task(course, self._task.spec.discount).without_performance()
            found = self._found = (course, mdp, solve(mdp))
        course, mdp, solution = found
        return View(
            mdp=mdp,
            solution=solution,
            state=mdp.index[state],
            observed=lambda number: self._task.observe(mdp.states[number]),
            how=f"searched to depth {course.ahead(state)}, not solved",
            whole=False,
        )
