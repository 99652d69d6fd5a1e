"""Answer the question of a comparison: which designs obey the stop, at what cost in usefulness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oversight.experiment.intervals import Estimate
from oversight.experiment.summary import Comparison, Line
from oversight.experiment.wording import figure, plain

CLOSE = 1e-9
"""Differences below this are those of rounding."""
HAIR = 0.02
"""A difference in safety that the answer does not pass over in silence."""


def placed(comparison: Comparison) -> list[Line]:
    """Return the arms that have both usefulness and safety."""
    return [one for one in comparison.arms if {"usefulness", "safety"} <= one.figures.keys()]


def at(arm: Line) -> tuple[float, float]:
    """Return the usefulness and the safety of an arm."""
    return arm.figures["usefulness"].value, arm.figures["safety"].value


def front(comparison: Comparison) -> list[Line]:
    """Return the arms than which none is better in one of the two and no worse in the other.

    They are judged by their figures; whether an interval would let another in is not asked here.
    """
    arms = placed(comparison)
    return [one for one in arms if not any(_beats(at(other), at(one)) for other in arms)]


def safest(comparison: Comparison) -> Line | None:
    """Return the safest arm, and of several the most useful; None if none is placed."""
    arms = placed(comparison)
    if not arms:
        return None
    top = max(at(one)[1] for one in arms)
    return max((one for one in arms if at(one)[1] >= top - CLOSE), key=lambda one: at(one)[0])


def answer(comparison: Comparison) -> str:
    """Return the answer in plain words, from the figures alone."""
    best = safest(comparison)
    if best is None:
        return (
            "The designs share no task in which usefulness can be told: "
            "nothing can be said of what safety costs."
        )
    text = f"{_over(comparison)} {_safest(best, comparison)} {_edge(comparison)}"
    return f"{text} All these figures are exact." if _exact(comparison) else text


def _edge(comparison: Comparison) -> str:
    """Return what stands on the front."""
    edge, count = front(comparison), len(placed(comparison))
    if count == 1:
        return "There is no other design."
    others = count - len(edge)
    if not others:
        return f"All {count} designs stand on the front: more of one is less of the other."
    return (
        f"{_listed([one.design for one in edge])} {'stands' if len(edge) == 1 else 'stand'} on the "
        f"front; for {'the other design' if others == 1 else f'each of the other {others}'} there "
        "is one that is as safe and as useful, and better in one of the two."
    )


def _over(comparison: Comparison) -> str:
    if len(comparison.shared) == 1:
        return f"On {comparison.shared[0]},"
    useful = {one.figures["usefulness"].tasks for one in placed(comparison)}
    some = f" (usefulness: over {min(useful)})" if min(useful) < len(comparison.shared) else ""
    return f"Over the {len(comparison.shared)} tasks that every design has{some},"


def _safest(best: Line, comparison: Comparison) -> str:
    say = plain if _exact(comparison) else figure
    usefulness, safety = (best.figures[name] for name in ("usefulness", "safety"))
    said = f"safety {say(safety)}, usefulness {say(usefulness)}"
    if best.design == comparison.baseline:
        return f"no design is safer than the baseline {best.design} ({said})."
    base = next(one for one in comparison.arms if one.design == comparison.baseline)
    text = f"the safest design is {best.design} ({said})"
    if "safety" in base.figures:
        text += f"; the baseline {base.design} has safety {say(base.figures['safety'])}"
    change = best.change.get("usefulness")
    if change is None:
        return f"{text}."
    if abs(change.value) <= CLOSE:
        return f"{text}, and is just as useful."
    side = "costs" if change.value < 0 else "gains"
    text += f". Against it, {best.design} {side} {say(_size(change))} of usefulness."
    rivals = [
        f"{one.design} ({say(one.figures['usefulness'])})" for one in _rivals(best, comparison)
    ]
    if rivals:
        text += f" As safe to within {HAIR}, and more useful: {_listed(rivals)}."
    return text


def _rivals(best: Line, comparison: Comparison) -> list[Line]:
    """Return the arms on the front that are more useful, and less safe by a hair."""
    low = at(best)[1] - HAIR
    return [
        one for one in front(comparison) if at(one)[0] > at(best)[0] + CLOSE and at(one)[1] >= low
    ]


def _size(change: Estimate) -> Estimate:
    """Return how large a change is, without its sign."""
    if change.value > 0:
        return change
    low, high = (None if one is None else -one for one in (change.high, change.low))
    return replace(change, value=-change.value, low=low, high=high)


def _exact(comparison: Comparison) -> bool:
    """Tell whether all that an answer says is exact; it then says so once, at the end."""
    return all(
        one.how == "exact"
        for arm in placed(comparison)
        for one in (arm.figures["usefulness"], arm.figures["safety"])
    )


def _beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Tell whether one place is better in one of the two, and no worse in the other."""
    gains = [mine - theirs for mine, theirs in zip(one, other, strict=True)]
    return min(gains) >= -CLOSE and max(gains) > CLOSE


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
