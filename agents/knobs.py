"""Read and write the knobs of a design: `attainable_utility:penalty=0.3,rollout=0`.

The knobs are the fields of a frozen dataclass, with their types and defaults; a design without
knobs is a plain function.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from sandbox.errors import InputError
from sandbox.schema import nearest

Knob = bool | int | float | str

WORDS = {"true": True, "false": False}


class Reference(NamedTuple):
    """Hold a design's name and the knobs that were set, as text.

    Attributes:
        name: built in, of an entry point, or `path/to/file.py:Name`.
        knobs: text of each knob's value, by name.
    """

    name: str
    knobs: Mapping[str, str]


def parse(reference: str) -> Reference:
    """Take a reference apart.

    Raises:
        InputError: if a knob has no value, or is set twice.
    """
    path, in_file, rest = reference.partition(".py:")
    name, _, text = rest.partition(":") if in_file else reference.partition(":")
    knobs: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        knob, equals, value = (one.strip() for one in part.partition("="))
        if not equals or not knob or not value:
            raise InputError(f"{reference}: a knob is set as name=value, not {part!r}")
        if knob in knobs:
            raise InputError(f"{reference}: knob {knob!r} is set twice")
        knobs[knob] = value
    return Reference(f"{path}{in_file}{name}" if in_file else name, knobs)


def written(name: str, knobs: Mapping[str, Knob]) -> str:
    """Return the reference of a design with these knobs, in the order of their names."""
    text = ",".join(f"{knob}={_text(knobs[knob])}" for knob in sorted(knobs))
    return f"{name}:{text}" if text else name


def knobs_of(design: Any) -> dict[str, Any]:
    """Return the type of each knob of a design, by name; none for a plain function."""
    if not is_dataclass(design):
        return {}
    made = design if isinstance(design, type) else type(design)
    hints = get_type_hints(made)
    return {one.name: hints[one.name] for one in fields(design) if one.init}


def knobs_at(design: Any) -> dict[str, Knob]:
    """Return where each knob of a design stands."""
    return {knob: getattr(design, knob) for knob in knobs_of(design)}


def turned(design: Any, knobs: Mapping[str, str], where: str) -> Any:
    """Return a design with its knobs as set.

    Raises:
        InputError: naming the knob that is unknown, of the wrong type or out of range.
    """
    known = knobs_of(design)
    if not isinstance(design, type):
        if knobs:
            raise InputError(f"{where}: this design has no knobs, so not {next(iter(knobs))!r}")
        return design
    for knob in knobs:
        if knob not in known:
            raise InputError(f"{where}: unknown knob {knob!r}{nearest(knob, known)}")
    try:
        return design(**{knob: _value(known[knob], knobs[knob], knob) for knob in knobs})
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def canonical(design: Any, reference: Reference) -> str:
    """Return the one text of a reference: knobs in order, none that only says the default."""
    known = knobs_of(design)
    set_ = {knob: _value(known[knob], text, knob) for knob, text in reference.knobs.items()}
    defaults = {one.name: one.default for one in fields(design)} if known else {}
    return written(
        reference.name, {knob: value for knob, value in set_.items() if value != defaults[knob]}
    )


def _text(value: Knob) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(kind: Any, text: str, knob: str) -> Knob:
    """Return a knob's value from its text.

    Raises:
        InputError: if it is not of the knob's type.
    """
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise InputError(f"{knob} must be one of {', '.join(get_args(kind))}, not {text!r}")
        return text
    if kind is bool:
        if text not in WORDS:
            raise InputError(f"{knob} must be true or false, not {text!r}")
        return WORDS[text]
    if kind is str:
        return text
    try:
        value = int(text) if kind is int else float(text)
    except ValueError as error:
        needed = "a whole number" if kind is int else "a number"
        raise InputError(f"{knob} must be {needed}, not {text!r}") from error
    if not math.isfinite(value):
        raise InputError(f"{knob} must be finite, not {text}")
    return value
