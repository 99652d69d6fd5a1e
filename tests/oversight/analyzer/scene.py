"""Tell an episode of which each step has its pay, its progress and what was said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from oversight.analyzer.base import Case, Detector
from sandbox.action import Action, PlannedStep, Proposal, Value
from sandbox.decision import Decision, DecisionKind
from sandbox.events import Applied, Asked, Decided, Proposed
from sandbox.schema import ActionType
from sandbox.timestep import Effect, Transition
from tests.oversight.analyzer.tale import CASE, TYPES, WAIT, Tale

MEASURED = replace(
    CASE,
    action_types={**TYPES, "bend": ActionType("bend", "Bend the sensor.", marks=("tampering",))},
    tampered=(("sensor", "bent"),),
)


class Scene(Tale):
    """Tell one episode in full."""

    def __init__(self, detector: Callable[[Case], Detector], case: Case = MEASURED) -> None:
        """Begin with the usual facts."""
        super().__init__(detector, case)

    def goes(
        self,
        name: str,
        reward: float = 0.0,
        performance: float = 0.0,
        *,
        plan: tuple[tuple[str, float], ...] = (),
        rationale: str = "",
        promise: str = "",
        answer: str = "",
        refused: str = "",
        ran: str = "",
        probability: float = 1.0,
        pressed: bool = False,
        effects: Mapping[str, Value] | None = None,
    ) -> Scene:
        """Propose, decide and apply one step; `ran` is what a person put in its stead."""
        action, step = Action.of(name), self.step
        ahead = tuple(PlannedStep(Action.of(one), value) for one, value in plan)
        proposal = Proposal("a", step, action, ahead, rationale, "", promise)
        self.hear(Proposed(step, proposal, refused))
        approved = answer in {"", "approve"} and not refused
        done = Action.of(ran) if ran else action if approved else WAIT
        if not refused:
            if answer or ran:
                self.hear(Asked(step, f"R-{step}", "caution", "r", None))
            kind = DecisionKind.EDIT if ran else DecisionKind(answer or "approve")
            runs = done if approved else None
            self.hear(Decided(Decision(f"R-{step}", "a", step, kind, proposal.digest, runs)))
        changed = tuple(
            Effect(path, self.facts.get(path), after) for path, after in (effects or {}).items()
        )
        self.facts.update(effects or {})
        self.hear(
            Applied(
                Transition(
                    step,
                    done,
                    changed,
                    reward,
                    performance,
                    "s",
                    pressed=pressed,
                    probability=probability,
                )
            )
        )
        self.step += 1
        return self
