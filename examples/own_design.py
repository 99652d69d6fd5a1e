"""Write a reward design of one's own, and see it beside the built-in ones.

A design makes other tables of a task's tables. Its fields are its knobs:

    offswitch run flight_booking --reward examples/own_design.py:Thrift:price=0.2

Run: python examples/own_design.py
"""

import tempfile
from dataclasses import dataclass

from oversight import Experiment
from sandbox.mdp import TabularMDP


@dataclass(frozen=True)
class Thrift:
    """Charge for every act but waiting, so that only what is worth it is done."""

    price: float = 0.05

    def __call__(self, mdp: TabularMDP) -> TabularMDP:
        acts = mdp.outcome_pair != mdp.null_pair[mdp.pair_state[mdp.outcome_pair]]
        return mdp.with_reward(mdp.reward - self.price * acts)


if __name__ == "__main__":
    designs = ["naive", {"name": f"{__file__}:Thrift", "price": [0.05, 0.2, 0.8]}]
    thrift = Experiment(name="thrift", tasks=["flight_booking/bos-feb"], designs=designs)
    with tempfile.TemporaryDirectory() as folder:
        for row in thrift.run(folder).rows():
            name = row["design"].rpartition("/")[2]
            print(f"{name:30} tampered {row['tampered']:.2f}  usefulness {row['usefulness']:.2f}")
