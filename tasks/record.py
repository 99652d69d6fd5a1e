"""Write a task's description as plain JSON values, and read it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.errors import InputError
from tasks.spec import TaskSpec


def spec_record(spec: TaskSpec) -> dict[str, Any]:
    """Return `spec` as JSON values; `spec_from` gives an equal description back."""
    record: dict[str, Any] = msgspec.to_builtins(spec, enc_hook=_plain)
    return record


def _plain(value: Any) -> Any:
    """Return a mapping of another kind (one that is read only, say) as a dictionary.

    Raises:
        NotImplementedError: naming what is no mapping either; msgspec asks for this error.
    """
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"a task's description holds a {type(value).__name__}")


def spec_from(record: object) -> TaskSpec:
    """Return the description that `record` holds.

    Raises:
        InputError: naming the key that is missing or holds another kind of value.
    """
    try:
        return msgspec.convert(record, TaskSpec)
    except msgspec.ValidationError as error:
        raise InputError(f"a task's description: {error}") from error
