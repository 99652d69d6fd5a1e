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
        value: `(B * L * W,)`.
        tried: the same.
        look: `(S,)` of each state.
        pairs: `(S,)` how many each state has.
        first: `(S,)` first of them.
        looks: L.
        width: W.
    """

    value: Floats
    tried: Ints
    look: Ints
    pairs: Ints
    first: Ints
    looks: int
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
    """

    state: Ints
    done: Ints
    age: Ints


class Kinds(NamedTuple):
    """Hold the place of each kind of luck: `agents.learners.Kinds` in numbers alone."""

    explore: int
    outcome: int
    modify: int
    begin: int
    begin_anew: int
    explore_anew: int
    modify_anew: int


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
def turned(ways: Ints, upto: Floats, executed: Ints, pair: int, uniform: float) -> int:
    """Return the pair that is done in the place of `pair`."""
    done: int = executed[drawn(ways[pair], ways[pair + 1] - 1, upto, uniform)]
    return done


@jit
def resumed(
    world: World,
    values: Values,
    explore: Shares,
    where: tuple[int, int, int],
    luck: Floats,
    kinds: Kinds,
) -> int:
    """Return the pair that is done first after a cut; `where` is learner, state and step."""
    value, tried, look, pairs, first, looks, width = values
    one, state, step = where
    here = (one * looks + look[state]) * width
    best = greedy(value, here, pairs[state])
    share = explore.share[visited(tried, here, width) if explore.visits else step]
    pair = first[state] + astray(share, luck[kinds.explore_anew], pairs[state], best)
    return turned(world.ways, world.ways_upto, world.executed, pair, luck[kinds.modify_anew])


@jit
def learn(
    world: World,
    values: Values,
    playing: Playing,
    explore: Shares,
    rate: Shares,
    rule: tuple[int, int],
    kinds: Kinds,
    stretch: tuple[Floats, int, int],
) -> None:
    """Let one learner after the other take the steps of a stretch: none knows of another.

    Args:
        world: what is learnt.
        values: to be learnt.
        playing: where learners are.
        explore: chance to explore.
        rate: of learning.
        rule: `BEST`, `PROPOSED` or `DONE`; steps after which an episode is cut.
        kinds: what each number of a step is for.
        stretch: numbers in [0, 1), `(B, T, K)`; the first of the T steps, and the one after the
            last.
    """
    # Arrays are taken out of their tuples once: within a loop each look would count a reference.
    begin, start, upto, after, reward, ended, ways, ways_upto, executed, traits = world
    chancy, modifies, discount = traits
    value, tried, look, pairs, first, looks, width = values
    shares, by_visits = explore
    states, done, ages = playing
    rates, by_tries = rate
    expects, max_steps = rule
    luck, low, high = stretch
    for one in range(len(states)):
        state, pair, age = states[one], done[one], ages[one]
        for at in range(low, high):
            row = start[pair]
            if chancy:
                row = drawn(row, start[pair + 1] - 1, upto, luck[one, at, kinds.outcome])
            old = (one * looks + look[state]) * width + pair - first[state]
            state, age = after[row], age + 1
            if ended[row]:
                state, age = drawn(0, len(pairs), begin, luck[one, at, kinds.begin]), 0
            here = (one * looks + look[state]) * width
            best = greedy(value, here, pairs[state])
            share = shares[visited(tried, here, width) if by_visits else at - low]
            place = astray(share, luck[one, at, kinds.explore], pairs[state], best)
            pair = first[state] + place
            if modifies:
                pair = turned(ways, ways_upto, executed, pair, luck[one, at, kinds.modify])
            if expects != BEST:
                best = place if expects == PROPOSED else pair - first[state]
            later = 0.0 if ended[row] else value[here + best]
            tried[old] += 1
            change = reward[row] + discount * later - value[old]
            value[old] += rates[tried[old] if by_tries else at - low] * change
            if age >= max_steps:
                state, age = drawn(0, len(pairs), begin, luck[one, at, kinds.begin_anew]), 0
                pair = resumed(world, values, explore, (one, state, at - low), luck[one, at], kinds)
        states[one], done[one], ages[one] = state, pair, age
