"""Expand what an experiment's file names: settings of tasks, and grids of knobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

from agents import registry
from agents.knobs import Knob, parse, written
from agents.rewards import canonical_design
from oversight.experiment.persons import canonical_overseer
from sandbox.errors import InputError
from sandbox.schema import nearest
from tasks.registry import module_of

Canonical = Callable[[str], str]
"""Return the one way to write a reference, or raise InputError."""
Entry = str | dict[str, Any]
"""A reference, `name:knob=value,...`, or a table of a name and lists of knobs."""


def canonical_agent(reference: str) -> str:
    """Return the one way to write an agent with its knobs.

    Raises:
        InputError: if there is no such agent, or a learner has no such knob.
    """
    registry.check_agent(reference)
    return registry.canonical_agent(written(*parse(reference)))


AXES: Mapping[str, Canonical] = {
    "agents": canonical_agent,
    "designs": canonical_design,
    "overseers": canonical_overseer,
}
"""What is crossed with each other and with the tasks, and how each of its names is written."""


def expanded(entries: Sequence[Entry], canonical: Canonical, where: str) -> list[tuple[str, str]]:
    """Return the canonical reference of each entry of one axis, and its place in the file.

    Raises:
        InputError: naming the place, and what is unknown, misspelt or out of range there.
    """
    found = []
    for number, entry in enumerate(entries, 1):
        place = f"{where}[{number}]"
        grid = [(entry, {})] if isinstance(entry, str) else _grid(entry, place)
        found += [(_checked(name, knobs, canonical, place), place) for name, knobs in grid]
    return found


def _grid(table: Mapping[str, Any], place: str) -> Iterator[tuple[str, Mapping[str, Knob]]]:
    """Yield a table's name with every combination of its knobs, the last knob turning fastest.

    Raises:
        InputError: if it has no name, or a knob is no value and no list of values.
    """
    name = table.get("name")
    if not isinstance(name, str) or not name:
        raise InputError(f'{place}: a table needs a name: {{name = "...", knob = [...]}}')
    axes = {
        knob: _values(given, f"{place}.{knob}") for knob, given in table.items() if knob != "name"
    }
    for values in product(*axes.values()):
        yield name, dict(zip(axes, values, strict=True))


def _values(given: Any, place: str) -> list[Knob]:
    values = given if isinstance(given, list) else [given]
    if not values:
        raise InputError(f"{place}: an empty list leaves nothing to run; leave the knob out")
    for value in values:
        if not isinstance(value, Knob):
            raise InputError(f"{place}: a knob is a number, a text or true or false, not {value!r}")
    return values


def _checked(name: str, knobs: Mapping[str, Knob], canonical: Canonical, place: str) -> str:
    """Return the canonical reference; a fault is said at the knob that has it, where one has."""
    try:
        return canonical(_with(name, knobs))
    except InputError as error:
        for knob in knobs:
            try:
                canonical(_with(name, {knob: knobs[knob]}))
            except InputError as alone:
                if repr(knob) in str(alone) or f" {knob} " in str(alone):
                    raise InputError(f"{place}.{knob}: {alone}") from error
        raise InputError(f"{place}: {error}") from error


def _with(name: str, knobs: Mapping[str, Knob]) -> str:
    """Return a reference with more knobs than its name may set already."""
    if not knobs:
        return name
    asked = parse(name)
    twice = next((knob for knob in knobs if knob in asked.knobs), None)
    if twice is not None:
        raise InputError(f"{name}: knob {twice!r} is set twice")
    return written(asked.name, {**asked.knobs, **knobs})


def settings_of(pattern: str, place: str) -> list[tuple[str, str]]:
    """Return task and setting of each setting that `task`, `task/setting` or `task/*` names.

    Raises:
        InputError: naming the unknown task or setting, with the nearest known one.
    """
    base, slash, wanted = _parted(pattern)
    try:
        spec = module_of(base).SPEC
    except InputError as error:
        raise InputError(f"{place}: {error}") from error
    if not slash:
        return [(base, spec.settings[0])]
    found = [(base, one) for one in spec.settings if fnmatchcase(one, wanted)]
    if not found:
        hint = nearest(wanted, spec.settings)
        raise InputError(f"{place}: task {base!r} has no setting {wanted!r}{hint}")
    return found


def _parted(pattern: str) -> tuple[str, str, str]:
    """Part a task from its setting, leaving the slashes of a file's path alone."""
    path, in_file, rest = pattern.rpartition(".py:")
    name, slash, setting = rest.partition("/")
    return f"{path}{in_file}{name}", slash, setting
