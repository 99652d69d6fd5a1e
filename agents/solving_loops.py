"""Hold the loops of the solvers, for numba to compile; `agents.kernels` chooses when they are used.

Each writes into the arrays that it is given last. Plain Python runs them too, slowly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from agents.kernels import jit
from sandbox.mdp import Flags, Floats, Ints

Places = npt.NDArray[np.uint32]

UNSEEN, PATH, KNOWN = 0, 1, 2
"""What is known of a state's value: nothing, that it lies on the path that is followed, all."""


@jit
def lay_out(
    first: Ints,
    offset: Places,
    weight: Floats,
    place: Ints,
    laid_weight: Floats,
    laid_place: Places,
) -> None:
    """Fill the last two, `(N,)`, with the rows that begin at `first` `(M,)`, one after another."""
    for row in range(len(first)):
        shift = first[row] - offset[row]
        for outcome in range(offset[row], offset[row + 1]):
            laid_weight[outcome] = weight[shift + outcome]
            laid_place[outcome] = place[shift + outcome]


@jit
def sums(
    offset: Places,
    weight: Floats,
    place: Places,
    value: Floats,
    pay: Floats,
    found: Floats,
) -> None:
    """Fill `found` `(M,)`: `pay` and the weighted sum of `value` over each row of outcomes."""
    for row in range(len(pay)):
        begin = offset[row]
        total = weight[begin] * value[place[begin]]
        for outcome in range(begin + 1, offset[row + 1]):
            total += weight[outcome] * value[place[outcome]]
        found[row] = total + pay[row]


@jit
def best(first_pair: Ints, q: Floats, tie: float, value: Floats, policy: Ints) -> None:
    """Fill `value` `(S,)`, the greatest q of each state, and the first pair within `tie` of it."""
    for state in range(len(value)):
        begin, end = first_pair[state], first_pair[state + 1]
        if begin == end:
            value[state], policy[state] = 0.0, -1
            continue
        most = q[begin]
        for pair in range(begin + 1, end):
            most = max(most, q[pair])
        first = begin
        while q[first] < most - tie:
            first += 1
        value[state], policy[state] = most, first


@jit
def follow(
    policy: Ints,
    after: Ints,
    reward: Floats,
    ended: Flags,
    discount: float,
    path: Ints,
    depth: Ints,
    value: Floats,
) -> None:
    """Fill `value` `(S,)`, that of `policy` in a deterministic world, exactly.

    From each state the policy is followed to an end, to a state whose value is known, or into a
    loop, whose first state is worth one lap over 1 - discount ** length. Then the path is summed
    backwards.

    Args:
        policy: `(S,)` pair of each state; -1 where it is terminal.
        after: `(P,)` next state.
        reward: `(P,)`.
        ended: `(P,)`.
        discount: per step.
        path: `(S,)` of any content.
        depth: `(S,)` of any content.
        value: `(S,)` to be filled.
    """
    depth[:] = -1
    done = 0
    for origin in range(len(policy)):
        state, length = origin, 0
        while depth[state] < 0:
            depth[state] = done + length
            path[length] = state
            length += 1
            pair = policy[state]
            if pair < 0 or ended[pair]:
                break
            state = after[pair]
        # A state of this path that comes again closes a loop.
        turn = depth[state] - done
        if length and 0 <= turn < length:
            pair = policy[path[length - 1]]
            if pair >= 0 and not ended[pair]:
                lap, weight = 0.0, 1.0
                for place in range(length - 1, turn - 1, -1):
                    lap = reward[policy[path[place]]] + discount * lap
                    weight *= discount
                value[state] = lap / (1.0 - weight)
        for place in range(length - 1, -1, -1):
            pair = policy[path[place]]
            if pair < 0:
                value[path[place]] = 0.0
            elif ended[pair]:
                value[path[place]] = reward[pair]
            else:
                value[path[place]] = reward[pair] + discount * value[after[pair]]
        done += length


@jit
def improve(
    first_back: Ints,
    back: Ints,
    pair_state: Ints,
    after: Ints,
    reward: Floats,
    ended: Flags,
    discount: float,
    margin: float,
    work: int,
    queue: Ints,
    waiting: Flags,
    value: Floats,
    policy: Ints,
) -> bool:
    """Take better pairs, then those that lead to what improved, and so on; tell if there were.

    Args:
        first_back: `(S+1,)` offsets into `back`.
        back: pairs that lead to each state and go on.
        pair_state: `(P,)` state of each pair.
        after: `(P,)` next state.
        reward: `(P,)`.
        ended: `(P,)`.
        discount: per step.
        margin: by which a pair must be better.
        work: pairs that are looked at before it is left at that.
        queue: `(S,)` of any content.
        waiting: `(S,)` false; stays so.
        value: `(S,)` of `policy`, raised to no more than that of the new one.
        policy: `(S,)` to be improved.
    """
    size, head, held = len(value), 0, 0
    for pair in range(len(pair_state)):
        state = pair_state[pair]
        later = 0.0 if ended[pair] else discount * value[after[pair]]
        if reward[pair] + later > value[state] + margin:
            value[state], policy[state] = reward[pair] + later, pair
            if not waiting[state]:
                waiting[state] = True
                queue[(head + held) % size] = state
                held += 1
    found = held > 0
    while held:
        changed = queue[head]
        head, held = (head + 1) % size, held - 1
        waiting[changed] = False
        if work <= 0:
            continue
        work -= first_back[changed + 1] - first_back[changed]
        for place in range(first_back[changed], first_back[changed + 1]):
            pair = back[place]
            state = pair_state[pair]
            gain = reward[pair] + discount * value[changed]
            if gain > value[state] + margin:
                value[state], policy[state] = gain, pair
                if not waiting[state]:
                    waiting[state] = True
                    queue[(head + held) % size] = state
                    held += 1
    return found


@jit
def induce(
    first_pair: Ints,
    offset: Places,
    weight: Floats,
    place: Places,
    pay: Floats,
    tie: float,
    later: Floats,
    q: Floats,
    value: Floats,
    rank: Ints,
) -> None:
    """Fill `value` `(S,)`, with a step more left than `later` `(S,)`, and `rank` `(S,)` or `(0,)`.

    Args:
        first_pair: `(S+1,)` offsets into the pairs.
        offset: `(P+1,)` offsets into the outcomes.
        weight: `(N,)` discounted chance of each outcome; 0 where the episode ends.
        place: `(N,)` where it leads.
        pay: `(P,)` expected gain of each pair.
        tie: within which the first pair is taken.
        later: value of each state.
        q: as long as a state has pairs at most; of any content.
        value: to be filled.
        rank: place of the chosen pair among those of its state; kept where it has none.
    """
    for state in range(len(value)):
        begin, many = first_pair[state], first_pair[state + 1] - first_pair[state]
        most = 0.0 if many == 0 else -np.inf
        for one in range(many):
            at = offset[begin + one]
            total = weight[at] * later[place[at]]
            for outcome in range(at + 1, offset[begin + one + 1]):
                total += weight[outcome] * later[place[outcome]]
            q[one] = total + pay[begin + one]
            most = max(most, q[one])
        value[state] = most
        if many and len(rank):
            first = many - 1
            for one in range(many - 2, -1, -1):
                first = one if q[one] >= most - tie else first
            rank[state] = first
