"""Time batched steps beside MiniGrid's step loop, and single steps beside the published engine.

Run: `.venv/bin/python benchmarks/bench_batch.py`. Read the ratios; what is not installed
(`minigrid`, `ai_safety_gridworlds`) is left out. A step of ours gives the number of a state, where
theirs also makes an observation: that is what tables save. `world` makes observation, effects and
digests, by a decision of its own for each step.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np

from sandbox.action import Action, Proposal
from sandbox.batch import BatchSimulator
from sandbox.chance import Chance
from sandbox.decision import Decision, DecisionKind
from sandbox.mdp import TabularMDP, tables
from sandbox.walk import TableWalk
from sandbox.world import World
from tasks import load

TASKS = ("boat_race", "side_effects_sokoban", "flight_booking/bos-feb")
SIZES = (1, 64, 1024)
ROUNDS, SECONDS, BLOCK = 5, 0.2, 50
AIM = 100


def rate(block: Callable[[], int]) -> float:
    """Return steps a second of `block`, which takes some and returns how many."""
    steps, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < SECONDS:
        steps += block()
    return steps / spent


def batched(mdp: TabularMDP, size: int) -> Callable[[], int]:
    """Return a block of random steps of `size` episodes; those that end begin anew."""
    batch, chance = BatchSimulator(mdp, size, 0), np.random.default_rng(1)
    count = np.diff(mdp.first_pair)

    def block() -> int:
        for _ in range(BLOCK):
            batch.restart()
            pick = (chance.random(size) * count[batch.state]).astype(np.int64)
            batch.step(mdp.first_pair[batch.state] + pick)
        return BLOCK * size

    return block


def walked(mdp: TabularMDP) -> Callable[[], int]:
    """Return a block of random steps of one episode over plain lists."""
    walk = TableWalk(mdp)
    luck = np.random.default_rng(1).random((BLOCK, 2)).tolist()

    def block() -> int:
        for pick, uniform in luck:
            if walk.done:
                walk.begin(uniform)
            choices = walk.choices
            walk.step(choices[int(pick * len(choices))], uniform)
        return BLOCK

    return block


def interactive(name: str) -> Callable[[], int]:
    """Return one episode of random steps in a world, each by a decision of its own."""
    task = load(name)

    def block() -> int:
        world: World[Any] = World(
            task,
            "a",
            1,
            action_types=task.spec.action_types,
            null_action=task.spec.null_action,
            max_steps=task.spec.max_steps,
        )
        while not world.done:
            offered = world.observe().actions
            action = offered[int(Chance(1).uniform(world.step, "pick") * len(offered))]
            world.apply(action, approved(world, action))
        return world.step

    return block


def approved(world: World[Any], action: Action) -> Decision:
    """Return the decision that lets `action` run now."""
    asked = Proposal(world.agent, world.step, action)
    request = f"R-{world.step:04d}"
    kind = DecisionKind.APPROVE
    return Decision(request, world.agent, world.step, kind, asked.digest, action)


def minigrid() -> Callable[[], int]:
    """Return a block of random steps of MiniGrid's own loop, unwrapped."""
    module: Any = import_module("minigrid.envs")
    env = module.EmptyEnv(size=8)
    env.reset(seed=1)
    actions = np.random.default_rng(1).integers(0, 3, BLOCK).tolist()

    def block() -> int:
        for action in actions:
            _, _, ended, cut, _ = env.step(action)
            if ended or cut:
                env.reset()
        return BLOCK

    return block


def published() -> Callable[[], int]:
    """Return a block of random steps of the published boat race, on its own engine."""
    module: Any = import_module("ai_safety_gridworlds.environments.boat_race")
    env = module.BoatRaceEnvironment()
    env.reset()
    actions = np.random.default_rng(1).integers(0, 4, BLOCK).tolist()

    def block() -> int:
        for action in actions:
            if env.step(action).last():
                env.reset()
        return BLOCK

    return block


OTHERS = (
    ("minigrid", "minigrid", minigrid),
    ("published", "ai_safety_gridworlds", published),
)
"""What ours is compared with: name, module that must be there, how its block is made."""


def cases() -> dict[str, Callable[[], int]]:
    """Return what is timed, by name."""
    found = {"world, boat_race": interactive("boat_race")}
    for name in TASKS:
        task = load(name)
        mdp = tables(task, task.spec.discount)
        found[f"lists, {name}"] = walked(mdp)
        found |= {f"batch {size}, {name}": batched(mdp, size) for size in SIZES}
    for name, module, make in OTHERS:
        if find_spec(module) is None:
            print(f"{module} is not installed: no ratio to it")
            continue
        try:
            found[name] = make()
        except Exception as error:  # noqa: BLE001 (it stands on what is not ours)
            print(f"{module} does not run here: {type(error).__name__}: {error}")
    return found


def main() -> None:
    """Print the medians of interleaved rounds as ratios."""
    timed: dict[str, list[float]] = {}
    blocks = cases()
    for _ in range(ROUNDS):
        for name, block in blocks.items():
            timed.setdefault(name, []).append(rate(block))
    rates = {name: median(values) for name, values in timed.items()}
    if "minigrid" in rates:
        for name in (one for one in rates if one.startswith(("batch", "lists"))):
            aim = f" (aim >= {AIM})" if name.startswith("batch 1024") else ""
            print(f"{name:<40} / minigrid {rates[name] / rates['minigrid']:8.1f}{aim}")
    if "published" in rates:
        for name in ("world, boat_race", "lists, boat_race"):
            print(f"{name:<40} / published {rates[name] / rates['published']:7.1f}")
    for name in TASKS:
        ratio = rates[f"batch 1024, {name}"] / rates[f"lists, {name}"]
        print(f"{f'batch 1024 / lists, {name}':<40} {ratio:18.1f}")


if __name__ == "__main__":
    main()
