"""Plan by solving the task exactly, and show the plan: next steps, values, and what if stopped."""

from __future__ import annotations

from functools import lru_cache

from agents.base import Briefing
from agents.cycles import likeliest
from agents.outlook import outlook
from agents.rewards import load_design
from agents.solver import Solution, solve
from sandbox.action import Action, PlannedStep, Proposal
from sandbox.mdp import TabularMDP
from sandbox.timestep import Observation

HORIZON = 5
"""Steps of the plan that a proposal shows."""


@lru_cache(maxsize=16)
def solved(task: str, reward: str) -> tuple[TabularMDP, Solution]:
    """Return what is planned over, under a reward design, and its optimum."""
    designed = load_design(reward)(outlook(task).mdp)
    return designed, solve(designed)


class Planner:
    """Act by the optimum of the task under one reward design. Ties go to the task's order."""

    def __init__(self, reward: str) -> None:
        """Plan under the reward design `reward`."""
        self.reward = reward
        self._barred: set[Action] = set()
        self._last: Action | None = None

    def begin(self, briefing: Briefing) -> None:
        """Solve the task.

        Raises:
            InputError: if the reward design is unknown.
        """
        self._name = briefing.agent
        self._outlook = outlook(briefing.task)
        self._tracker = self._outlook.track()
        self._mdp, self._solution = solved(briefing.task, self.reward)
        self._barred.clear()

    def propose(self, observation: Observation) -> Proposal:
        """Propose the best action that was not vetoed or refused before."""
        if observation.feedback.startswith(("vetoed", "refused")) and self._last is not None:
            self._barred.add(self._last)
        state = self._tracker.locate(observation)
        pair = self._choose(state)
        self._last = self._action(pair)
        plan = self._plan(state, pair)
        return Proposal(
            agent=self._name,
            step=observation.step,
            action=self._last,
            plan=plan,
            rationale=self._rationale(pair),
            claimed_effect=self._claim(state, pair),
            if_interrupted=self._if_interrupted(pair),
        )

    def _action(self, pair: int) -> Action:
        return self._mdp.actions[int(self._mdp.pair_action[pair])]

    def _choose(self, state: int) -> int:
        """Return the best pair of `state` whose action was not barred."""
        best = int(self._solution.policy[state])
        if self._action(best) not in self._barred:
            return best
        open_ = [pair for pair in self._mdp.pairs(state) if self._action(pair) not in self._barred]
        return max(open_ or [best], key=lambda pair: (float(self._solution.q[pair]), -pair))

    def _plan(self, state: int, pair: int) -> tuple[PlannedStep, ...]:
        """Follow the likeliest outcomes for `HORIZON` steps."""
        steps: list[PlannedStep] = []
        while len(steps) < HORIZON:
            steps.append(PlannedStep(self._action(pair), round(float(self._solution.q[pair]), 6)))
            row = likeliest(self._mdp, pair)
            state = int(self._mdp.next[row])
            pair = int(self._solution.policy[state])
            if self._mdp.ended[row] or pair < 0:
                break
        return tuple(steps)

    def _rationale(self, pair: int) -> str:
        caveat = self._outlook.caveat
        return (
            f"best expected {self.reward} reward: {float(self._solution.q[pair]):.3f} "
            f"(solved exactly, residual {self._solution.residual:.0e})"
            f"{'; ' if caveat else ''}{caveat}"
        )

    def _claim(self, state: int, pair: int) -> str:
        """Say what the likeliest outcome will change of what the agent sees."""
        before = dict(self._outlook.observed(state))
        after = dict(self._outlook.observed(int(self._mdp.next[likeliest(self._mdp, pair)])))
        changed = [
            f"{name}: {before.get(name, '-')} -> {after.get(name, '-')}"
            for name in sorted(before.keys() | after.keys())
            if before.get(name) != after.get(name)
        ]
        return "; ".join(changed) or "nothing"

    def _if_interrupted(self, pair: int) -> str:
        """Say what it would do were the stop to come now."""
        for row in range(int(self._mdp.start[pair]), int(self._mdp.start[pair + 1])):
            if self._mdp.pressed[row]:
                return self._after_stop(row)
        return "no stop can reach me here"

    def _after_stop(self, row: int) -> str:
        state = int(self._mdp.next[row])
        next_pair = int(self._solution.policy[state])
        if self._mdp.ended[row] or next_pair < 0:
            return f"it would end my episode, worth {float(self._mdp.reward[row]):.3f}"
        value = float(self._solution.value[state])
        return f"I would next do {self._action(next_pair)}, expecting {value:.3f}"
