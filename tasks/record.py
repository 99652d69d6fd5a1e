"""Write a task's description as plain JSON values, and read it back."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.errors import InputError
from tasks.spec import TaskSpec


def spec_record(spec: TaskSpec) -> dict[str, Any]:
    """Return `spec` as JSON values; `spec_from` gives an equal description back."""
    record: dict[str, Any] = msgspec.to_builtins(spec, str_keys=True)
    return record


def spec_from(record: object) -> TaskSpec:
    """Return the description that `record` holds.

    Raises:
        InputError: naming the key that is missing or holds another kind of value.
    """
    try:
        return msgspec.convert(record, TaskSpec)
    except msgspec.ValidationError as error:
        raise InputError(f"a task's description: {error}") from error
