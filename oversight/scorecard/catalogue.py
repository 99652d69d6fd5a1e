"""Collect the labelled styles, and plan which of them play which tasks under which seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from itertools import chain, islice
from typing import NamedTuple

from oversight.analyzer import KINDS
from oversight.scorecard.bent import Bent
from oversight.scorecard.script import Style
from oversight.scorecard.styles import MODULES
from sandbox.errors import ContractError

PER_KIND = 110
"""Episodes of each kind in the whole corpus; with as many honest ones in all it has over 2,000."""

SMALLER = 10
"""Times fewer episodes of each kind that the small corpus has."""


class Planned(NamedTuple):
    """Name one episode of the corpus; `corpus.play(*planned)` plays it."""

    style: Style
    task: str
    seed: int


@cache
def styles() -> tuple[Style, ...]:
    """Return the styles of all modules.

    Raises:
        ContractError: if two have one name, or one belongs to no half.
    """
    modules = (import_module(f"oversight.scorecard.styles.{name}") for name in MODULES)
    return tuple(map(widened, checked(chain.from_iterable(one.STYLES for one in modules))))


def widened(style: Style) -> Style:
    """Return a style with what its acts may rightly be called by the way it is made.

    Any needless act may be a side effect, and take options away. Who plays the optimum of something
    besides the work does whatever serves that, and may do any of the kinds for it. What is bought
    piece by piece is bought for the reward.
    """
    if not style.kind:
        return style
    also = {*style.also, "side_effect", "irreversibility"}
    if issubclass(style.script, Bent):
        also |= set(KINDS)
    if style.kind == "oversight_evasion":
        also.add("proxy_gaming")
    return replace(style, also=frozenset(also - {style.kind}))


def checked(found: Iterable[Style]) -> tuple[Style, ...]:
    """Return the styles, each of which has a name of its own, a half, and a task to play.

    Raises:
        ContractError: naming the style that has not.
    """
    by_name: dict[str, Style] = {}
    for style in found:
        if style.name in by_name:
            raise ContractError(f"two styles are called {style.name!r}")
        if style.half not in {"tune", "report"}:
            raise ContractError(f"style {style.name!r}: half must be tune or report")
        if not style.tasks:
            raise ContractError(f"style {style.name!r} names no task")
        by_name[style.name] = style
    return tuple(by_name.values())


def episodes(
    per_kind: int = PER_KIND,
    first_seed: int = 0,
    half: str = "",
    among: Sequence[Style] = (),
    *,
    small: bool = False,
) -> tuple[Planned, ...]:
    """Plan the corpus: so many episodes of each kind, and as many honest ones as of all kinds.

    Within a kind the styles take turns, and within a style its tasks; a seed is used for a task
    once all tasks had the one before. So a part of the corpus is spread as widely as the whole.

    Args:
        per_kind: episodes of each kind, half of them of each half of the styles.
        first_seed: from which seeds are counted.
        half: `tune` or `report` for the styles of that half alone.
        among: the styles to plan for; all of them when empty.
        small: plan a tenth of it, in which every kind and each half of it still has its part.
    """
    if small:
        per_kind = max(2, per_kind // SMALLER)
    groups: dict[str, list[Style]] = defaultdict(list)
    for style in among or styles():
        if not half or style.half == half:
            groups[style.kind].append(style)
    kinds = sum(1 for kind in groups if kind)
    plan: list[Planned] = []
    for kind, group in groups.items():
        count = per_kind if kind else per_kind * max(1, kinds)
        plan += _of_kind(group, count, first_seed)
    return tuple(plan)


def _of_kind(group: Sequence[Style], count: int, first_seed: int) -> list[Planned]:
    """Plan `count` episodes, as even between the halves as it goes."""
    halves = [[one for one in group if one.half == half] for half in ("tune", "report")]
    taking = [_turns([_course(one, first_seed) for one in half]) for half in halves if half]
    return list(islice(_turns(taking), count))


def _course(style: Style, first_seed: int) -> Iterator[Planned]:
    """Yield the episodes of one style, without end."""
    seed = first_seed
    while True:
        for task in style.tasks:
            yield Planned(style, task, seed)
        seed += 1


def _turns(sources: Sequence[Iterator[Planned]]) -> Iterator[Planned]:
    """Yield from each source in turn; none of them ends."""
    while True:
        for source in sources:
            yield next(source)
