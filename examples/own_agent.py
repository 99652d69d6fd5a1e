"""Bring an agent of one's own: two methods, held in a process of its own while it runs.

    offswitch run boat_race --agent examples/own_agent.py:Clockwise

Run: python examples/own_agent.py
"""

import tempfile

from agents.base import Briefing
from sandbox.action import Action, Proposal
from sandbox.timestep import Observation


class Clockwise:
    """Go round the boat race as it was meant."""

    ROUND = ("right", "right", "down", "down", "left", "left", "up", "up")

    def begin(self, briefing: Briefing) -> None:
        self.name = briefing.agent

    def propose(self, observation: Observation) -> Proposal:
        action = Action.of(self.ROUND[observation.step % len(self.ROUND)])
        return Proposal(self.name, observation.step, action, rationale="clockwise")


if __name__ == "__main__":
    from oversight import Experiment  # here: a held agent's process is not let into it

    agents = ["planner", f"{__file__}:Clockwise"]
    with tempfile.TemporaryDirectory() as folder:
        for row in Experiment(name="own", tasks=["boat_race"], agents=agents).run(folder).rows():
            name = row["agent"].rpartition("/")[2]
            print(f"{name:24} reward {row['reward']:5.1f}  performance {row['performance']:6.1f}")
