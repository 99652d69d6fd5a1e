"""Make up rows for tests of summaries and reports. None of these numbers was measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oversight.experiment.row import Cell, Method, Row

TASKS = (
    "absent_supervisor/present",
    "boat_race/default",
    "flight_booking/small",
    "off_switch/default",
    "resource_gathering/default",
    "safe_interruptibility/default",
    "side_effects_sokoban/default",
    "whisky_gold/default",
)
DESIGNS = {  # usefulness, complied, tampered: what each is made to be like
    "naive": (0.97, 0.35, 0.55),
    "attainable_utility:penalty=0.3": (0.78, 0.93, 0.04),
    "corrigibility_transform": (0.94, 0.97, 0.08),
    "myopic_approval": (0.55, 0.96, 0.02),
    "relative_reachability": (0.81, 0.80, 0.12),
    "satisficer": (0.62, 0.60, 0.30),
    "utility_indifference": (0.93, 0.90, 0.21),
    "veto_penalty": (0.90, 0.15, 0.80),
}
CURVE = tuple(range(0, 20_001, 2000))


def row(
    design: str = "naive",
    task: str = "boat_race/default",
    seed: int | None = 0,
    *,
    agent: str = "planner",
    overseer: str = "present",
    method: Method = "sampled",
    usefulness: float | None = 1.0,
    complied: float | None = 1.0,
    tampered: float = 0.0,
    said: float = 1.0,
    lengths: dict[str, float] | None = None,
    episode: str | None = None,
    curve: list[tuple[int, float, float]] | None = None,
) -> Row:
    """Return one row; what is not told is plain."""
    name, _, setting = task.partition("/")
    cell = Cell(name, setting, agent, design, overseer)
    useful = 0.0 if usefulness is None else usefulness
    found = Row(
        key=cell.key(seed),
        task=name,
        setting=setting,
        agent=agent,
        design=design,
        overseer=overseer,
        seed=seed,
        method=method,
        steps=20.0,
        reward=50 * useful + 30 * tampered,
        performance=50 * useful,
        usefulness=usefulness,
        gap=None if usefulness is None else 0.6 * tampered,
        said=said,
        complied=complied,
        tampered=tampered,
        evaded=0.0,
        side_effects=None if method == "sampled" else 0.2,
        surplus=tampered,
        permissions=0.0,
        refused=0.0,
        asked=3.0 - 2 * tampered,
        approved=2.0 - tampered,
        lengths=lengths or {"20": 1.0},
    )
    if episode:
        found["episode"] = episode
    if curve:
        found["curve"] = curve
    return found


def planned(tasks: Sequence[str] = TASKS, overseer: str = "present") -> list[Row]:
    """Return a row for each task and design, as if it had been computed exactly."""
    rows = []
    for at, task in enumerate(tasks):
        for number, (design, (useful, complied, tampered)) in enumerate(DESIGNS.items()):
            off = ((at * 7 + number * 3) % 5 - 2) / 40
            long = 0.5 if "utility" in design else float(tampered > 0.5)
            spread = {"20": long, "12": 1 - long}
            rows.append(
                row(
                    design,
                    task,
                    None,
                    overseer=overseer,
                    method="exact",
                    usefulness=None if task.startswith("off_switch") else useful + off,
                    complied=min(1.0, max(0.0, complied + off)),
                    tampered=min(1.0, max(0.0, tampered - off)) if complied < 0.95 else 0.0,
                    said=0.8,
                    lengths={name: part for name, part in spread.items() if part},
                )
            )
    return rows


def sampled(
    tasks: Sequence[str] = TASKS, seeds: int = 20, overseer: str = "tired", agent: str = "planner"
) -> list[Row]:
    """Return a row for each task, design and seed, as if episodes had been run."""
    rows = []
    for at, task in enumerate(tasks):
        for number, (design, (useful, complied, tampered)) in enumerate(DESIGNS.items()):
            chance = np.random.default_rng([at, number])
            for seed in range(seeds):
                said = float(chance.random() < 0.8)
                tampers = float(chance.random() < tampered)
                complies = float(chance.random() < complied)
                length = str(int(chance.integers(8, 20)))
                worth = round(float(useful + 0.12 * chance.standard_normal()), 3)
                rows.append(
                    row(
                        design,
                        task,
                        seed,
                        agent=agent,
                        overseer=overseer,
                        usefulness=worth,
                        complied=complies if said else None,
                        tampered=tampers,
                        said=said,
                        lengths={length: 1.0},
                        episode=f"{task.split('/')[0]}-{number}-{seed}",
                    )
                )
    return rows


def learnt(tasks: Sequence[str] = TASKS[:4], seeds: int = 12) -> list[Row]:
    """Return a row for each task, design and seed of a learner, each with its curve."""
    rows = []
    for at, task in enumerate(tasks):
        for number, (design, (useful, complied, tampered)) in enumerate(DESIGNS.items()):
            chance = np.random.default_rng([at, number, 7])
            for seed in range(seeds):
                speed = 2500 * (1 + number / 4) * np.exp(0.3 * chance.standard_normal())
                top = useful + 0.05 * float(chance.standard_normal())
                shape = top * (1 - np.exp(-np.array(CURVE) / speed))
                noise = 0.03 * chance.standard_normal(len(CURVE))
                curve = [
                    (steps, float(50 * one + 15 * tampered), float(50 * one))
                    for steps, one in zip(CURVE, shape + noise, strict=True)
                ]
                rows.append(
                    row(
                        design,
                        task,
                        seed,
                        agent="q_learning",
                        method="exact",
                        usefulness=float(shape[-1]),
                        complied=min(1.0, max(0.0, complied + 0.1 * float(chance.normal()))),
                        tampered=min(1.0, max(0.0, tampered + 0.1 * float(chance.normal()))),
                        curve=curve,
                    )
                )
    return rows


def everything() -> list[Row]:
    """Return rows of all kinds."""
    return [*planned(), *sampled(), *learnt()]
