"""Hold the loop of the learners, for numba to compile; `agents.learner_blocks` runs it.

It does what `agents.learners.Learners` does step by step, in the same order of numbers drawn and of
sums, so that both learn the same to the last bit.
"""

from __future__ import annotations

from typing import NamedTuple

from agents.kernels import jit
from sandbox.mdp import Flags, Floats, Ints

SMALLEST = 1e-12
"""Below this, a chance to explore is none."""

FEW = 8
"""Places that are looked through one by one, which is quicker than to halve them."""

BEST, PROPOSED, DONE = 0, 1, 2
"""What a rule expects of the next state: `agents.learners.Expects` in numbers."""


class World(NamedTuple):
    """Hold the tables of `sandbox.modified.ModifiedMDP` that steps read.

    Attributes:
        begin: `(S,)` chance that an episode begins in a state or an earlier one.
        start: `(P+1,)` offsets into the outcomes.
        upto: `(N,)` chance of an outcome or an earlier one of its pair.
        after: `(N,)` next state.
        reward: `(N,)`.
        ended: `(N,)`.
        ways: `(P+1,)` offsets into what is done in the place of each pair.
        ways_upto: `(M,)` chance of a way or an earlier one.
        executed: `(M,)` pair that is done.
        traits: whether some pair has two outcomes, whether some pair is turned into another, and
            the discount per step.
    """

    begin: Floats
    start: Ints
    upto: Floats
    after: Ints
    reward: Floats
    ended: Flags
    ways: Ints
    ways_upto: Floats
    executed: Ints
    traits: tuple[bool, bool, float]


class Values(NamedTuple):
    """Hold `agents.learners.Table` in one row.

    Attributes:
        value: `(B * S * W,)`.
        tried: the same.
        pairs: `(S,)` how many each state has.
        first: `(S,)` first of them.
        width: W.
    """

    value: Floats
    tried: Ints
    pairs: Ints
    first: Ints
    width: int


class Shares(NamedTuple):
    """Hold a schedule as a table.

    Attributes:
        share: by steps, counted from those taken before, or by visits.
        visits: whether by visits.
    """

    share: Floats
    visits: bool


class Playing(NamedTuple):
    """Hold where B learners are.

    Attributes:
        state: `(B,)`.
        done: `(B,)` pair that is done there.
        age: `(B,)` steps of the episode.
        drawn: `(B,)` of any content.
        cut: `(B,)` of any content.
    """

    state: Ints
    done: Ints
    age: Ints
    drawn: Ints
    cut: Ints


@jit
def drawn(low: int, high: int, upto: Floats, uniform: float) -> int:
    """Return the first place from `low` to `high` whose `upto` is above `uniform`, else `high`."""
    while high - low > FEW:
        middle = (low + high) >> 1
        if uniform >= upto[middle]:
            low = middle + 1
        else:
            high = middle
    while low < high and uniform >= upto[low]:
        low += 1
    return low


@jit
def greedy(value: Floats, row: int, count: int) -> int:
    """Return the first best of `count` places whose values begin at `row`."""
    place, best = 0, value[row]
    for other in range(1, count):
        if value[row + other] > best:
            place, best = other, value[row + other]
    return place


@jit
def visited(tried: Ints, row: int, width: int) -> int:
    """Return how often a state was visited, whose pairs were tried as is told from `row` on."""
    visits = 0
    for place in range(row, row + width):
        visits += tried[place]
    return visits


@jit
def astray(share: float, uniform: float, count: int, place: int) -> int:
    """Return the place that is proposed: `place`, or another of `count` if luck says to explore."""
    return int(uniform / max(share, SMALLEST) * count) if uniform < share else place


@jit
def happen(world: World, done: Ints, luck: Floats, rows: Ints) -> int:
    """Fill `rows` `(B,)`, what comes of what is done; return how many episodes end by it."""
    start, upto, ended, chancy = world.start, world.upto, world.ended, world.traits[0]
    over = 0
    for one in range(len(rows)):
        row = start[done[one]]
        if chancy:
            row = drawn(row, start[done[one] + 1] - 1, upto, luck[one])
        rows[one] = row
        over += ended[row]
    return over


@jit
def restart(
    world: World,
    values: Values,
    playing: Playing,
    explore: Shares,
    step: int,
    luck: Floats,
    cuts: int,
) -> None:
    """Begin the next episode of the first `cuts` learners that `playing.cut` names."""
    value, tried, pairs, first, width = values
    shares, by_visits = explore
    for number in range(cuts):
        one = playing.cut[number]
        state = drawn(0, len(pairs), world.begin, luck[number])
        here = (one * len(pairs) + state) * width
        share = shares[visited(tried, here, width) if by_visits else step]
        best = greedy(value, here, pairs[state])
        pair = first[state] + astray(share, luck[cuts + number], pairs[state], best)
        if world.traits[1]:
            way, end = world.ways[pair], world.ways[pair + 1] - 1
            pair = world.executed[drawn(way, end, world.ways_upto, luck[2 * cuts + number])]
        playing.state[one], playing.done[one], playing.age[one] = state, pair, 0


@jit
def learn(
    world: World,
    values: Values,
    playing: Playing,
    explore: Shares,
    rate: Shares,
    rule: tuple[int, int],
    steps: int,
    luck: Floats,
) -> tuple[int, int]:
    """Let learners take steps while there are, and luck is left for one more.

    Args:
        world: what is learnt.
        values: to be learnt.
        playing: where learners are.
        explore: chance to explore.
        rate: of learning.
        rule: `BEST`, `PROPOSED` or `DONE`; steps after which an episode is cut.
        steps: to be taken at most.
        luck: numbers in [0, 1), in the order in which they are drawn.

    Returns:
        Steps taken, and numbers used.
    """
    # Arrays are taken out of their tuples once: within a loop each look would count a reference.
    begin, _, _, after, reward, ended, ways, ways_upto, executed, traits = world
    chancy, modifies, discount = traits
    value, tried, pairs, first, width = values
    shares, by_visits = explore
    states, done, age, rows, cut = playing
    rates, by_tries = rate
    expects, max_steps = rule
    size, many = len(states), len(pairs)
    step, at = 0, 0
    while step < steps and at + size * (4 + chancy + 2 * modifies) <= len(luck):
        begun = at + size * chancy
        tempted = begun + happen(world, done, luck[at:], rows)
        turned = tempted + size
        at = turned + size * modifies
        cuts = 0
        for one in range(size):
            row, old = rows[one], (one * many + states[one]) * width
            old += done[one] - first[states[one]]
            age[one] += 1
            state = after[row]
            if ended[row]:
                state = drawn(0, many, begin, luck[begun])
                begun, age[one] = begun + 1, 0
            here = (one * many + state) * width
            best = greedy(value, here, pairs[state])
            share = shares[visited(tried, here, width) if by_visits else step]
            place = astray(share, luck[tempted + one], pairs[state], best)
            pair = first[state] + place
            if modifies:
                way = drawn(ways[pair], ways[pair + 1] - 1, ways_upto, luck[turned + one])
                pair = executed[way]
            if expects != BEST:
                best = place if expects == PROPOSED else pair - first[state]
            later = 0.0 if ended[row] else value[here + best]
            tried[old] += 1
            change = reward[row] + discount * later - value[old]
            value[old] += rates[tried[old] if by_tries else step] * change
            states[one], done[one] = state, pair
            if age[one] >= max_steps:
                cut[cuts], cuts = one, cuts + 1
        restart(world, values, playing, explore, step, luck[at:], cuts)
        at += cuts * (2 + modifies)
        step += 1
    return step, at
