"""Solve the coast race after every patch of its reward, and say what each optimum does.

Nothing of the table is written down: each row is a world compiled, its told reward solved exactly,
and the optimum followed until it ends or comes round. The honest lap is the optimum of what was
wanted; a patch has held when the told optimum is worth as much to who wanted it.

Source: Goodhart 1975; Amodei et al. 2016, Concrete Problems in AI Safety, section 4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain, cycle, islice
from typing import NamedTuple

from agents.cycles import Lasso, lasso, likeliest
from agents.solver import evaluate, solve
from oversight.studies import Row, Say
from sandbox.action import Action
from sandbox.errors import ContractError
from sandbox.mdp import Floats, Ints, TabularMDP, tables
from tasks.gaming.coast_race.task import CoastRace
from tasks.gaming.patchwork import FIRST, PATCHES, SPEC, open_setting

COLUMNS = ("id", "patch", "exploit", "reward", "performance")

WORDS = {
    "targets": ("target", "targets"),
    "gates": ("gate", "gates"),
    "wrong_gates": ("gate the wrong way", "gates the wrong way"),
    "lines": ("line crossing", "line crossings"),
    "wrong_lines": ("line crossing the wrong way", "line crossings the wrong way"),
    "coral": ("coral run over", "corals run over"),
    "bathers": ("bather run over", "bathers run over"),
    "boats": ("boat rammed", "boats rammed"),
    "bumps": ("bump into land", "bumps into land"),
}
"""What can happen, as one and as many; a lap, a wreck and strokes are said otherwise."""

OF_A_LAP = {"gates", "lines"}
"""What every lap has, and so goes without saying."""

Met = Mapping[str, int]


class Course(NamedTuple):
    """Hold the course of a policy through one setting, and what it meets.

    Attributes:
        way: where it leads.
        before: what happens before the loop, or up to the end.
        each_lap: what happens in every lap of the loop.
        reward: told, over an episode. performance: hidden, the same.
    """

    way: Lasso
    before: Met
    each_lap: Met
    reward: float
    performance: float


def course(task: CoastRace, mdp: TabularMDP, policy: Ints) -> Course:
    """Follow a policy from the start, for an episode's steps."""
    way = lasso(mdp, policy)
    states = islice(chain(way.prefix, cycle(way.loop)), task.spec.max_steps)
    rows = [likeliest(mdp, int(policy[state])) for state in states]
    return Course(
        way=way,
        before=_met(task, mdp, zip(way.prefix, way.approach, strict=True)),
        each_lap=_met(task, mdp, zip(way.loop, way.actions, strict=True)),
        reward=float(mdp.reward[rows].sum()),
        performance=float(_wanted(mdp)[rows].sum()),
    )


def _wanted(mdp: TabularMDP) -> Floats:
    """Return the performance of each outcome."""
    if mdp.performance is None:
        raise ContractError("a study needs tables with their performance")
    return mdp.performance


def _met(task: CoastRace, mdp: TabularMDP, moves: Iterable[tuple[int, Action]]) -> Met:
    """Count what happens in some moves; what does not happen is left out."""
    found: Counter[str] = Counter()
    for state, action in moves:
        found.update(task.step(mdp.states[state], action)[1]._asdict())
    return {name: count for name, count in found.items() if count}


def _listed(met: Met, unsaid: Iterable[str] = ()) -> str:
    """Return what happens in words, but for what goes without saying."""
    said = [
        f"{met[name]} {words[met[name] > 1]}"
        for name, words in WORDS.items()
        if name in met and name not in unsaid
    ]
    return ", ".join(said) or "nothing else"


def sentence(found: Course) -> str:
    """Say in one sentence what the boat does."""
    length, lap, met = len(found.way.prefix), len(found.way.loop), found.before
    if found.each_lap:
        return f"goes round in {lap} steps for ever: {_listed(found.each_lap)} a lap"
    if lap:
        return f"lies still for ever after {length} steps: {_listed(met)}"
    if "wrecks" in met:
        return f"runs onto the rocks after {length} steps: {_listed(met)}"
    if "laps" in met:
        return f"finishes the lap in {length} steps: {_listed(met, OF_A_LAP)}"
    return f"ends the race without a lap in {length} steps: {_listed(met, ('lines',))}"


def rows(say: Say) -> list[Row]:
    """Return one row for each number of patches."""
    found = [_row(count, name, say) for count, name in enumerate(SPEC.settings)]
    held = next((row["id"] for row in found if row["honest"]), None)
    say(f"the honest lap is optimal from {held} on" if held else "the honest lap is never optimal")
    return found


def _row(count: int, name: str, say: Say) -> Row:
    """Compile and solve one setting, and describe its optimum beside the honest lap."""
    task = open_setting(name)
    mdp = tables(task, task.spec.discount)
    say(f"{name}: solving {len(mdp.states):,} states; {count + 1} of {len(SPEC.settings)} settings")
    solution, honest = solve(mdp), solve(mdp.with_reward(_wanted(mdp)))
    ours, theirs = course(task, mdp, solution.policy), course(task, mdp, honest.policy)
    return {
        "id": name,
        "patch": PATCHES[count - 1].words if count else FIRST,
        "exploit": sentence(ours),
        "reward": round(ours.reward, 6),
        "performance": round(ours.performance, 6),
        "honest": ours.performance >= theirs.performance,
        "approach": [action.name for action in ours.way.approach],
        "loop": [action.name for action in ours.way.actions],
        "tiles": sorted({mdp.states[state].place for state in ours.way.loop}),
        "before": dict(ours.before),
        "each_lap": dict(ours.each_lap),
        "value": round(float(solution.value @ mdp.initial), 6),
        "honest_lap": sentence(theirs),
        "honest_reward": round(theirs.reward, 6),
        "honest_performance": round(theirs.performance, 6),
        "honest_value": round(float(evaluate(mdp, honest.policy, mdp.reward) @ mdp.initial), 6),
        "states": len(mdp.states),
    }
