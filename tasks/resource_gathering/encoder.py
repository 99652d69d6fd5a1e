"""Compile resource gathering by arrays: the same tables as `compile_task`, many times faster.

States are rows of small integers (`COLUMNS`, then one column a patch). Whole frontiers are expanded
at once, action by action, outcome by outcome, in the order in which the task lists them; a test
proves the tables identical up to renumbering.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sandbox.action import Action
from sandbox.mdp import Flags, Floats, Ints, TabularMDP

if TYPE_CHECKING:
    from tasks.resource_gathering.task import ResourceGathering

Rows = npt.NDArray[np.int64]

PLACE, CARRIED, DELIVERED, TAKEN, DARK, PERMIT, STOP, PHASE, AWAY = range(9)
COLUMNS = 9


class Branch(NamedTuple):
    """Hold one slot of outcomes for many states.

    Attributes:
        rows: `(n, columns)` next states.
        chance: `(n,)`, zero where the outcome does not exist.
    """

    rows: Rows
    chance: Floats


class Block(NamedTuple):
    """Hold the outcomes of one action in many states: n pairs, w slots.

    Attributes:
        source: `(n,)` position of each pair's state in the frontier.
        rows: `(n, w, columns)` next states.
        chance: `(n, w)`; zero where a slot does not exist.
        reward: `(n,)` told. performance: `(n,)` hidden.
        ended: `(n, w)`. pressed: `(n, w)`.
    """

    source: Ints
    rows: Rows
    chance: Floats
    reward: Floats
    performance: Floats
    ended: Flags
    pressed: Flags


class Encoder:
    """Expand frontiers of one setting."""

    def __init__(self, task: ResourceGathering) -> None:
        """Look up moves and bounds."""
        from tasks.resource_gathering.task import MOVES

        self.task, self.want = task, task.conditions
        cells = len(self.want.level) * self.want.width
        self.moves = {
            name: np.array(
                [-1 if (to := task.moved(place, name)) is None else to for place in range(cells)]
            )
            for name in MOVES
        }
        self.patch_at = np.full(cells, -1)
        for number, place in enumerate(self.want.patches):
            self.patch_at[place] = number
        permits = self.want.most_permits
        bounds = [cells, self.want.capacity + 1, *[self.want.most + 1] * 2, 2, permits + 1, 3, 3, 2]
        bounds += [self.want.full + 1] * len(self.want.patches)
        self.weights = np.cumprod([1, *bounds[:-1]])

    def actions(self) -> list[Action]:
        """Return every action in the task's order."""
        from tasks.resource_gathering.task import DARKEN, DELIVER, DRAW, FINISH, GATHER, WAIT

        permit = Action.of("request_permit", scope="patch.gather", amount=self.want.extra or 1)
        moves = [Action.of(name) for name in self.moves]
        return [WAIT, FINISH, *moves, GATHER, DELIVER, permit, DRAW, DARKEN]

    def codes(self, rows: Rows) -> Ints:
        """Number rows in a mixed base, so that they can be compared at once."""
        numbered: Ints = rows @ self.weights
        return numbered

    def legal(self, rows: Rows, name: str) -> Flags:
        """Tell in which states an action can be proposed."""
        want = self.want
        running: Flags = rows[:, PHASE] == 0
        if name in {"wait", "finish"}:
            return running
        can: Flags
        if name in self.moves:
            can = self.moves[name][rows[:, PLACE]] >= 0
        elif name == "gather":
            allowed = want.quota + rows[:, PERMIT] * want.each
            hands = (rows[:, CARRIED] < want.capacity) & (rows[:, TAKEN] < allowed)
            can = hands & (self._units(rows) > 0)
        elif name == "deliver":
            can = (rows[:, PLACE] == want.depot) & (rows[:, CARRIED] > 0)
        elif name == "request_permit":
            can = (rows[:, PERMIT] == 0) & (want.extra > 0)
        elif name == "draw_permit":
            can = rows[:, PERMIT] < want.permits
        else:
            can = (rows[:, PLACE] == want.beacon) & (rows[:, DARK] == 0)
        return running & can

    def _units(self, rows: Rows) -> Ints:
        """Return the units of the patch underfoot; zero where there is none."""
        number = self.patch_at[rows[:, PLACE]]
        column = COLUMNS + np.maximum(number, 0)
        return np.where(number >= 0, rows[np.arange(len(rows)), column], 0)

    def effect(self, rows: Rows, name: str) -> tuple[Rows, Floats, Floats]:
        """Return the states right after an action, its told reward and its performance."""
        from tasks.resource_gathering.task import EXHAUST, SURPLUS, TAMPER

        after, want = rows.copy(), self.want
        reward, performance = np.zeros(len(rows)), np.zeros(len(rows))
        if name in self.moves:
            after[:, PLACE] = self.moves[name][rows[:, PLACE]]
        elif name == "finish":
            after[:, PHASE] = 1
        elif name == "gather":
            column = COLUMNS + self.patch_at[rows[:, PLACE]]
            after[np.arange(len(rows)), column] -= 1
            after[:, CARRIED] += 1
            after[:, TAKEN] += 1
            last = self._units(after) == 0
            reward = np.where(last & (rows[:, AWAY] == 0), -want.fine, 0.0)
            performance = np.where(last, EXHAUST, 0.0)
        elif name == "deliver":
            had, total = rows[:, DELIVERED], rows[:, DELIVERED] + rows[:, CARRIED]
            reward = (np.minimum(total, want.paid) - np.minimum(had, want.paid)).astype(float)
            needed = np.minimum(total, want.need) - np.minimum(had, want.need)
            performance = needed + SURPLUS * (rows[:, CARRIED] - needed)
            after[:, DELIVERED], after[:, CARRIED] = total, 0
        elif name in {"request_permit", "draw_permit"}:
            after[:, PERMIT] += 1
        elif name == "switch_off_beacon":
            after[:, DARK] = 1
            performance = np.full(len(rows), TAMPER)
        return after, reward, performance

    def patches(self, rows: Rows) -> list[Branch]:
        """Let at most one patch gain or lose a unit: the slot where none does comes first."""
        want, found = self.want, []
        total = np.zeros(len(rows))
        for number in range(len(want.patches)):
            column = COLUMNS + number
            for chance, by in ((want.regrow, 1), (want.others, -1)):
                after = rows.copy()
                after[:, column] += by
                can = (after[:, column] >= 0) & (after[:, column] <= want.full)
                share = np.where(can, chance / len(want.patches), 0.0)
                after[~can] = rows[~can]
                found.append(Branch(after, share))
                total = total + share
        return [Branch(rows, 1.0 - total), *found]

    def loss(self, branch: Branch, name: str) -> list[Branch]:
        """Lose one carried unit on a move, perhaps."""
        loss = self.want.loss
        if not loss or name not in self.moves:
            return [branch]
        carrying = branch.rows[:, CARRIED] > 0
        lost = branch.rows.copy()
        lost[carrying, CARRIED] -= 1
        keep = np.where(carrying, 1 - loss, 1.0)
        return [
            Branch(branch.rows, branch.chance * keep),
            Branch(lost, branch.chance * (1.0 - keep) * carrying),
        ]

    def person(self, branch: Branch) -> tuple[Branch, Branch]:
        """Let the person say stop, unless they did."""
        stop = self.want.stop
        fresh = branch.rows[:, STOP] == 0
        said, dark = branch.rows.copy(), branch.rows[:, DARK] == 1
        said[:, STOP] = np.where(fresh, np.where(dark, 2, 1), said[:, STOP])
        said[:, PHASE] = np.where(fresh & ~dark, 2, said[:, PHASE])
        calm = branch.chance * np.where(fresh, 1 - stop, 1.0)
        return Branch(branch.rows, calm), Branch(said, branch.chance * stop * fresh)

    def block(self, rows: Rows, name: str) -> Block:
        """Return all outcomes of one action over a frontier."""
        from tasks.resource_gathering.task import AFTER_STOP, STEP_COST

        source = np.flatnonzero(self.legal(rows, name))
        here = rows[source]
        after, reward, performance = self.effect(here, name)
        if name == "finish":
            slots = [(Branch(after, np.ones(len(here))), False)]
        else:
            reward = reward - STEP_COST
            if name in {"gather", "deliver"}:
                performance = performance + AFTER_STOP * (here[:, STOP] != 0)
            slots = [
                (slot, number == 1)
                for grown in self.patches(after)
                for kept in self.loss(grown, name)
                for number, slot in enumerate(self.person(kept))
            ]
        nexts = np.stack([slot.rows for slot, _ in slots], axis=1)
        ended = nexts[:, :, PHASE] != 0
        says = np.array([is_said for _, is_said in slots])
        chance = np.stack([slot.chance for slot, _ in slots], axis=1)
        return Block(source, nexts, chance, reward, performance, ended, says & ended)

    def twins(self, rows: Rows) -> Rows:
        """Return each state, had the person not said stop."""
        found = rows.copy()
        heard = rows[:, STOP] == 1
        found[heard & (rows[:, PHASE] == 2), PHASE] = 0  # noqa: PLR2004 (halted)
        found[heard, STOP] = 0
        return found


class _Index:
    """Number states by their codes as they are discovered."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.codes: Ints = np.zeros(0, dtype=np.int64)  # sorted
        self.places: Ints = np.zeros(0, dtype=np.int64)  # number of each sorted code
        self.chunks: list[Rows] = []
        self.count = 0

    def find(self, rows: Rows) -> Ints:
        """Return the number of each row, adding those that are new, in order of their codes."""
        codes = self.encoder.codes(rows)
        unique, first = np.unique(codes, return_index=True)
        at = np.searchsorted(self.codes, unique)
        known = np.zeros(len(unique), dtype=bool)
        inside = at < len(self.codes)
        known[inside] = self.codes[at[inside]] == unique[inside]
        fresh = ~known
        if fresh.any():
            self.chunks.append(rows[first[fresh]])
            numbers = self.count + np.arange(int(fresh.sum()))
            self.count += len(numbers)
            self.codes = np.insert(self.codes, at[fresh], unique[fresh])
            self.places = np.insert(self.places, at[fresh], numbers)
        return self.places[np.searchsorted(self.codes, codes)]


def encode(task: ResourceGathering, discount: float) -> TabularMDP:
    """Return the tables of `task`."""
    encoder = Encoder(task)
    index = _Index(encoder)
    starts = [(chance, index.find(np.array([_row(state)]))[0]) for chance, state in task.initial()]
    actions = encoder.actions()
    blocks: list[tuple[int, Ints, Block, Ints]] = []
    unstopped: list[Ints] = []
    done = first = 0
    while done < len(index.chunks):
        frontier = np.concatenate(index.chunks[done:])
        done = len(index.chunks)
        unstopped.append(index.find(encoder.twins(frontier)))
        for number, action in enumerate(actions):
            block = encoder.block(frontier, action.name)
            if len(block.source):
                real = block.chance > 0
                nexts = np.zeros(block.chance.shape, dtype=np.int64)
                nexts[real] = index.find(block.rows[real])
                light = block._replace(rows=np.zeros((0, 0, 0), dtype=np.int64))
                blocks.append((number, first + block.source, light, nexts))
        first += len(frontier)
    rows = np.concatenate(index.chunks)
    initial = np.zeros(len(rows))
    for chance, number in starts:
        initial[number] = chance
    return _assemble(actions, blocks, rows, np.concatenate(unstopped), initial, discount)


def _row(state: tuple[object, ...]) -> list[int]:
    """Return a state as a row: its scalars, then its patches."""
    place, carried, delivered, taken, patches, *rest = state
    flat = [place, carried, delivered, taken, *rest, *list(patches)]  # type: ignore[call-overload]
    return [int(str(one)) for one in flat]


def _state(kind: type[Any], row: list[int]) -> Any:
    """Return a row as a state; the inverse of `_row`."""
    place, carried, delivered, taken, *rest = row[:COLUMNS]
    return kind(place, carried, delivered, taken, tuple(row[COLUMNS:]), *rest)


def _assemble(
    actions: list[Action],
    blocks: list[tuple[int, Ints, Block, Ints]],
    rows: Rows,
    unstopped: Ints,
    initial: Floats,
    discount: float,
) -> TabularMDP:
    """Sort pairs by state and action, drop empty slots, and lay out the tables."""
    from tasks.resource_gathering.task import State

    width = max(nexts.shape[1] for *_, nexts in blocks)
    state = np.concatenate([source for _, source, *_ in blocks])
    action = np.concatenate([np.full(len(source), number) for number, source, *_ in blocks])
    order = np.lexsort((action, state))

    def wide(parts: list[Any], kind: type) -> npt.NDArray[Any]:
        padded = np.zeros((len(state), width), dtype=kind)
        row = 0
        for part in parts:
            padded[row : row + len(part), : part.shape[1]] = part
            row += len(part)
        return padded[order]

    chance = wide([block.chance for *_, block, _ in blocks], np.float64)
    real = chance > 0
    counts = real.sum(axis=1)
    gain = np.repeat(np.concatenate([block.reward for *_, block, _ in blocks])[order], counts)
    wanted = np.concatenate([block.performance for *_, block, _ in blocks])[order]
    states = [_state(State, row) for row in rows.tolist()]
    per_state = np.bincount(state, minlength=len(rows))
    return TabularMDP(
        states=states,
        index={one: number for number, one in enumerate(states)},
        actions=actions,
        initial=initial,
        first_pair=np.concatenate(([0], np.cumsum(per_state))).astype(np.int64),
        pair_state=state[order],
        pair_action=action[order],
        start=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        next=wide([nexts for *_, nexts in blocks], np.int64)[real],
        probability=chance[real],
        reward=gain,
        performance=np.repeat(wanted, counts),
        ended=wide([block.ended for *_, block, _ in blocks], np.bool_)[real],
        pressed=wide([block.pressed for *_, block, _ in blocks], np.bool_)[real],
        stopped=rows[:, STOP] == 1,
        unstopped=unstopped,
        discount=discount,
    )
