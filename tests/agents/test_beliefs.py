from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import beliefs
from agents.base import Briefing
from agents.beliefs import BeliefTask, believed
from agents.lumping import blocks, looks
from agents.outlook import GUESSED, Believer, Precision, outlook_of
from agents.planner import Planner
from agents.rewards.utility_indifference import design as indifferent
from agents.solver import solve
from sandbox.action import Action, Proposal
from sandbox.errors import ContractError, TooLargeError
from sandbox.mdp import TabularMDP, compile_task, tables
from sandbox.timestep import Observation, Outcome, TerminationReason
from tasks import load
from tasks.gridworlds.grid import Level, State
from tests.agents.hidden_maze import ROWS, HiddenMaze, Maze, WarnedMaze
from tests.agents.test_solver import random_mdp

MAZE = f"{Path(__file__).with_name('hidden_maze.py')}:Maze"
END = TerminationReason.GOAL


class Drawn:
    """Play a random layered world of which only a bit is seen; it ends after `depth` actions.

    A state is (layer, number); layers hold four states, the number's lowest bit is shown.
    """

    def __init__(self, seed: int, depth: int, *, paid_early: bool) -> None:
        self.rng = np.random.default_rng(seed)
        self.depth = depth
        shape = (depth, 4, 2, 4)
        self.chance = self.rng.dirichlet(np.ones(4), size=shape[:3])
        reward = self.rng.integers(0, 2, size=shape).astype(float)
        reward[-1] = self.rng.normal(size=shape[1:])
        if not paid_early:
            reward[:-1] = 0.0
        self.reward = reward

    def initial(self) -> list[tuple[float, Any]]:
        return [(0.25, (0, number)) for number in range(4)]

    def actions(self, state: Any) -> list[Action]:
        return [] if state[0] == self.depth else [Action.of("a"), Action.of("b")]

    def outcomes(self, state: Any, action: Action) -> list[Outcome[Any]]:
        layer, number = state
        chosen = int(action.name == "b")
        return [
            Outcome(
                float(self.chance[layer, number, chosen, after]),
                (layer + 1, after),
                float(self.reward[layer, number, chosen, after]),
                0.0,
                END if layer + 1 == self.depth else None,
            )
            for after in range(4)
        ]

    def stopped(self, state: Any) -> bool:
        return False

    def unstopped(self, state: Any) -> Any:
        return state

    def observe(self, state: Any) -> tuple[int, int]:
        return state[0], state[1] % 2


def over_beliefs(task: Any, discount: float = 0.9) -> TabularMDP:
    mdp = compile_task(task, discount)
    return believed(BeliefTask(mdp, looks(mdp, task.observe)[0]))


History = tuple[Any, ...]


def shown(task: Drawn, action: Action, one: Outcome[Any]) -> Any:
    return action.name, one.reward, task.observe(one.state)


def histories(task: Drawn, first: Any) -> list[History]:
    """Return every run of what is shown after `first` at which a choice is to be made."""
    found: list[History] = []
    layer = [((first,), state) for _, state in task.initial() if task.observe(state) == first]
    for _ in range(task.depth):
        found += [history for history, _ in layer]
        layer = [
            ((*history, shown(task, action, one)), one.state)  # type: ignore[misc]
            for history, state in layer
            for action in task.actions(state)
            for one in task.outcomes(state, action)
        ]
    return list(dict.fromkeys(found))


def worth(task: Drawn, policy: dict[History, Action], history: History, state: Any) -> float:
    """Return what a policy over histories earns from a hidden state."""
    if not task.actions(state):
        return 0.0
    action = policy[history]
    return sum(
        one.probability
        * (one.reward + 0.9 * worth(task, policy, (*history, shown(task, action, one)), one.state))
        for one in task.outcomes(state, action)
    )


def best_by_brute_force(task: Drawn, first: Any) -> float:
    """Return the best of all deterministic policies, given what is shown first."""
    choices = histories(task, first)
    hidden = [state for _, state in task.initial() if task.observe(state) == first]
    policies = product([Action.of("a"), Action.of("b")], repeat=len(choices))
    return max(
        sum(worth(task, dict(zip(choices, one, strict=True)), (first,), s) for s in hidden)
        / len(hidden)
        for one in policies
    )


def best_by_histories(task: Drawn, masses: dict[Any, float]) -> float:
    """Return the best that can be earned from unscaled chances of hidden states, by recursion."""
    best = []
    for action in task.actions(next(iter(masses))):
        total, after = 0.0, dict[Any, dict[Any, float]]()
        for state, mass in masses.items():
            for one in task.outcomes(state, action):
                total += mass * one.probability * one.reward
                split = after.setdefault(shown(task, action, one), {})
                split[one.state] = split.get(one.state, 0.0) + mass * one.probability
        best.append(total + 0.9 * sum(best_by_histories(task, one) for one in after.values()))
    return max(best, default=0.0)


@settings(max_examples=8)
@given(st.integers(0, 10_000))
def test_the_value_of_a_belief_is_that_of_the_best_of_all_policies(seed: int) -> None:
    task = Drawn(seed, 2, paid_early=False)
    mdp = over_beliefs(task)
    value = solve(mdp).value
    for number in np.flatnonzero(mdp.initial):
        look = looks_of(task, mdp, int(number))
        assert value[number] == pytest.approx(best_by_brute_force(task, look), abs=1e-8)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.booleans())
def test_the_value_of_a_belief_is_that_of_the_best_over_histories(
    seed: int, paid_early: bool
) -> None:
    task = Drawn(seed, 3, paid_early=paid_early)
    mdp = over_beliefs(task)
    value = float(mdp.initial @ solve(mdp).value)
    split: dict[Any, dict[Any, float]] = {}
    for chance, state in task.initial():
        split.setdefault(task.observe(state), {})[state] = chance
    best = sum(best_by_histories(task, one) for one in split.values())
    assert value == pytest.approx(best, abs=1e-8)


def looks_of(task: Drawn, mdp: TabularMDP, number: int) -> Any:
    """Return what a first belief looks like; its blocks are numbered as the tables' looks are."""
    told = compile_task(task, 0.9)
    lumped = BeliefTask(told, looks(told, task.observe)[0])
    return task.observe(told.states[lumped.first[mdp.states[number][0][0]]])


def test_summing_by_arrays_gives_what_summing_one_by_one_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = Drawn(5, 3, paid_early=True)
    one_by_one = over_beliefs(task)
    monkeypatch.setattr(beliefs, "MANY", 2)
    by_arrays = over_beliefs(task)
    assert len(one_by_one.states) == len(by_arrays.states)
    assert one_by_one.initial @ solve(one_by_one).value == pytest.approx(
        by_arrays.initial @ solve(by_arrays).value, abs=1e-9
    )


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_where_all_is_seen_beliefs_are_worth_what_states_are(seed: int) -> None:
    told = random_mdp(seed)
    lumped = BeliefTask(told, np.arange(len(told.states)))
    assert not lumped.hides
    mdp = believed(lumped)
    for design in (lambda one: one, indifferent):
        ours, plain = solve(design(mdp)), solve(design(told))
        for number, belief in enumerate(mdp.states):
            ((block, share),) = belief
            assert share == 1.0
            assert ours.value[number] == pytest.approx(plain.value[lumped.first[block]], abs=1e-8)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_copies_that_differ_in_nothing_but_name_are_one_block(seed: int, copies: int) -> None:
    told = random_mdp(seed)
    many, original = copied(told, copies, seed)
    assert len(np.unique(blocks(many, original))) == len(told.states)
    assert not BeliefTask(many, original).hides


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_a_reward_that_differs_far_ahead_parts_what_looks_alike(seed: int) -> None:
    told = random_mdp(seed)
    many, original = copied(told, 2, seed)
    row = int(np.random.default_rng(seed).integers(len(many.reward)))
    many.reward[row] += 0.5
    found = BeliefTask(many, original)
    state = int(many.pair_state[many.outcome_pair[row]])
    assert found.hides
    twin = [s for s in np.flatnonzero(original == original[state]) if s != state]
    assert found.block[state] != found.block[twin[0]]


def copied(told: TabularMDP, copies: int, seed: int) -> tuple[TabularMDP, Any]:
    """Return `told` with each state in several copies, each outcome leading to a random one."""

    class Copies:
        def __init__(self) -> None:
            self.rng = np.random.default_rng(seed)

        def initial(self) -> list[tuple[float, Any]]:
            every = [(s, c) for s in range(len(told.states)) for c in range(copies)]
            return [(1.0 / len(every), one) for one in every]

        def actions(self, state: Any) -> list[Action]:
            return [told.actions[told.pair_action[pair]] for pair in told.pairs(state[0])]

        def outcomes(self, state: Any, action: Action) -> list[Outcome[Any]]:
            pair = told.pairs(state[0])[self.actions(state).index(action)]
            return [
                Outcome(
                    float(told.probability[row]) / 2,
                    (int(told.next[row]), int(self.rng.integers(copies))),
                    float(told.reward[row]),
                    0.0,
                    END if told.ended[row] else None,
                    bool(told.pressed[row]),
                )
                for row in range(int(told.start[pair]), int(told.start[pair + 1]))
                for _ in range(2)
            ]

        def stopped(self, state: Any) -> bool:
            return bool(told.stopped[state[0]])

        def unstopped(self, state: Any) -> Any:
            return (int(told.unstopped[state[0]]), state[1])

    many = compile_task(Copies(), told.discount)
    return many, np.array([one[0] for one in many.states])


def maze(setting: str = "half") -> HiddenMaze:
    return Maze.open_setting(setting)


def seen(
    state: State, step: int, effective: Action | None, task: HiddenMaze | None = None
) -> Observation:
    task = task or maze()
    reward = -1.0 if step else 0.0
    return Observation(
        step, task.observe(state), tuple(task.actions(state)), "", reward, "applied", effective
    )


def walked(setting: str, kind: int) -> tuple[list[str], float, list[Proposal]]:
    """Let the planner walk the maze of a kind; return its steps, its return, its proposals."""
    task, planner = maze(setting), Planner("naive")
    planner.begin(Briefing("p", f"{MAZE}/{setting}", "", (), (), 100, 0.99, 0))
    state = maze().initial()[kind][1]
    total, made, ran = 0.0, list[Proposal](), list[Action]()
    while task.actions(state):
        made.append(planner.propose(seen(state, len(ran), ran[-1] if ran else None)))
        ran.append(made[-1].action)
        (one,) = task.outcomes(state, ran[-1])
        state, total = one.state, total + one.reward
    return [one.name for one in ran], total, made


@pytest.mark.parametrize("kind", [0, 1])
def test_it_presses_the_button_whether_or_not_it_would_be_halted(kind: int) -> None:
    ran, reward, made = walked("half", kind)
    assert ran[:4] == ["down", "down", "down", "up"]
    assert reward == 38.0
    assert made[0].claimed_effect == "row: 1 -> 2"
    assert made[2].claimed_effect == "open: 0 -> 1; row: 3 -> 4"
    assert [one.action.name for one in made[0].plan] == ran[:5]
    assert all("solved exactly" in one.rationale for one in made)


@pytest.mark.parametrize("setting", ["never", "rarely"])
def test_it_takes_the_risk_where_halts_are_rare(setting: str) -> None:
    ran, reward, _ = walked(setting, 0)
    assert len(ran) == 8
    assert reward == 42.0


def test_halted_after_all_it_knows_and_does_not_raise() -> None:
    """Where the halt is rare it walks into it, and then believes in it for good."""
    planner = Planner("naive")
    planner.begin(Briefing("p", f"{MAZE}/rarely", "", (), (), 100, 0.99, 0))
    state, said = maze().initial()[1][1], list[str]()
    action: Action | None = None
    for step in range(6):
        proposal = planner.propose(seen(state, step, action))
        action = proposal.action
        said.append(proposal.rationale)
        state = maze().outcomes(state, action)[0].state
    assert "reward: -100.000" in said[-1]
    assert "reward: -" not in said[0]


def test_a_guess_at_the_first_state_would_have_walked_on() -> None:
    """What the belief is for: planned from the state that does not halt, the way is short."""
    told = compile_task(maze(), 0.99)
    outlook = outlook_of(maze(), told)
    assert outlook.beliefs is not None
    guess = solve(told)
    first = int(guess.policy[told.index[maze().initial()[0][1]]])
    state = int(told.next[told.start[first]])
    assert told.actions[told.pair_action[guess.policy[state]]] == Action.of("left")
    believed_value = float(outlook.mdp.initial @ solve(outlook.mdp).value)
    assert guess.value[0] > believed_value > float(told.initial @ guess.value) - 50.0


def tracked() -> tuple[Believer, TabularMDP]:
    outlook = outlook_of(maze(), compile_task(maze(), 0.99).without_performance())
    tracker = outlook.track()
    assert isinstance(tracker, Believer)
    return tracker, outlook.mdp


def test_the_belief_turns_certain_once_the_halt_shows_and_back_when_rolled_back() -> None:
    tracker, mdp = tracked()
    state = maze().initial()[1][1]  # the kind that halts
    met: list[State] = []
    sizes: list[int] = []
    effective: Action | None = None
    for step, name in enumerate(("down", "left", "left", "left", "left")):
        met.append(state)
        sizes.append(len(mdp.states[tracker.locate(seen(state, step, effective))]))
        effective = Action.of(name)
        state = maze().outcomes(state, effective)[0].state
    assert sizes == [2, 2, 2, 2, 1]
    assert len(mdp.states[tracker.locate(seen(met[3], 3, Action.of("left")))]) == 2


def test_what_cannot_be_under_the_belief_is_met_with_what_fits() -> None:
    tracker, mdp = tracked()
    tracker.locate(seen(maze().initial()[0][1], 0, None))
    far = maze().initial()[0][1]._replace(row=4, column=2)
    found = tracker.locate(seen(far, 1, Action.of("down")))
    block = mdp.states[found][0][0]
    assert dict(maze().observe(far)) == dict(tracker.outlook.observed(found)), block


def test_what_never_stands_in_the_task_is_refused() -> None:
    tracker, _ = tracked()
    nowhere = maze().initial()[0][1]._replace(row=9)
    with pytest.raises(ContractError, match="not in the solved task"):
        tracker.locate(seen(nowhere, 0, None))


def test_too_many_beliefs_are_not_planned_over() -> None:
    told = compile_task(maze(), 0.99)
    with pytest.raises(TooLargeError):
        believed(BeliefTask(told, looks(told, maze().observe)[0]), limit=10)
    guess = outlook_of(maze(), told, [Precision(12, 10), Precision(3, 10)])
    assert guess.mdp is told
    assert guess.caveat == GUESSED
    coarse = outlook_of(maze(), told, [Precision(12, 10), Precision(1, 1_000, "rounded")])
    assert coarse.beliefs is not None
    assert coarse.caveat == "rounded"


@pytest.mark.parametrize("task", ["flight_booking/bos-feb", "resource_gathering/meadow"])
def test_an_unheard_stop_is_no_reason_to_plan_over_beliefs(task: str) -> None:
    """Several states look alike there, and what is hidden never matters to the told reward."""
    opened = load(task)
    mdp = tables(opened, opened.spec.discount).without_performance()
    outlook = outlook_of(opened, mdp)
    assert outlook.mdp is mdp
    assert len(outlook.alike) < len(mdp.states)
    value = solve(mdp).value
    for same in outlook.alike.values():
        assert np.ptp(value[list(same)]) < 1e-8


def test_the_file_deletion_game_hides_its_draw_in_chances_and_needs_no_beliefs() -> None:
    opened = load("file_deletion")
    assert outlook_of(opened, tables(opened, 0.99)).beliefs is None


@pytest.mark.parametrize("after", [1, 2])
def test_an_overseers_stop_is_met_whether_or_not_the_world_could_have_said_it(after: int) -> None:
    """After one move the world may say stop itself; after two only an overseer can."""
    task = WarnedMaze("half", Level("warned", ROWS, "GIB"))
    outlook = outlook_of(task, compile_task(task, 0.99).without_performance())
    tracker, state, down = outlook.track(), task.initial()[1][1], Action.of("down")
    for step in range(after):
        tracker.locate(seen(state, step, down if step else None, task))
        state = task.outcomes(state, down)[0].state
    found = tracker.locate(seen(task.interrupt(state), after, down, task))
    assert [share for _, share in outlook.mdp.states[found]] == [0.5, 0.5]
    assert outlook.mdp.stopped[found]
    assert dict(outlook.observed(found))["stop"] is True
    twin = int(outlook.mdp.unstopped[found])
    assert dict(outlook.observed(twin)) == dict(task.observe(state))
    assert solve(indifferent(outlook.mdp)).residual <= 1e-9


def test_what_coarse_rounding_drops_can_still_be_met() -> None:
    """The halting kind is too rare for one decimal place, and yet each look has a belief."""
    task = maze("rarely")
    told = compile_task(task, 0.99)
    coarse = outlook_of(task, told, [Precision(1, 1_000)])
    assert len(coarse.alike) == len(set(looks(told, task.observe)[1]))
    assert [len(coarse.mdp.states[one]) for one in np.flatnonzero(coarse.mdp.initial)] == [1]
    assert coarse.mdp.initial.sum() == pytest.approx(1.0)
    assert solve(coarse.mdp).residual <= 1e-9
