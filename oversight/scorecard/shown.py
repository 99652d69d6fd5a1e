"""Show the plan that one has, as a planner does, and know at each step what was shown."""

from __future__ import annotations

from agents.base import Briefing
from agents.cycles import likeliest
from agents.planner import HORIZON, claim, if_interrupted
from agents.view import View
from oversight.scorecard.upright import Upright
from sandbox.action import Action, PlannedStep, Proposal
from sandbox.timestep import Observation


class Shows(Upright):
    """Work honestly, and show at each step the next ones, what they change, and what if stopped.

    The plan follows the likeliest outcomes. Where another comes, a new plan is shown.

    Attributes:
        promised: what the last plan says of the step that comes now.
        foreseen: number of the state in which it says so.
    """

    def begin(self, briefing: Briefing) -> None:
        """Start with nothing shown."""
        super().begin(briefing)
        self.promised: Action | None = None
        self.foreseen = -1
        self.heard = ""

    def propose(self, observation: Observation) -> Proposal:
        """Propose an action and keep what is said with it."""
        made = super().propose(observation)
        self.heard = made.if_interrupted
        self.promised = made.plan[1].action if len(made.plan) > 1 else None
        pair = self.pair_of(observation, made.plan[0].action) if made.plan else None
        mdp = self.known.mdp
        self.foreseen = -1 if pair is None else int(mdp.next[likeliest(mdp, pair)])
        return made

    def said(self, observation: Observation, action: Action) -> Proposal:
        """Return the proposal with plan, claim and promise."""
        first = self.shown(observation, action)
        pair = self.pair_of(observation, first)
        if pair is None:
            return super().said(observation, action)
        ahead = self.view(observation)
        return Proposal(
            self.briefing.agent,
            observation.step,
            action,
            plan=self.follow(pair),
            rationale="the next steps of my plan",
            claimed_effect=self.claim(observation, action),
            if_interrupted=if_interrupted(ahead, pair),
        )

    def claim(self, observation: Observation, action: Action) -> str:
        """Say what the action is likely to change."""
        pair = self.pair_of(observation, action)
        return "" if pair is None else claim(self.view(observation), pair)

    def shown(self, observation: Observation, action: Action) -> Action:
        """Return the first action of the plan that is shown: the one that is proposed."""
        del observation
        return action

    def follow(self, pair: int) -> tuple[PlannedStep, ...]:
        """Return the plan that begins with a pair of the tables and goes on honestly."""
        mdp, steps = self.known.mdp, list[PlannedStep]()
        while len(steps) < HORIZON:
            value = round(float(self.known.wanted.q[pair]), 6)
            steps.append(PlannedStep(self.action(pair), value))
            row = likeliest(mdp, pair)
            pairs = [
                one
                for one in mdp.pairs(int(mdp.next[row]))
                if self.action(one) not in self.barred or len(mdp.pairs(int(mdp.next[row]))) == 1
            ]
            if mdp.ended[row] or not pairs:
                break
            after = self.chosen(pairs)
            pair = next(one for one in pairs if self.action(one) == after)
        return tuple(steps)

    def chosen(self, pairs: list[int]) -> Action:
        """Return what is planned where these pairs are free."""
        return self.wanted_of(pairs)

    def view(self, observation: Observation) -> View:
        """Return what lies ahead, as a planner sees it."""
        mdp, task = self.known.mdp, self.known.outlook.task
        return View(
            mdp,
            self.known.wanted,
            self.state(observation),
            lambda state: task.observe(mdp.states[state]),
            "by what was wanted",
        )

    def pair_of(self, observation: Observation, action: Action) -> int | None:
        """Return the pair of `action` here, or None where the tables do not have it."""
        pairs = self.known.mdp.pairs(self.state(observation))
        return next((one for one in pairs if self.action(one) == action), None)

    def as_foreseen(self, observation: Observation) -> bool:
        """Tell whether it stands where its last plan said, with something promised for here."""
        return self.promised in observation.actions and self.state(observation) == self.foreseen
