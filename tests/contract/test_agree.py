"""One definition, three ways to play it: world, tables and batch agree under the same luck."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sandbox.batch import BatchSimulator
from sandbox.chance import Chance
from sandbox.walk import TableWalk
from tests.contract.cases import Case, apply

EPISODES, STEPS = 6, 30
ROUNDING = 1e-12
"""By how much an encoder's products may differ from the task's own."""


class Step(NamedTuple):
    """Hold one step that world and table walk took alike, and where it led."""

    pair: int
    uniform: float
    reward: float
    state: int
    done: bool


def walked(case: Case, walk: TableWalk, seed: int) -> list[Step]:
    """Walk world and tables side by side under the luck of `seed`."""
    mdp, world, steps = case.mdp, case.world(seed), []
    assert mdp.performance is not None
    walk.begin(world.chance.uniform(-1))
    for step in range(STEPS):
        assert mdp.states[walk.state] == world.state
        offered = [mdp.actions[int(mdp.pair_action[pair])] for pair in walk.choices]
        assert offered == list(world.rules.actions(world.state))
        if world.done:
            break
        pair = walk.choices[int(Chance(seed).uniform(step, "pick") * len(offered))]
        uniform = world.chance.uniform(step)
        moved = apply(world, mdp.actions[int(mdp.pair_action[pair])])
        reward = walk.step(pair, uniform)
        played = (moved.reward, moved.performance, moved.probability)
        held = (reward, mdp.performance[walk.row], mdp.probability[walk.row])
        assert np.allclose(played, held, rtol=0, atol=ROUNDING)
        assert moved.pressed == mdp.pressed[walk.row]
        assert world.done == (walk.done or world.step == world.max_steps)
        steps.append(Step(pair, uniform, reward, walk.state, walk.done))
    return steps


def test_world_tables_and_batch_agree_on_random_walks(case: Case) -> None:
    walk = TableWalk(case.mdp)
    episodes = [walked(case, walk, seed) for seed in range(EPISODES)]
    batch = BatchSimulator(case.mdp, EPISODES, 0)
    batch.begin_with(np.array([Chance(seed).uniform(-1) for seed in range(EPISODES)]))
    for step in range(max(map(len, episodes))):
        taken = [steps[min(step, len(steps) - 1)] for steps in episodes]
        still = [len(steps) > step for steps in episodes]
        pairs, luck = (np.array([getattr(one, name) for one in taken]) for name in Step._fields[:2])
        cut = ~batch.done & ~np.array(still)
        reward, done = batch.step_with(pairs, luck)
        wanted = [one.reward if live else 0.0 for one, live in zip(taken, still, strict=True)]
        assert (reward[~cut] == np.array(wanted)[~cut]).all()
        assert (batch.state[~cut] == np.array([one.state for one in taken])[~cut]).all()
        assert (done[~cut] == np.array([one.done for one in taken])[~cut]).all()
